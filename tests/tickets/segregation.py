"""Unmistakable words, planted into all that a ticket has; every address there is; and what an answer tells.

A page that is new is walked by itself, or fails until somebody says in `parts_of` what stands in its address.
"""

import re
import uuid
from dataclasses import dataclass, field
from email.header import decode_header, make_header

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern

from notifications.models import InboxRow
from tests.people import person
from tests.sweeping import sweep
from tests.waiting import html_of, text_of
from tickets.choices import Level
from tickets.models import Queue, QueueGrant, Ticket
from watchers.models import Watcher

UNKNOWN = "2020010199999999"
OUTSIDE = ("carl", "cora", "bo", "ray")
NOBODYS = "Qxqzwjvkqnothing"  # no row anywhere has it

# {who may not read them: the words}. Searching goes by their first letters.
BOREALIS = (
    "Zanzititle", "Zanzibody", "Zanzifile", "Zanzinote", "Zanzinamed", "zanzilogin", "Zanziearlier", "Zanziswitched",
)  # fmt: skip
ACME = ("Yggdratitle", "Yggdrabody", "Yggdrafile")
RAYS = ("Wolpertitle", "Wolperbody")
INTERNAL = ("Vexillnote", "Vexillfile", "Vexillsubject")
HIDDEN = ("Umbratitle", "Umbrabody", "Umbrafile", "Umbraearlier")
# Whoever is no agent may open a ticket in every queue, so knows what each is called (docs/tickets.md).
QUEUE = ("Umbraqueue",)
FORBIDDEN = {
    "carl": BOREALIS + RAYS + INTERNAL + HIDDEN,
    "cora": BOREALIS + RAYS + INTERNAL + HIDDEN,
    "bo": ACME + RAYS + INTERNAL + HIDDEN,
    "ray": BOREALIS + ACME + INTERNAL + HIDDEN,
    "vera": HIDDEN + QUEUE,
}
PREFIXES = ("Zanzi", "Yggdra", "Wolper", "Vexill", "Umbra")


@dataclass
class World:
    people: dict
    tickets: dict
    rows: dict = field(default_factory=dict)

    def readable_by(self, login):
        return {"carl": "acme", "cora": "acme", "bo": "borealis", "ray": "rays", "vera": "acme"}[login]

    def forbidden_to(self, login):
        return [ticket for name, ticket in self.tickets.items() if name not in self.known_to(login)]

    def known_to(self, login):
        if login == "vera":
            return {"acme", "borealis", "rays", "switched"}
        return {self.readable_by(login)} | ({"switched"} if login == "bo" else set())


def attached(name):
    return [SimpleUploadedFile(f"{name}.txt", b"x", content_type="text/plain")]


@pytest.fixture
def world(everyone, service_desk, make_ticket, acme, borealis, mail_host):
    """A ticket of each kind with its words, all of it dispatched, mailed and told in the app."""
    mika, uma, vera = (everyone[login] for login in ("mika", "uma", "vera"))
    zanzi = person("zanzilogin", "Zanzinamed Boreal", customer=borealis)
    closed = Queue.objects.create(name="Umbraqueue")
    QueueGrant.objects.create(queue=closed, role="itsm_manager", level=Level.WRITE)

    def plant(words, **fields):
        title, body, *more = words
        ticket = make_ticket(title=title, body=body, visible_for_customer=True, **fields)
        if more:
            ticket.reply("An answer.", by=mika, attachments=attached(more[0]))
        return ticket

    tickets = {
        "acme": plant(ACME, customer=acme, by=everyone["carl"], owner=uma),
        "borealis": plant(BOREALIS[:3], customer=borealis, by=zanzi, owner=uma),
        "rays": plant(RAYS, by=everyone["ray"], owner=uma),
        "hidden": plant(HIDDEN[:3], queue=closed, by=mika, owner=mika),
        "switched": plant(("Once of Acme", "Nothing yet."), customer=acme, by=mika, owner=uma),
    }
    for login in ("carl", "cora", "vera", "aiko"):
        Watcher.objects.watch(tickets["acme"], everyone[login], by=uma)
        Watcher.objects.watch(tickets["switched"], everyone[login], by=uma)
    Watcher.objects.watch(tickets["borealis"], everyone["bo"], by=uma)
    Watcher.objects.watch(tickets["borealis"], zanzi, by=uma)
    sweep()
    tickets["switched"].change_customer(borealis, by=uma, customer_user=zanzi)
    tickets["switched"].rename("Zanziswitched", by=uma)
    tickets["switched"].reply("Zanzibody again.", by=uma)
    for name, customers in (("acme", "Vexill"), ("borealis", "Zanzi")):
        ticket = tickets[name]
        ticket.note(
            f"{customers}note", by=uma, subject="Vexillsubject", attachments=attached(f"{customers}file")
        )
        ticket.reply("We look at it.", by=uma, cc="Uma Ogawa <uma@example.com>, boss@example.net")
        ticket.change_responsible(mika, by=uma)
        ticket.change_state("open", by=vera)
        ticket.follow_up("Please do.", by=everyone["carl"] if name == "acme" else zanzi)
    tickets["rays"].note("Vexillnote", by=uma)
    tickets["rays"].reply("We look at it, ray.", by=uma)
    for name, earlier in (("borealis", "Zanziearlier"), ("hidden", "Umbraearlier")):
        title = tickets[name].title
        tickets[name].rename(earlier, by=mika)
        tickets[name].rename(title, by=mika)
    sweep()
    return World(
        everyone | {"zanzi": zanzi}, {name: Ticket.objects.get(pk=one.pk) for name, one in tickets.items()}
    )


# Every address there is


def patterns(resolver=None, prefix="", name_prefix=""):
    """(reversible name, its parameters) of every page, the admin's too."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLPattern):
            if one.name:
                yield f"{name_prefix}{one.name}", sorted(one.pattern.regex.groupindex)
        else:
            namespace = f"{name_prefix}{one.namespace}:" if one.namespace else name_prefix
            yield from patterns(one, name_prefix=namespace)


def parts_of(ticket, world, login):
    """What stands in the addresses about `ticket`, as somebody who knows it all would fill them."""
    article = ticket.articles.filter(attachments__isnull=False).order_by("-number").first()
    article = article or ticket.articles.first()
    file = article.attachments.first()
    others = InboxRow.objects.exclude(person=world.people[login]).filter(ticket=ticket).first()
    return {
        "number": ticket.number,
        "article": article.number,
        "key": file.key if file else uuid.UUID(int=1),
        "operation": ticket.events.last().operation,
        "row": others.pk if others else 0,
        "login": "uma",
        "other": next(one.number for one in world.tickets.values() if one != ticket),
        "slug": "night",
        "template": 1,
        "page": "customer",
        "picture": "zoom-with-watchers.png",
        "kept": 1,
        "act": uuid.UUID(int=4),
        "change": 1,
        "person": world.people["uma"].pk,
        "name": "state",
        "token": "forged",
        "provider": "mailgun",
        "object_id": str(ticket.pk),
        "pk": ticket.pk,
        "function": "ops_i",
        "content_type_id": 1,
        "app_label": "tickets",
        "url": "tickets/ticket/",
    }


def nowhere():
    """The same of a ticket that never was."""
    return {
        "number": UNKNOWN,
        "article": 1,
        "key": uuid.UUID(int=2),
        "operation": uuid.UUID(int=3),
        "row": 10**9,
    }


def address(name, parameters, parts):
    missing = set(parameters) - set(parts)
    assert not missing, f"{name}: say in this test what stands for {sorted(missing)}"
    return reverse(name, kwargs={key: parts[key] for key in parameters})


ECHOED = ("number", "key", "operation")  # what an answer may repeat of its address
LEAVES = {"logout"}  # would sign the walker out


# What an answer tells


def told(answer) -> str:
    """All that an answer says: text, file and headers."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (
        content.decode(errors="replace")
        + "\n"
        + "\n".join(f"{key}: {value}" for key, value in answer.items())
    )


RANDOM = (
    (re.compile(r'(csrfmiddlewaretoken" value|csrf-token" content)="[^"]*"'), r'\1=""'),
    (re.compile(r'"X-CSRFToken": "[^"]*"'), '"X-CSRFToken": ""'),
)


def alike(answer, asked=()):
    """Status and words of an answer, but for what is random in each and what was `asked`."""
    text = told(answer)
    for pattern, instead in RANDOM:
        text = pattern.sub(instead, text)
    for one in map(str, asked):
        # What is shorter would be replaced within words; no answer repeats it.
        text = text.replace(one, "…") if len(one) > 2 else text
    return answer.status_code, re.sub(r"Content-Length: \d+", "", text)


def words_in(text, words):
    return sorted({word for word in words if word.lower() in text.lower()})


def all_of(mail):
    subject = str(make_header(decode_header(mail["Subject"])))
    headers = "\n".join(f"{key}: {value}" for key, value in mail.items())
    return "\n".join([subject, headers, text_of(mail), html_of(mail)])


AGENTS = (
    "Uma Ogawa",
    "Mika Manager",
    "Vera Viewer",
    "佐藤 愛子",
    "Ada Admin",
    "uma@example.com",
    "mika@example.com",
)
ALL = (BOREALIS, ACME, RAYS, INTERNAL, HIDDEN)

"""Nobody reads, counts or guesses what is another customer's, internal, or in a queue they do not have (domain §1).

Unmistakable words are planted into all that a ticket has, and then every page of the URLconf is walked: one that is new
is walked by itself, or fails here until somebody says what stands in its address.
"""

import re
import uuid
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern

from notifications import unsubscribing
from notifications.models import InboxRow
from notifications.sweep import sweep
from opsi.models import NamingSettings
from tests.people import person
from tests.waiting import html_of, minutes, text_of
from tickets.choices import Level
from tickets.models import Queue, QueueGrant, Ticket
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

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


# The walk


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_page_tells_a_word(login, world, signed_in):
    client = signed_in(world.people[login])
    found = {}
    walked = 0
    for ticket in world.tickets.values():
        parts = parts_of(ticket, world, login)
        for name, parameters in patterns():
            if name in LEAVES:
                continue
            url = address(name, parameters, parts)
            for headers in ({}, {"HX-Request": "true"}):
                answer = client.get(url, headers=headers)
                walked += 1
                assert answer.status_code < 500, url
                if leaked := words_in(told(answer), FORBIDDEN[login]):
                    found[url] = leaked
    assert found == {}
    assert walked > 5 * 2 * 40


@pytest.mark.parametrize("login", FORBIDDEN)
def test_every_article_of_every_ticket(login, world, signed_in):
    """Each number, each file: also those that are internal in a ticket one may read."""
    client = signed_in(world.people[login])
    for ticket in world.tickets.values():
        for article in ticket.articles.all():
            base = f"/tickets/{ticket.number}/"
            urls = [
                f"{base}?article={article.number}",
                f"{base}articles/{article.number}/",
                f"{base}articles/new/?kind=reply&article={article.number}",
                *(
                    f"{base}articles/{article.number}/attachments/{file.key}/"
                    for file in article.attachments.all()
                ),
            ]
            for url in urls:
                assert words_in(told(client.get(url)), FORBIDDEN[login]) == [], url


SEARCHES = (
    ("/tickets/", ("q",)), ("/inbox/", ("q",)), ("/watchers/suggestions/", ("q", "watchers")),
    ("/tickets/customer-users/", ("customer_user",)), ("/watched/", ("q", "view")),
)  # fmt: skip


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_search_finds_or_counts_a_word(login, world, signed_in):
    """Half of a word that is somebody's answers as half of one that is nobody's; so does a whole number."""
    client = signed_in(world.people[login])
    asked = {word[:5] for word in FORBIDDEN[login]} - {
        word[:5] for word in ACME + BOREALIS if login == "vera"
    }
    if login in {"carl", "cora"}:
        asked -= {"Yggdr"}
    asked |= {ticket.number for ticket in world.forbidden_to(login)}
    dialog = f"/tickets/{world.tickets[world.readable_by(login)].number}/watchers/"
    for path, names in (*SEARCHES, (dialog, ("q",))):
        for name, half in product(names, sorted(asked)):
            nothing = UNKNOWN if half.isdecimal() else NOBODYS[: len(half)]
            for more in ({}, {"state": "any", "sort": "title", "show": "all"}):
                told_half = alike(client.get(path, {name: half, **more}), [half])
                told_nothing = alike(client.get(path, {name: nothing, **more}), [nothing])
                assert told_half == told_nothing, (path, name, half)


FILTERS = {
    "state": ["any", "open", "complete", "unfinished", "new"],
    "priority": ["very_high", "medium"],
    "type": ["request"],
    "sort": [
        sign + key
        for key in ("number", "title", "state", "priority", "created", "changed")
        for sign in ("", "-")
    ],
    "page": ["1", "2", "999"],
    "show": ["all", "unread", "done", "saved", "snoozed"],
    "severity": ["critical", "information"],
    "reason": ["watchers", "owner"],
    "view": ["all", "pending", "reminder"],
    "older": ["2030-01-01T00:00:00+00:00_999999"],
    "list": ["1", "2"],
    "before": ["999999"],
}


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_filter_and_no_sorting_tells_a_word(login, world, signed_in):
    client = signed_in(world.people[login])
    rows = {
        "queue": Queue.objects.all(),
        "customer": {ticket.customer for ticket in world.tickets.values()} - {None},
    }
    choices = FILTERS | {name: [str(row.pk) for row in found] for name, found in rows.items()}
    choices["owner"] = ["mine", "nobody", str(world.people["uma"].pk), str(world.people["mika"].pk)]
    for path in ("/", "/tickets/", "/inbox/", "/watched/"):
        for name, values in choices.items():
            for value in values:
                answer = client.get(path, {"state": "any", name: value})
                assert words_in(told(answer), FORBIDDEN[login]) == [], (path, name, value)


def test_the_walk_itself_finds_the_words_for_those_who_may_read_them(world, signed_in):
    """Else it would find nothing because nothing is there."""
    seen = {}
    for login in ("mika", "carl", "bo", "ray"):
        client, texts = signed_in(world.people[login]), []
        for ticket in world.tickets.values():
            base = f"/tickets/{ticket.number}/"
            texts += [
                told(client.get(f"{base}?article={article.number}")) for article in ticket.articles.all()
            ]
            texts += [told(client.get(f"{base}{tail}")) for tail in ("history/", "watchers/")]
        seen[login] = set(
            words_in("\n".join([*texts, told(client.get("/tickets/?state=any"))]), sum(ALL, ()))
        )
    assert seen["mika"] == set(sum(ALL, ()))
    assert seen["carl"] == set(ACME)
    assert seen["ray"] == set(RAYS)
    assert set(BOREALIS) - {"Zanzinote", "Zanziearlier", "zanzilogin"} <= seen["bo"]


ALL = (BOREALIS, ACME, RAYS, INTERNAL, HIDDEN)


# Existence


@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
@pytest.mark.parametrize("login", FORBIDDEN)
def test_a_forbidden_ticket_answers_as_one_that_never_was(login, method, world, signed_in):
    """To every method, on every page, byte for byte, with the same number of statements, and nothing is changed."""
    client = signed_in(world.people[login])
    for ticket in world.forbidden_to(login):
        there = parts_of(ticket, world, login)
        unknown = there | nowhere()
        before = Ticket.objects.values().get(pk=ticket.pk), ticket.events.count()
        for name, parameters in patterns():
            if not {"number", "row"} & set(parameters):
                continue
            answers, statements = [], []
            for parts in (there, unknown):
                url = address(name, parameters, parts)
                with CaptureQueriesContext(
                    connection,
                ) as asked:
                    answer = getattr(client, method)(url)
                answers.append(alike(answer, [parts[key] for key in parameters if key in ECHOED]))
                statements.append(len(asked))
            assert answers[0] == answers[1], (name, method)
            assert statements[0] == statements[1], (name, method)
            assert answers[0][0] in {403, 404, 405} or method == "options", (name, method)
        assert (Ticket.objects.values().get(pk=ticket.pk), ticket.events.count()) == before


@pytest.mark.parametrize("login", ["carl", "cora"])
def test_an_internal_article_answers_as_one_that_never_was(login, world, signed_in):
    client, ticket = signed_in(world.people[login]), world.tickets["acme"]
    internal = ticket.articles.get(visible_for_customer=False)
    file = internal.attachments.get()
    base = f"/tickets/{ticket.number}/"
    for method, address_of in product(
        ("get", "post", "delete"),
        (
            lambda number, key: f"{base}articles/{number}/",
            lambda number, key: f"{base}articles/{number}/edit/",
            lambda number, key: f"{base}articles/{number}/delete/",
            lambda number, key: f"{base}articles/{number}/waiting/",
            lambda number, key: f"{base}articles/{number}/attachments/{key}/",
            lambda number, key: f"{base}?article={number}",
        ),
    ):
        answers = [
            alike(getattr(client, method)(address_of(number, key)), [key])
            for number, key in ((internal.number, file.key), (987, uuid.UUID(int=9)))
        ]
        assert answers[0] == answers[1], address_of(0, 0)


def test_a_count_of_articles_counts_only_those_one_sees(world, signed_in):
    ticket = world.tickets["acme"]
    seen, there = ticket.articles.filter(visible_for_customer=True).count(), ticket.articles.count()
    assert seen < there
    assert (
        f'<span class="count">{seen}</span>'
        in signed_in(world.people["cora"]).get(f"/tickets/{ticket.number}/").text
    )
    assert (
        f'<span class="count">{there}</span>'
        in signed_in(world.people["uma"]).get(f"/tickets/{ticket.number}/").text
    )


@pytest.mark.parametrize("login", OUTSIDE)
def test_the_badge_and_its_etag_move_only_with_what_one_may_read(login, world, signed_in):
    client = signed_in(world.people[login])
    before = alike(client.get("/inbox/badge/"))
    for ticket in world.forbidden_to(login):
        ticket.reply("More of it.", by=world.people["mika"])
        ticket.note("More within.", by=world.people["mika"])
    world.tickets[world.readable_by(login)].note("Within.", by=world.people["mika"])
    sweep()
    assert alike(client.get("/inbox/badge/")) == before


@pytest.mark.parametrize("login", OUTSIDE)
def test_adding_tells_nothing_of_who_there_is_and_who_watches(login, world, signed_in):
    """Whoever is hidden answers as nobody does, watching already or not; also while ending a watch."""
    client = signed_in(world.people[login])
    ticket = world.tickets[world.readable_by(login)]
    hidden = ["uma", "vera", "aiko", "ada", NOBODYS]
    hidden += ["bo", "zanzilogin"] if login in {"carl", "cora", "ray"} else ["carl", "cora"]
    dialog = f"/tickets/{ticket.number}/watchers/"
    added = [alike(client.post(dialog, {"user": one})) for one in hidden]
    assert added == added[:1] * len(added)
    removed = [alike(client.delete(f"{dialog}{one}/")) for one in hidden]
    assert removed == removed[:1] * len(removed)
    assert added[0][0] == removed[0][0] == 404


def test_a_mute_link_tells_no_more_than_the_number(world, client):
    """Of a ticket that went to another customer since the mail."""
    path = unsubscribing.path_for(world.people["carl"].pk, world.tickets["switched"].pk)
    assert words_in(told(client.get(path)), FORBIDDEN["carl"]) == []


# Mail


def all_of(mail):
    subject = str(make_header(decode_header(mail["Subject"])))
    headers = "\n".join(f"{key}: {value}" for key, value in mail.items())
    return "\n".join([subject, headers, text_of(mail), html_of(mail)])


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_mail_tells_a_word(login, world, clock, mail_host):
    clock.shift(minutes(10))
    sweep()
    mails = mail_host[f"{login}@example.com"]
    assert mails or login == "bo"
    for mail in mails:
        assert words_in(all_of(mail), FORBIDDEN[login]) == []


# Neutral names

AGENTS = (
    "Uma Ogawa",
    "Mika Manager",
    "Vera Viewer",
    "佐藤 愛子",
    "Ada Admin",
    "uma@example.com",
    "mika@example.com",
)


@pytest.fixture
def neutral(world):
    NamingSettings(neutral_agents=True).save()
    return world


@pytest.mark.parametrize("login", OUTSIDE)
def test_no_page_names_an_agent(login, neutral, signed_in):
    client = signed_in(neutral.people[login])
    found, texts = {}, []
    for ticket in neutral.tickets.values():
        parts = parts_of(ticket, neutral, login)
        urls = [address(name, parameters, parts) for name, parameters in patterns() if name not in LEAVES]
        urls += [f"/tickets/{ticket.number}/?article={article.number}" for article in ticket.articles.all()]
        for url in urls:
            text = told(client.get(url))
            texts.append(text)
            if leaked := words_in(text, AGENTS):
                found[url] = leaked
    assert found == {}
    assert "Service desk" in "".join(texts)


@pytest.mark.parametrize("login", OUTSIDE)
def test_no_mail_names_an_agent(login, neutral, clock, mail_host):
    clock.shift(minutes(10))
    sweep()
    for mail in mail_host[f"{login}@example.com"]:
        assert words_in(all_of(mail), AGENTS) == []


@pytest.mark.parametrize("login", OUTSIDE)
def test_no_search_goes_by_an_agents_name(login, neutral, signed_in):
    client = signed_in(neutral.people[login])
    dialog = f"/tickets/{neutral.tickets[neutral.readable_by(login)].number}/watchers/"
    for path, half in product(
        ("/tickets/", "/inbox/", "/watchers/suggestions/", dialog), ("Ogawa", "mika", "Viewe")
    ):
        nothing = NOBODYS[: len(half)]
        assert alike(client.get(path, {"q": half}), [half]) == alike(
            client.get(path, {"q": nothing}), [nothing]
        )


def test_with_the_switch_off_and_to_agents_they_have_their_names(world, signed_in):
    page = f"/tickets/{world.tickets['acme'].number}/"
    assert "Uma Ogawa" in signed_in(world.people["carl"]).get(page).text
    NamingSettings(neutral_agents=True).save()
    assert "Uma Ogawa" in signed_in(world.people["vera"]).get(page).text

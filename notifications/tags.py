"""The tags a definition's texts may hold, as `{{ticket.number}}` or `{{article.body:20}}` (domain §5).

Each takes its value from what its reader may know of the event (notifications.facts). None runs code, and none reaches
passwords, addresses or settings.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.facts import Facts

MOST_LETTERS = 20_000  # of an article in one notification


@dataclass(frozen=True)
class Tag:
    """`value(facts, limit)`: `limit` is the number behind the colon, None without one."""

    name: str
    label: str | Promise
    value: Callable[[Facts, int | None], str]


_tags: dict[str, Tag] = {}


def register(tag: Tag) -> Tag:
    if _tags.setdefault(tag.name, tag) != tag:
        raise ValueError(f"A tag named {tag.name} is registered already.")
    return tag


def find(name: str) -> Tag | None:
    return _tags.get(name)


def all_tags() -> list[Tag]:
    return list(_tags.values())


def _whole(value: Callable[[Facts], str]) -> Callable[[Facts, int | None], str]:
    return lambda facts, _limit: value(facts)


def _body(facts: Facts, limit: int | None) -> str:
    if facts.article is None:
        return ""
    body = facts.article.body.strip()
    shown = "\n".join(body.splitlines()[:limit])[:MOST_LETTERS]
    return f"{shown}\n[…]" if len(shown) < len("\n".join(body.splitlines())) else shown


for _name, _label, _value in (
    ("ticket.number", _("Ticket number"), lambda facts: facts.event.ticket.number),
    ("ticket.title", _("Title"), lambda facts: facts.code("title")),
    ("ticket.type", _("Type"), lambda facts: facts.code("type")),
    ("ticket.queue", _("Queue"), lambda facts: facts.name("queue")),
    ("ticket.state", _("State"), lambda facts: facts.code("state")),
    ("ticket.priority", _("Priority"), lambda facts: facts.code("priority")),
    ("ticket.service", _("Service"), lambda facts: facts.name("service")),
    ("ticket.sla", _("SLA"), lambda facts: facts.name("sla")),
    ("ticket.pending_until", _("Pending until"), lambda facts: facts.code("pending_until")),
    ("ticket.first_response_due", _("First response due"), lambda facts: facts.code("first_response_due")),
    ("ticket.update_due", _("Update due"), lambda facts: facts.code("update_due")),
    ("ticket.solution_due", _("Solution due"), lambda facts: facts.code("solution_due")),
    ("ticket.created", _("Time of creation"), lambda facts: facts.time(facts.event.ticket.created_at)),
    (
        "ticket.url",
        _("Address of the ticket's page"),
        lambda facts: settings.OPSI_BASE_URL + facts.event.ticket.get_absolute_url(),
    ),
    ("creator", _("Creator"), lambda facts: facts.name("created_by")),
    ("owner", _("Owner"), lambda facts: facts.name("owner")),
    ("responsible", _("Responsible"), lambda facts: facts.name("responsible")),
    ("assignment_group", _("Assignment group"), lambda facts: facts.name("assignment_group")),
    ("customer", _("Customer"), lambda facts: facts.name("customer")),
    ("customer_user", _("Customer user"), lambda facts: facts.name("customer_user")),
    ("actor", _("Who did it"), lambda facts: facts.actor),
    ("recipient.name", _("Name of whoever reads it"), lambda facts: facts.reader.name),
    ("event.label", _("What happened"), lambda facts: str(facts.event.type.label)),
    ("event.change", _("What happened, with old and new value"), lambda facts: facts.described()),
    ("event.old", _("Old value"), lambda facts: facts.change(facts.event.old)),
    ("event.new", _("New value"), lambda facts: facts.change(facts.event.new)),
    ("event.end", _("How a watch ended, said to whoever watched"), lambda facts: facts.end),
    ("event.time", _("When it happened"), lambda facts: facts.time(facts.event.at)),
    ("event.clock", _("What a time event is about: first response, update or solution"), lambda facts: facts.clock),
    ("event.due", _("When what a time event is about is or was due"), lambda facts: facts.due),
    ("article.number", _("Number of the article"), lambda facts: str(facts.article.number) if facts.article else ""),
    ("article.from", _("Sender of the article"), lambda facts: facts.sender),
    ("article.subject", _("Subject of the article"), lambda facts: facts.article.subject if facts.article else ""),
    ("base.url", _("Address of this installation"), lambda facts: settings.OPSI_BASE_URL),
):  # fmt: skip
    register(Tag(_name, _label, _whole(_value)))
register(Tag("article.body", _("Text of the article; article.body:20 gives its first 20 lines"), _body))

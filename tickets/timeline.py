"""What happened to a ticket, in words: its history rows as lines of a page."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from opsi.prepared import prepared
from opsi.requests import PersonRequest
from opsi.templatetags.moments import exact
from tickets.choices import Clock
from tickets.events import EventType
from tickets.models import Ticket, TicketEvent

# The changes that count the version up; what else happens (articles, watchers) disturbs no form.
MERGES = frozenset({"TicketMerge", "TicketMergeReceived"})
_ENDINGS = frozenset({"TicketMerge", "TicketDelete", "TicketRestore"})

NOTHING = "–"

# `rule(request, ticket)`: a Q on TicketEvent of what whoever asks is not to see; None where nothing is kept from them.
Hiding = Callable[[PersonRequest, Ticket], Q | None]
_hidings: list[Hiding] = []


def hide(rule: Hiding) -> Hiding:
    """Let an app above keep events of its own from some readers; adding a rule twice is once."""
    if rule not in _hidings:
        _hidings.append(rule)
    return rule


@dataclass(frozen=True)
class Line:
    """One event in the reader's language; `old` and `new` are "" where the event has none.

    `name` is what its actor goes by to the reader, where that is not their own.
    """

    event: TicketEvent
    old: str
    new: str
    name: str = ""

    @property
    def type(self) -> EventType:
        return self.event.type

    @property
    def actor(self) -> str:
        return self.name or str(self.event.actor or _("System"))


def lines(events: Iterable[TicketEvent]) -> list[Line]:
    return [_line(event) for event in events]


def history(ticket: Ticket):
    """The ticket's events, newest first, ready for `lines`."""
    return _newest_first(ticket.events.all())


def _newest_first(events):
    with_names = events.select_related("actor", "article")
    return with_names.defer("snapshot", "article__body", "article__html").order_by("-id")


def history_for(request: PersonRequest, ticket: Ticket):
    """As `history`, but for what is kept from whoever asks."""
    events = history(ticket)
    for hidden in _hidden_from(request, ticket):
        events = events.exclude(hidden)
    return events


def latest_for(request: PersonRequest, ticket: Ticket, limit: int) -> list[TicketEvent]:
    """The first `limit` of `history_for`: for the most, from whom nothing is kept, a prepared question."""
    if _hidden_from(request, ticket):
        return list(history_for(request, ticket)[:limit])
    return _latest(ticket, limit=limit)


@prepared
def _latest(ticket, *, limit):
    return _newest_first(TicketEvent.objects.filter(ticket=ticket))[:limit]


def _hidden_from(request, ticket):
    return [hidden for rule in _hidings if (hidden := rule(request, ticket)) is not None]


def changed_since(ticket: Ticket, version: int, limit: int = 5) -> list[Line]:
    """What made `ticket` differ from how it was at `version`, oldest first, `limit` lines at most."""
    missed = min(ticket.version - version, limit)
    if missed <= 0:
        return []
    changes = (event for event in history(ticket)[:100] if event.type.field or event.name in _ENDINGS)
    return lines([event for event, _count in zip(changes, range(missed), strict=False)][::-1])


def _line(event):
    if event.name == "ArticleUpdate":
        return Line(event, *_visibility(event.old, event.new))
    if "due" in event.data:
        return Line(event, "", _time(event.data))
    if event.name in MERGES:
        return Line(event, "", number_alone(event.new))
    if event.type.words:
        return Line(event, coded(event.type, event.old), coded(event.type, event.new))
    field = event.type.field
    has_values = bool(field) or event.old is not None or event.new is not None
    if not has_values:
        return Line(event, "", "")
    if not field:
        return Line(event, shown(field, event.old, ""), shown(field, event.new, ""))
    return Line(event, shown(field, event.old), shown(field, event.new))


def _time(data):
    """Which clock a time event is about, and when it was due."""
    due = exact(datetime.datetime.fromisoformat(data["due"]))
    return f"{Clock(data['clock']).label}, {due}" if data["clock"] else due


def _visibility(old, new):
    if old == new:
        return "", ""
    words = {True: _("visible for customer"), False: _("internal")}
    return tuple(words[bool(value["visible_for_customer"])] for value in (old, new))


def coded(event_type: EventType, value: Any) -> str:
    """`old` or `new` of an event with `words` of its own; "" where it has none."""
    return str(event_type.words.get(value, value or ""))


def number_alone(value: Any) -> str:
    """The number of the other ticket of a merge: its title is for those who may read that ticket."""
    return str(value.get("name", "")).partition(" ")[0] if isinstance(value, dict) else ""


def shown(field: str, value: Any, nothing: str = NOTHING) -> str:
    """A history value (see TicketEvent) of the ticket field `field`, as people read it."""
    if value is None or value == "":
        return nothing
    if isinstance(value, dict):
        return str(value.get("name", nothing))
    if isinstance(value, bool):
        return _("locked") if value else _("unlocked")
    if field == "pending_until":
        return exact(datetime.datetime.fromisoformat(value))
    choices = dict(getattr(Ticket._meta.get_field(field), "choices", None) or ()) if field else {}
    return str(choices.get(value, value))

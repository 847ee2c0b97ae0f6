"""One event as one reader may know it: what texts and lines about it are made of (domain §5).

All is of the ticket as it was right after the event, and of the event's own article in its current version; in the
reader's language and time zone, people and articles as far as the reader may see them.
"""

import datetime
import logging
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext

from opsi.models import Customer, Group, User
from opsi.naming import Naming
from tickets.choices import Clock, SenderType
from tickets.models import Queue, Service, Sla, Ticket, TicketEvent
from tickets.timeline import MERGES, coded, number_alone

logger = logging.getLogger(__name__)
NOTHING = "-"
WATCHES = {"TicketSubscribe", "TicketUnsubscribe"}
MODELS: dict[str, type[models.Model]] = {
    "queue": Queue, "owner": User, "responsible": User, "assignment_group": Group, "created_by": User,
    "customer": Customer, "customer_user": User, "service": Service, "sla": Sla,
}  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """Whose eyes a text is for: decides language, time zone, and whether internal articles show."""

    language: str
    time_zone: str
    is_agent: bool
    name: str = ""
    customer_id: int | None = None
    pk: int | None = None

    @classmethod
    def of(cls, user: User) -> "Reader":
        return cls(user.language, user.time_zone, user.is_agent, str(user), user.customer_id, user.pk)

    @classmethod
    def of_nobody(cls, address: str = "") -> "Reader":
        """Somebody behind an address that is no account's."""
        return cls(settings.LANGUAGE_CODE, settings.TIME_ZONE, False, address)


class Names:
    """What the rows are called that some events refer to: one statement a model, when first asked."""

    def __init__(self, events: Iterable[TicketEvent]):
        self.naming = Naming()
        self._ids: dict[type, set] = defaultdict(set)
        self._known: dict[type, dict[int, models.Model]] = {}
        for event in events:
            try:
                self._note(event)
            except (TypeError, AttributeError, LookupError):
                # Whoever words it will find that out, too, and it alone goes unsaid.
                logger.warning("The names in event %s cannot be read", event.pk)

    def _note(self, event):
        for name, model in MODELS.items():
            if pk := event.snapshot.get(name):
                self._ids[model].add(pk)
        if is_about_a_person(event):
            self._ids[User] |= {value["id"] for value in (event.old, event.new) if value}

    def of(self, name: str, pk: int | None, reader: Reader) -> str:
        """What the ticket's `name` of this id is called; people as `reader` knows them."""
        row = self._row(MODELS[name], pk)
        return self.naming.name(row, reader) if isinstance(row, User) else str(row or "")

    def person(self, pk: int | None) -> User | None:
        return cast(User | None, self._row(User, pk))

    def _row(self, model, pk):
        if pk is None:
            return None
        if model not in self._known:
            self._known[model] = model._default_manager.in_bulk(self._ids[model])
        return self._known[model].get(pk)


def is_about_a_person(event: TicketEvent) -> bool:
    """Whether the event's old and new value are people."""
    return event.name in WATCHES or event.type.field in {"owner", "responsible"}


@dataclass(frozen=True)
class Facts:
    """One event as one reader may know it; tags take their values from here, in the reader's language."""

    event: TicketEvent
    reader: Reader
    names: Names
    snapshot: dict = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "snapshot", self.event.snapshot)

    @property
    def article(self):
        """The event's article where the reader may see it; None elsewhere."""
        article = self.event.article
        if article is None or article.deleted_at is not None:
            return None
        return article if self.reader.is_agent or article.visible_for_customer else None

    def name(self, of: str) -> str:
        return self.names.of(of, self.snapshot.get(of), self.reader)

    @property
    def actor(self) -> str:
        """Who did it, as the reader knows them."""
        person = self.event.actor
        return self.names.naming.name(person, self.reader) if person else gettext("The system")

    @property
    def sender(self) -> str:
        """Who wrote the event's article, as the reader knows them."""
        article = self.article
        if article is None:
            return ""
        wrote_as_agent = article.sender_type == SenderType.AGENT
        if article.author is None:
            hidden = wrote_as_agent and self.names.naming.hides_agents_from(self.reader)
            return self.names.naming.neutral if hidden else article.from_address
        return self.names.naming.name(article.author, self.reader, as_agent=wrote_as_agent)

    def _person(self, value: dict) -> str:
        """A person the event is about. Of watchers, customer users and requesters hear of their own people alone."""
        person = self.names.person(value.get("id"))
        told = str(value.get("name", ""))
        if self.reader.is_agent:
            return told
        if "group" in value:
            return ""  # groups are the agents'
        if self.event.name in WATCHES:
            is_own = value.get("id") == self.reader.pk
            customer = person.customer_id if person else None
            is_colleague = customer is not None and customer == self.reader.customer_id
            return told if is_own or is_colleague else ""
        if value.get("id") == self.reader.pk:
            return told
        # Only agents own tickets, whatever became of them since.
        return self.names.naming.neutral if self.names.naming.hides_agents_from(self.reader) else told

    def code(self, of: str) -> str:
        """What a code of the ticket's `of` is called."""
        return self.value(of, self.snapshot.get(of))

    def value(self, of: str, value) -> str:
        """`value` of the ticket field `of`, as history or a snapshot keeps it, in words."""
        if value is None or value == "":
            return ""
        if isinstance(value, dict):
            return str(value.get("name", ""))
        ticket_field = _field(of)
        if ticket_field.choices:
            return str(dict(ticket_field.flatchoices).get(value, value))
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if ticket_field.get_internal_type() == "DateTimeField":
            return self.time(parse_datetime(value))
        return str(value)

    def time(self, at: datetime.datetime | None) -> str:
        """`at` in the reader's zone, which is named."""
        if at is None:
            return ""
        zone = zone_called(self.reader.time_zone)
        return f"{date_format(timezone.localtime(at, zone), 'Y-m-d H:i')} ({zone.key})"

    @property
    def clock(self) -> str:
        """What a time event is about: first response, update or solution."""
        clock = self.event.data.get("clock")
        return str(Clock(clock).label) if clock else ""

    @property
    def due(self) -> str:
        """When what a time event is about is, or was, due."""
        due = self.event.data.get("due")
        return self.time(parse_datetime(due)) if due else ""

    def change(self, value) -> str:
        """The event's `old` or `new` in words; nothing where the reader has no business with it."""
        event = self.event
        if event.name in MERGES:
            return number_alone(value)
        if event.type.words:
            return coded(event.type, value)
        if event.name == "TicketCustomerUpdate" and isinstance(value, dict):
            knows = self.reader.is_agent or value.get("id") == self.reader.customer_id
            return str(value.get("name", "")) if knows else ""
        if isinstance(value, dict) and "id" not in value:
            return ""
        if isinstance(value, dict) and is_about_a_person(event):
            return self._person(value)
        return self.value(event.type.field or "title", value)

    @property
    def end(self) -> str:
        """How somebody's watch ended, as a sentence; nothing where it did not."""
        if self.event.name != "TicketUnsubscribe":
            return ""
        if self.event.data.get("why") == "resolved":
            return gettext(
                "This ticket is complete now, and you watched it until then. You are told of nothing more, unless you "
                "watch it again."
            )
        return gettext("%(person)s removed you as a watcher of this ticket.") % {"person": self.actor}

    def described(self) -> str:
        """One short line, such as “State: New → Open”."""
        event = self.event
        label = str(event.type.label)
        if event.type.field:
            name = capfirst(_field(event.type.field).verbose_name)
            return f"{name}: {self.change(event.old) or NOTHING} → {self.change(event.new) or NOTHING}"
        if self.due:
            return f"{label}: {self.clock} ({self.due})" if self.clock else f"{label} ({self.due})"
        if event.type.has_article:
            subject = one_line(self.article.subject) if self.article else ""
            return f"{label}: {subject}" if subject else label
        subject = self.change(event.new) or self.change(event.old)
        return f"{label}: {subject}" if subject else label


def _field(name: str) -> models.Field:
    return cast(models.Field, Ticket._meta.get_field(name))


@lru_cache(maxsize=64)
def zone_called(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def one_line(text: str) -> str:
    """`text` without line breaks and control characters, which have no place in a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())

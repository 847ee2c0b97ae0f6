"""What `/inbox/` shows: which rows, and each as its reader may know it now (domain §6; docs/inbox.md)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from django.db.models import FETCH_PEERS, Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from notifications.choices import InboxState, Severity
from notifications.inbox import takes_leave
from notifications.models import InboxRow
from notifications.reasons import YOUR_PART, your_parts
from notifications.wording import Reader, actor_of, describe, prepare, words, words_for_many
from opsi.models import User
from tickets.models import Article, Queue, Ticket, TicketEvent

PAGE = 50
LONGEST_SEARCH = 100
TICKETS_A_LINE = 20  # of a notice over many
SHOWN = (
    "ticket", "notice__definition_version", "notice__event__ticket", "notice__event__actor",
    "notice__event__article__author", "notice__event__article__ticket",
)  # fmt: skip
LEFT_OUT = "notice__event__article__html"  # large, and no notice shows it

VIEWS: dict[str, tuple[str | Promise, Q]] = {
    "all": (_("All"), ~Q(state__in=[InboxState.DONE, InboxState.SNOOZED])),
    "unread": (_("Unread"), Q(state=InboxState.UNREAD)),
    "saved": (_("Saved"), ~Q(saved_at=None)),
    "snoozed": (_("Snoozed"), Q(state=InboxState.SNOOZED)),
    "done": (_("Done"), Q(state=InboxState.DONE)),
}
SEVERITIES = {severity.name.lower(): severity for severity in reversed(Severity)}


@dataclass(frozen=True)
class Filter:
    """Which rows to show; what is not understood is as if it were not there."""

    view: str = "all"
    severity: str = ""
    reason: str = ""
    queue: str = ""
    search: str = ""
    # Only rows that changed before this, and at the same time those with a lower id: where the next page begins.
    older: tuple[datetime, int] | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        view, severity, reason = query.get("show", ""), query.get("severity", ""), query.get("reason", "")
        queue = query.get("queue", "")
        return cls(
            view if view in VIEWS else "all",
            severity if severity in SEVERITIES else "",
            reason if reason in YOUR_PART else "",
            queue if queue.isascii() and queue.isdigit() and len(queue) < 10 else "",
            query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            _position(query.get("older", "")),
        )

    def rows(self, person: User):
        rows = InboxRow.objects.of(person).filter(VIEWS[self.view][1])
        if self.severity:
            rows = rows.filter(severity=SEVERITIES[self.severity])
        if self.reason:
            rows = rows.filter(notice__reasons__icontains=f'"{self.reason}"')
        if self.queue or self.search:
            rows = rows.filter(_known_now(person))
        if self.queue:
            rows = rows.filter(ticket__queue=int(self.queue))
        if self.search:
            said = Q(ticket__number__icontains=self.search) | Q(ticket__title__icontains=self.search)
            rows = rows.filter(said)
        if self.older:
            at, row = self.older
            rows = rows.filter(Q(changed_at__lt=at) | Q(changed_at=at, pk__lt=row))
        return rows

    def page(self, person: User) -> tuple[list["Line"], str]:
        """At most 50 lines, and the query of the page after them, "" where they are the last."""
        newest = self.rows(person).select_related(*SHOWN).defer(LEFT_OUT).order_by("-changed_at", "-pk")
        found = newest.fetch_mode(FETCH_PEERS)[: PAGE + 1]
        rows = found.readable_rows(person)
        following = ""
        if len(found) > PAGE:
            last = found[PAGE - 1]
            following = self.query(older=f"{last.changed_at.isoformat()}_{last.pk}")
            rows = [row for row in rows if row.pk != found[PAGE].pk]
        return list(lines(rows, person)), following

    def query(self, **changed: str) -> str:
        """This filter as the end of an address, from its first page on, with some values changed."""
        given = {
            "show": "" if self.view == "all" else self.view,
            "severity": self.severity,
            "reason": self.reason,
            "queue": self.queue,
            "q": self.search,
        } | changed
        given = {name: value for name, value in given.items() if value}
        return f"?{urlencode(given)}" if given else ""

    @property
    def here(self) -> str:
        if self.older is None:
            return self.query()
        at, row = self.older
        return self.query(older=f"{at.isoformat()}_{row}")

    def tabs(self) -> Iterator[tuple[str, str | Promise, bool]]:
        """(query, label, whether it is shown now) of each view."""
        for name, (label, _rows) in VIEWS.items():
            yield self.query(show="" if name == "all" else name), label, name == self.view

    @property
    def narrows(self) -> bool:
        """Whether it leaves out any of the view."""
        return bool(self.severity or self.reason or self.queue or self.search or self.older)

    def reasons(self) -> Iterator[tuple[str, str | Promise, bool]]:
        for name, label in YOUR_PART.items():
            yield name, label, name == self.reason

    def queues(self, person: User) -> list[tuple[str, str, bool]]:
        """Those of the tickets in the person's inbox; one statement."""
        rows = InboxRow.objects.of(person).filter(_known_now(person))
        queues = Queue.objects.filter(pk__in=rows.values("ticket__queue"))
        return [(str(queue.pk), queue.name, str(queue.pk) == self.queue) for queue in queues]

    def severities(self) -> Iterator[tuple[str, str | Promise, bool]]:
        for name, severity in SEVERITIES.items():
            yield name, severity.label, name == self.severity


def _known_now(person):
    """Rows that take leave of a ticket stay, but nobody learns by asking what became of a ticket they left."""
    return Q(takes_leave=False) | Exists(Ticket.objects.readable_by(person).filter(pk=OuterRef("ticket")))


def _position(text):
    at, separator, row = text.partition("_")
    try:
        moment = parse_datetime(at) if separator else None
        return (moment.astimezone(UTC), int(row)) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


@dataclass
class Line:
    """A row as its reader sees it."""

    row: InboxRow
    subject: str
    change: str
    actor: str
    because: list[str]
    tickets: list[Ticket] = field(default_factory=list)
    more: int = 0  # tickets beyond those listed
    left: frozenset[int] = frozenset()  # ids of those listed that cannot be opened any more
    others: int = 0  # what else the same act did to the ticket
    can_open: bool = True
    article: Article | None = None  # to lead to

    @property
    def event(self) -> TicketEvent:
        return self.row.notice.event

    @property
    def ticket(self) -> str:
        """Number and title, where the subject does not say them."""
        ticket = self.tickets[0]
        said = ticket.number in self.subject and ticket.title in self.subject
        return "" if said or not self.can_open else str(ticket)

    @property
    def severity(self) -> str:
        return Severity(self.row.severity).name.lower()


def lines(rows: Iterable[InboxRow], person: User) -> Iterator[Line]:
    """The line of each of `rows`, all of them `person`'s; a fixed number of statements."""
    rows = list(rows)
    reader = Reader.of(person)
    many = _events_of_many([row for row in rows if row.ticket_id is None], person)
    prepare([row.notice.event for row in rows] + [event for events in many.values() for event in events])
    out_of_reach = _out_of_reach([row for row in rows if row.ticket_id is not None], person)
    for row in rows:
        because = your_parts(row.notice)
        if row.ticket_id is None:
            events = many[row.pk]
            left = frozenset(event.ticket_id for event in events if not event.may_read)
            tickets = list({event.ticket_id: event.ticket for event in events}.values())
            tickets.sort(key=lambda ticket: ticket.pk in left)
            told = words_for_many(events, reader)
            more = max(len(tickets) - TICKETS_A_LINE, 0)
            yield Line(
                row,
                told.subject,
                "",
                actor_of(row.notice.event, reader),
                because,
                tickets[:TICKETS_A_LINE],
                more,
                left,
            )
        else:
            yield _line(row, because, reader, out_of_reach)


def _line(row, because, reader, out_of_reach):
    event = row.notice.event
    article = event.article if row.article_id else None
    can_open = row.ticket_id not in out_of_reach
    actor = actor_of(event, reader)
    if article is not None and article.ticket_id in out_of_reach:
        return Line(row, str(event.type.label), "", actor, because, [event.ticket], can_open=can_open)
    subject = words(row.notice.definition_version, event, reader).subject
    change = describe(event, reader)
    # What only says the ticket's title once more is left out.
    change = "" if event.ticket.title in change else change
    others = len(row.notice.event_ids) - 1
    return Line(
        row,
        subject,
        change,
        actor,
        because,
        [event.ticket],
        can_open=can_open,
        article=article,
        others=others,
    )


def _events_of_many(rows, person):
    """For each row over many tickets: its events on those the person may read, and those that take leave of one."""
    found = defaultdict(list)
    if not rows:
        return found
    wanted = {row.pk: set(row.notice.event_ids) for row in rows}
    events = TicketEvent.objects.filter(operation__in={row.notice.operation for row in rows}).annotate(
        may_read=Exists(Ticket.objects.readable_by(person).filter(pk=OuterRef("ticket")))
    )
    for event in events.select_related("ticket", "article", "actor").defer("article__html").order_by("pk"):
        told = event.may_read or takes_leave(event, person.pk)
        for row, ids in wanted.items():
            if told and event.pk in ids:
                found[row].append(event)
    return found


def _out_of_reach(rows, person):
    """The ids of tickets the person may not read, of the doubtful: left, merged, or where a merge took an article."""
    doubtful = {
        row.ticket_id for row in rows if row.takes_leave or row.notice.event.ticket.merged_into_id is not None
    }
    readable = {row.ticket_id for row in rows} - doubtful
    doubtful |= {row.notice.event.article.ticket_id for row in rows if row.article_id} - readable
    if not doubtful:
        return set()
    readable = Ticket.objects.readable_by(person).filter(pk__in=doubtful)
    return doubtful - set(readable.values_list("pk", flat=True))

"""Rows of the inbox as their reader may know them now (domain §6; docs/inbox.md)."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _

from notifications.choices import Severity
from notifications.inbox import takes_leave
from notifications.models import InboxRow, Notice
from notifications.reasons import your_parts
from notifications.wording import Reader, actor_of, describe, prepare, words, words_for_many
from opsi.models import User
from tickets.models import Article, Ticket, TicketEvent

logger = logging.getLogger(__name__)
TICKETS_A_LINE = 20  # of a notice over many
# A statement of its own: joined to the rows they are a dozen tables, over whose order PostgreSQL thinks longer than it
# takes to answer both.
_told = Notice.objects.select_related(
    "definition_version", "event__ticket", "event__actor", "event__article__author", "event__article__ticket"
)
SHOWN = Prefetch("notice", _told.defer("event__article__html"))  # large, and no notice shows it


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
    wrong: dict[str, object] | None = None  # the moment to snooze it until that was refused: `at`, `error`

    @property
    def event(self) -> TicketEvent:
        return self.row.notice.event

    @property
    def icon(self) -> str:
        try:
            return self.event.type.icon
        except LookupError:  # of an event that nobody knows here
            return "question-mark-circle"

    @property
    def ticket(self) -> str:
        """Number and title, where the subject does not say them."""
        ticket = self.tickets[0]
        said = ticket.number in self.subject and ticket.title in self.subject
        return "" if said or not self.can_open else str(ticket)

    @property
    def severity(self) -> str:
        return Severity(self.row.severity).name.lower()

    @property
    def folds(self) -> bool:
        """Whether there is more in it than the one line says."""
        return (
            self.can_open
            and self.row.ticket_id is not None
            and (self.row.unread_count > 1 or self.others > 0)
        )

    @property
    def version(self) -> str:
        """Changes with whatever the row shows, but for the time that passes."""
        row = self.row
        kept = "kept" if row.saved_at else ""
        return (
            f"{row.notice_id}-{row.state}-{row.unread_count}-{kept}-{row.snoozed_until or ''}-{self.can_open}"
        )


def lines(rows: Iterable[InboxRow], person: User) -> Iterator[Line]:
    """The line of each of `rows`, all of them `person`'s; a fixed number of statements."""
    rows = list(rows)
    reader = Reader.of(person)
    many = _events_of_many([row for row in rows if row.ticket_id is None], person)
    prepare([row.notice.event for row in rows] + [event for events in many.values() for event in events])
    out_of_reach = _out_of_reach([row for row in rows if row.ticket_id is not None], person)
    for row in rows:
        try:
            line = (
                _of_many(row, many[row.pk], reader)
                if row.ticket_id is None
                else _line(row, reader, out_of_reach)
            )
        except DatabaseError:
            raise
        except Exception:  # one row that cannot be shown must not take the others out of sight
            logger.exception("Inbox row %s cannot be shown", row.pk)
            event = row.notice.event
            line = Line(
                row,
                _("This notification cannot be shown."),
                "",
                "",
                [],
                [event.ticket],
                can_open=row.ticket_id is not None and row.ticket_id not in out_of_reach,
            )
        yield line


def _of_many(row, events, reader):
    left = frozenset(event.ticket_id for event in events if not event.may_read)
    tickets = list({event.ticket_id: event.ticket for event in events}.values())
    tickets.sort(key=lambda ticket: ticket.pk in left)
    told = words_for_many(events, reader)
    more = max(len(tickets) - TICKETS_A_LINE, 0)
    actor = actor_of(row.notice.event, reader)
    return Line(row, told.subject, "", actor, your_parts(row.notice), tickets[:TICKETS_A_LINE], more, left)


def _line(row, reader, out_of_reach):
    event, because = row.notice.event, your_parts(row.notice)
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
    wanted = {row.pk: set(row.notice.event_ids) for row in rows if isinstance(row.notice.event_ids, list)}
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

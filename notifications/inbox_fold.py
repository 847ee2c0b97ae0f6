"""What one row of the inbox folds: its notices since it was last read, each with who did what (docs/inbox.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from notifications.channels import IN_APP
from notifications.choices import Severity
from notifications.facts import one_line
from notifications.models import InboxRow, Notice
from notifications.reasons import your_parts
from notifications.wording import Reader, actor_of, describe, prepare
from opsi.models import User
from tickets.models import Ticket, TicketEvent

AT_LEAST, MOST = 10, 50
EXCERPT = 200  # letters of an article


@dataclass(frozen=True)
class Change:
    """One thing that happened, such as “State: New → Open”."""

    event: TicketEvent
    words: str
    excerpt: str = ""  # of the article it is about


@dataclass(frozen=True)
class Told:
    """One notice of the row; `is_new`: it came since the row was last read."""

    notice: Notice
    actor: str
    changes: list[Change]
    because: list[str]
    is_new: bool

    @property
    def at(self) -> datetime:
        return self.notice.created_at

    @property
    def severity(self) -> str:
        return Severity(self.notice.severity).name.lower()


@dataclass(frozen=True)
class Fold:
    told: list[Told]
    more: int  # unread notices beyond those listed


def unfold(row: InboxRow, person: User) -> Fold:
    """The notices of `row` (over one ticket that can be opened), the newest first; four statements.

    All that is unread, and at least the last ten; at most 50.
    """
    count = min(max(row.unread_count, AT_LEAST), MOST)
    notices = person.notices.filter(ticket=row.ticket_id, pk__lte=row.notice_id).order_by("-pk")
    # Those that came by mail only are not the inbox's; SQLite cannot look into a list.
    found = [notice for notice in notices[: count * 2] if IN_APP.name in notice.channels][:count]
    events = _events_of(found)
    hidden = _hidden_tickets(row, events.values(), person)
    reader = Reader.of(person)
    told = [
        Told(
            notice,
            actor_of(events[notice.event_id], reader),
            list(_changes(notice, events, hidden, reader)),
            your_parts(notice),
            place < row.unread_count,
        )
        for place, notice in enumerate(found)
        if notice.event_id in events
    ]
    return Fold([one for one in told if one.changes], max(row.unread_count - MOST, 0))


def _events_of(notices):
    wanted = {pk for notice in notices for pk in (notice.event_id, *notice.event_ids)}
    shown = TicketEvent.objects.select_related("ticket", "actor", "article__ticket", "article__author")
    events = shown.defer("article__html").in_bulk(wanted)
    prepare(events.values())
    return events


def _hidden_tickets(row, events, person):
    """The ids of those that a merge took articles to and that the person may not read."""
    elsewhere = {event.article.ticket_id for event in events if event.article} - {row.ticket_id}
    if not elsewhere:
        return set()
    return elsewhere - set(
        Ticket.objects.readable_by(person).filter(pk__in=elsewhere).values_list("pk", flat=True)
    )


def _changes(notice: Notice, events, hidden, reader: Reader) -> Iterator[Change]:
    """What may be said of `notice`; an article that was deleted or hidden since is as if it had never been."""
    ids = [notice.event_id, *(pk for pk in notice.event_ids if pk != notice.event_id)]
    for event in (events[pk] for pk in ids if pk in events):
        article = event.article
        if article is None or event.name == "ArticleDelete":
            yield Change(event, describe(event, reader))
        elif article.ticket_id not in hidden and _shows(article, reader):
            yield Change(event, describe(event, reader), _excerpt(article.body))


def _shows(article, reader):
    return article.deleted_at is None and (reader.is_agent or article.visible_for_customer)


def _excerpt(body):
    text = one_line(body[: EXCERPT * 2])
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT].rstrip()} …"

"""Which rows of the inbox to show: the whole of it stands in the address, and can be kept by a name (docs/inbox.md)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from django.db.models import FETCH_PEERS, Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from notifications.badge import MOST, Badge
from notifications.choices import InboxState, Severity
from notifications.inbox_list import SHOWN, Line, lines
from notifications.models import InboxFilter, InboxRow
from notifications.reasons import parts
from opsi.models import User
from tickets.models import Queue, Ticket

PAGE = 25
LONGEST_SEARCH = 100
QUEUES_OF = 200  # of so many rows the queues are offered: looking at all that somebody ever had takes long

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
            reason if reason in parts() else "",
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

    def page(self, person: User, at_most: int = PAGE) -> tuple[list[Line], str]:
        """At most 25 lines, and the query of the page after them, "" where they are the last."""
        newest = self.rows(person).prefetch_related(SHOWN).order_by("-changed_at", "-pk")
        found = newest.fetch_mode(FETCH_PEERS)[: at_most + 1]
        rows = found.readable_rows(person)
        following = ""
        if len(found) > at_most:
            last = found[at_most - 1]
            following = self.query(older=f"{last.changed_at.isoformat()}_{last.pk}")
            rows = [row for row in rows if row.pk != found[at_most].pk]
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

    @cached_property  # each row has it in every form
    def here(self) -> str:
        if self.older is None:
            return self.query()
        at, row = self.older
        return self.query(older=f"{at.isoformat()}_{row}")

    def tabs(self, person: User, badge: Badge, own: Iterable[InboxFilter]) -> list["Tab"]:
        """One for each view, with how much there is in those that wait for something; then the person's own filters.

        Of what waits nothing is counted beyond what the bell counts to. One statement, and one for each of the two that
        has anything at all.
        """
        counts = {"unread": badge.count} | {name: _count(person, name) for name in _in_use(person)}
        named = {one.query for one in own}
        is_own = self.query() in named
        return [
            Tab(
                Filter(name).query(),
                label,
                not is_own and name == self.view,
                _capped(counts.get(name, 0)),
            )
            for name, (label, _rows) in VIEWS.items()
        ] + [Tab(one.query, one.name, one.query == self.query(), "", own=one.pk) for one in own]

    @property
    def widest(self) -> str:
        """The query of the same view with nothing left out."""
        return Filter(self.view).query()

    @property
    def narrows(self) -> bool:
        """Whether it leaves out any of the view."""
        return bool(self.severity or self.reason or self.queue or self.search or self.older)

    def reasons(self) -> Iterator[tuple[str, str | Promise, bool]]:
        for name, label in parts().items():
            yield name, label, name == self.reason

    def queues(self, person: User) -> list[tuple[str, str, bool]]:
        """Those of the newest rows in the person's inbox, and the one that is asked for; one statement."""
        rows = InboxRow.objects.of(person).filter(takes_leave=False)
        newest = rows.order_by("-changed_at", "-pk").values("ticket__queue")[:QUEUES_OF]
        offered = Q(pk__in=newest)
        if self.queue:
            there = rows.filter(ticket__queue=OuterRef("pk"))
            offered |= Q(pk=int(self.queue)) & Q(Exists(there))
        queues = Queue.objects.filter(offered)
        return [(str(queue.pk), queue.name, str(queue.pk) == self.queue) for queue in queues]

    def severities(self) -> Iterator[tuple[str, str | Promise, bool]]:
        for name, severity in SEVERITIES.items():
            yield name, severity.label, name == self.severity


@dataclass(frozen=True)
class Tab:
    """A view, or a filter that its person named (`own` is its id then)."""

    query: str
    label: str | Promise
    is_current: bool
    count: str  # "" for none or not counted
    own: int = 0


def _in_use(person):
    """Those views that wait for something and have a row; most people have none, and asking that costs little."""
    asked = {
        name: Exists(InboxRow.objects.filter(VIEWS[name][1], person=OuterRef("pk")))
        for name in ("saved", "snoozed")
    }
    there = User.objects.filter(pk=person.pk).values_list(*asked.values()).get()
    return [name for name, is_used in zip(asked, there, strict=True) if is_used]


def _count(person, view):
    rows = InboxRow.objects.of(person).filter(VIEWS[view][1])
    return len(rows.only("ticket", "ticket_ids", "takes_leave").order_by()[:MOST].readable_rows(person))


def _capped(count):
    return f"{MOST - 1}+" if count >= MOST else str(count or "")


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

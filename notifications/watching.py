"""Who is told as a watcher: asked when it is decided, as of the event, and again before mail goes out (domain §5).

A watch is somebody's own or a group's, whose members are told unless their own watch says otherwise (§3 rule 8): who
ended it is not told, and whoever watches state changes only hears of no more than that through the group either.
"""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

from django.utils import timezone

from notifications.choices import Withdrawal
from opsi.models import User
from tickets.models import TicketEvent
from watchers.models import Watcher

# Why somebody is told, more closely than by the recipient kind "watchers".
WATCHER = "watchers"
GROUP_MEMBER = "watching_group"
STATE_CHANGES_ONLY = "state_changes_only"  # or rather why not
BY_WATCHING = {WATCHER, GROUP_MEMBER}
LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)

# How a ticket comes to another state: what whoever watches state changes only is told of.
STATE_CHANGES = {"TicketStateUpdate", "TicketMerge", "TicketDelete"}


class Watch(NamedTuple):
    since: datetime.datetime
    ended_at: datetime.datetime | None
    resolved_in: uuid.UUID | None
    only_state_changes: bool

    @classmethod
    def read(cls, row: Iterable[Any], now: datetime.datetime) -> Self:
        """`row` has its fields. What lies ahead of `now` was before the machine's clock was set back."""
        watch = cls(*row)
        since = LONG_AGO if watch.since > now else watch.since
        ended = watch.ended_at and (LONG_AGO if watch.ended_at > now else watch.ended_at)
        return watch._replace(since=since, ended_at=ended)

    def was_under_way(self, event: TicketEvent) -> bool:
        """At the time of `event`; what ended by itself includes all of the operation that ended it."""
        if self.since > event.at:
            return False
        return self.ended_at is None or self.ended_at > event.at or self.resolved_in == event.operation

    def was_left(self, event: TicketEvent) -> bool:
        """Whether its person had ended it, or had it ended, by then."""
        return self.ended_at is not None and self.ended_at <= event.at and self.resolved_in is None

    def is_told_of(self, event: TicketEvent) -> bool:
        return not self.only_state_changes or event.name in STATE_CHANGES


class Watching:
    """The watches of `tickets` (ids), those that ended too, and who is in the groups: two statements at most."""

    def __init__(self, tickets: Iterable[int]):
        self._people: dict[int, dict[int, Watch]] = defaultdict(dict)
        self._groups: dict[int, list[tuple[int, Watch]]] = defaultdict(list)
        watchers = Watcher.objects.filter(ticket__in=set(tickets))
        rows = list(watchers.values_list("ticket", "user", "group", *Watch._fields))
        now = timezone.now()  # after they were read: who comes to watch meanwhile does not lie ahead
        for ticket, user, group, *row in rows:
            watch = Watch.read(row, now)
            if user:
                self._people[ticket][user] = watch
            else:
                self._groups[ticket].append((group, watch))
        self._members = members({group for rows in self._groups.values() for group, _watch in rows})

    def at(self, event: TicketEvent) -> Iterator[tuple[int, str]]:
        """(person id, why) of everyone who watched when `event` happened, each once."""
        people = self._people[event.ticket_id]
        for person, watch in people.items():
            if watch.was_under_way(event):
                yield person, WATCHER if watch.is_told_of(event) else STATE_CHANGES_ONLY
        through: dict[int, bool] = {}
        for group, watch in self._groups[event.ticket_id]:
            if watch.was_under_way(event):
                for person in self._members[group]:
                    through[person] = through.get(person, False) or watch.is_told_of(event)
        for person, is_told in through.items():
            own = people.get(person)
            if own is None or not (own.was_under_way(event) or own.was_left(event)):
                yield person, GROUP_MEMBER if is_told else STATE_CHANGES_ONLY

    def against(self, tickets: Iterable[int], person: int, event: TicketEvent) -> Withdrawal | None:
        """Why `person`, who was told of `event` as a watcher of one of `tickets`, is not any more."""
        found = [self._against(ticket, person, event) for ticket in tickets]
        if None in found:
            return None
        return min(found, key=[Withdrawal.STATE_CHANGES_ONLY, Withdrawal.WATCH_ENDED].index)

    def _against(self, ticket, person, event):
        own = self._people[ticket].get(person)
        if own is not None and own.ended_at is None:
            return None if own.is_told_of(event) else Withdrawal.STATE_CHANGES_ONLY
        if own is not None and own.resolved_in is None:
            return Withdrawal.WATCH_ENDED
        watches = [watch for group, watch in self._groups[ticket] if person in self._members[group]]
        # What happened before a watch ended by itself is told still.
        present = [
            watch
            for watch in (*watches, own)
            if watch and (watch.ended_at is None or (watch.resolved_in and watch.was_under_way(event)))
        ]
        if not present:
            return Withdrawal.WATCH_ENDED
        told = any(watch.is_told_of(event) for watch in present)
        return None if told else Withdrawal.STATE_CHANGES_ONLY


def members(groups: Iterable[int | None]) -> dict[int, set[int]]:
    """{group id: the ids of its people}; no statement for none."""
    wanted = set(groups) - {None}
    found: dict[int, set[int]] = defaultdict(set)
    if wanted:
        through = User.groups.through.objects.filter(group__in=wanted)
        for group, person in through.values_list("group", "user"):
            found[group].add(person)
    return found

"""Who reads what only because they watch, everywhere: what the switch would change (domain §3 rule 7)."""

from dataclasses import dataclass
from itertools import batched

from tickets import access
from watchers.choices import TargetKind
from watchers.kinds import target_kind
from watchers.models import Watcher

CHUNK = 500  # watches judged at once
MOST = 20_000  # watches looked at, the newest first


@dataclass(frozen=True)
class OnlyWatching:
    """`watches` of `people` on `tickets` that open what nothing else does; at least so many where `is_more`."""

    watches: int
    people: int
    tickets: int
    is_more: bool

    @classmethod
    def now(cls) -> "OnlyWatching":
        """As things stand. A statement and a fixed number more for every 500 watches, of at most 20,000."""
        under_way = Watcher.objects.watching().filter(group=None, ticket__deleted_at=None)
        newest = under_way.select_related("ticket", "user").order_by("-pk")
        watches = list(newest[: MOST + 1])
        found: set[tuple[int, int]] = set()
        for chunk in batched(watches[:MOST], CHUNK):
            found |= _only_watching(chunk)
        return cls(
            len(found),
            len({person for _ticket, person in found}),
            len({ticket for ticket, _person in found}),
            len(watches) > MOST,
        )


def _only_watching(watches):
    resting = [watch for watch in watches if not _rests_anyway(watch)]
    tickets = {watch.ticket_id: watch.ticket for watch in resting}
    people = {watch.user_id: watch.user for watch in resting}
    by_right = access.pairs(tickets.values(), people.values(), by_right=True)
    return {(watch.ticket_id, watch.user_id) for watch in resting} - by_right


def _rests_anyway(watch):
    """Left over, or of somebody who is out of use: no switch gives or takes anything there."""
    return not watch.user.is_notifiable or target_kind(watch.ticket, watch.user) == TargetKind.OTHER_CUSTOMER

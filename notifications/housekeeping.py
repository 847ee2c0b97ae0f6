"""What is old goes, a few rows at a time: out of the inboxes, the dispatch queue, who was notified (docs/inbox.md).

Each batch is a transaction of its own of at most BATCH rows, so that nobody waits for long for what it holds. It takes
what nobody else holds at that moment, and the rest with its next run: it waits for nobody either.
"""

import datetime
from collections.abc import Callable
from itertools import batched

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.choices import InboxState, OutboxState
from notifications.forgetting import forget_told
from notifications.models import InboxRow, Outbox
from notifications.models.inbox_settings import InboxRetention
from opsi.models import User

BATCH = 1_000
PEOPLE = 200  # whose rows are looked for in one statement, by an index that begins with the person


def keep_house(now: datetime.datetime | None = None) -> int:
    """Delete what is kept long enough; returns how many rows. Twice is once; beat runs it a few times a day."""
    now, kept = now or timezone.now(), InboxRetention.load()
    gone = _empty_inboxes(kept, now)
    if kept.outbox_days:
        before = now - datetime.timedelta(days=kept.outbox_days)
        done = Outbox.objects.filter(state=OutboxState.DONE, created_at__lt=before, dispatched_at__lt=before)
        gone += delete_in_batches(done)
    if kept.told_days:
        gone += forget_told(now - datetime.timedelta(days=kept.told_days), BATCH)
    return gone


def delete_in_batches(rows: QuerySet) -> int:
    """Delete `rows`, which nothing refers to. What they must be is asked once more by the deletion itself: a row that
    changes in between stays."""
    gone = 0
    while True:
        with transaction.atomic():
            # In no order: all that is old would be sorted for each batch.
            found = list(
                rows.select_for_update(skip_locked=True).order_by().values_list("pk", flat=True)[:BATCH]
            )
            gone += rows.filter(pk__in=found).delete()[0]
        if len(found) < BATCH:
            return gone


def _empty_inboxes(kept: InboxRetention, now: datetime.datetime) -> int:
    old = old_rows(kept, now)
    people = User.objects.order_by("pk").values_list("pk", flat=True) if old else []
    return sum(
        delete_in_batches(rows.filter(person__in=some)) for some in batched(people, PEOPLE) for rows in old
    )


def old_rows(kept: InboxRetention, now: datetime.datetime) -> list[QuerySet]:
    """By state, since each has an index of its own. Nothing that is saved or still snoozed, whatever its age."""
    by_state: list[tuple[InboxState, int, Callable[[datetime.datetime], Q]]] = [
        (InboxState.DONE, kept.done_days, _seen),
        (InboxState.READ, kept.read_days, _seen),
        (InboxState.UNREAD, kept.unread_days, lambda since: Q(changed_at__lt=since)),
    ]
    return [
        InboxRow.objects.filter(when(now - datetime.timedelta(days=days)), state=state, saved_at=None)
        for state, days, when in by_state
        if days
    ]


def _seen(since):
    """Neither read nor told of since then: what somebody looked at yesterday is not old, whenever it came."""
    return Q(changed_at__lt=since) & (Q(read_at=None) | Q(read_at__lt=since))

"""What no wake-up reached: beat runs this every few seconds, so that a lost wake-up costs seconds and nothing more."""

import datetime

from django.db import transaction
from django.utils import timezone

from notifications.dispatch import dispatch_operation
from notifications.mailing import send_due
from notifications.models import InboxRow, Mail, Outbox
from notifications.models.outbox import MAX_ATTEMPTS

BATCH = 100
MOST_WOKEN = 1_000


def sweep() -> None:
    """Dispatch the oldest operations that wait, up to 100, bring back what was snoozed, and send what mail is due."""
    now = timezone.now()
    waiting = list(
        Outbox.objects.due(now).order_by("created_at").values_list("operation", "attempts")[:BATCH]
    )
    if any(attempts >= MAX_ATTEMPTS for _operation, attempts in waiting):
        Outbox.objects.give_up(now)
    for operation, _attempts in waiting:
        dispatch_operation(operation)
    wake_snoozed(now)
    # Asked before, as claiming opens a transaction that writes: every few seconds, on SQLite, that would be in the way.
    if Mail.objects.due(timezone.now()).exists():
        send_due()


def wake_snoozed(now: datetime.datetime) -> None:
    """Bring back the inbox rows whose time has come, on top of the list, up to 1,000."""
    rows = list(InboxRow.objects.overslept(now).values_list("pk", flat=True)[:MOST_WOKEN])
    if rows:
        with transaction.atomic():
            # A row that a notice comes into at this moment is woken next time: nobody waits for anybody.
            overslept = InboxRow.objects.overslept(now).filter(pk__in=rows)
            held = overslept.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
            woken = InboxRow.objects.filter(pk__in=list(held))
            woken.update(changed_at=now)
            woken.wake()

"""What no wake-up reached: beat runs this every few seconds, so that a lost wake-up costs seconds and nothing more."""

from django.utils import timezone

from notifications.dispatch import dispatch_operation
from notifications.mailing import send_due
from notifications.models import Mail, Outbox
from notifications.models.outbox import MAX_ATTEMPTS

BATCH = 100


def sweep() -> None:
    """Dispatch the oldest operations that wait, up to 100, and send what mail is due."""
    now = timezone.now()
    waiting = list(
        Outbox.objects.due(now).order_by("created_at").values_list("operation", "attempts")[:BATCH]
    )
    if any(attempts >= MAX_ATTEMPTS for _operation, attempts in waiting):
        Outbox.objects.give_up(now)
    for operation, _attempts in waiting:
        dispatch_operation(operation)
    # Asked before, as claiming opens a transaction that writes: every few seconds, on SQLite, that would be in the way.
    if Mail.objects.due(timezone.now()).exists():
        send_due()

"""After a backup was restored: what waited when it was taken may have been sent since (docs/reliability.md).

Nothing in the database can tell which, so an operator decides it for all of them before anything else runs.
"""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from notifications.causes import Cause
from notifications.choices import ItemState, MailState, OutboxState, Outcome
from notifications.dispatch import dispatch_waiting
from notifications.models import DeliveryAttempt, Mail, MailItem, NotificationFunction, Outbox
from notifications.models.mail import UNFINISHED
from tickets.due import raise_alarms, sweep


def catch_up() -> list[int]:
    """Do what was due meanwhile, but send nothing: time events are raised, operations dispatched.

    Returns the ids of the mails that may have been sent between the backup and now. What closes later has not been,
    unless it was opened just now: its operation may have been dispatched, and mailed, long before.
    """
    now = timezone.now()
    last = Mail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    Mail.objects.filter(state=MailState.SENDING).update(
        state=MailState.DUE, lease_owner="", leased_until=None
    )
    # Whoever held them, or had put them off, is not there any more.
    Outbox.objects.filter(state=OutboxState.WAITING).update(lease_owner="", leased_until=None, due_at=now)
    sweep()
    while raise_alarms():
        pass
    while dispatch_waiting():
        pass
    doubtful = Mail.objects.filter(Q(closes_at__lte=now) | Q(pk__gt=last), state__in=UNFINISHED)
    return list(doubtful.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def hold_back(mails: list[int]) -> int:
    """End `mails` as failed, for an administrator to look at. Returns how many."""
    function, now = NotificationFunction.load().function, timezone.now()
    held = list(
        Mail.objects.filter(pk__in=mails, state__in=UNFINISHED)
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    Mail.objects.filter(pk__in=held).update(state=MailState.FAILED, finished_at=now)
    MailItem.objects.filter(mail__in=held, state=ItemState.WAITING).update(
        state=ItemState.FAILED, finished_at=now
    )
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(mail_id=pk, at=now, function=function, outcome=Outcome.UNKNOWN, cause=Cause.RESTORED)
        for pk in held
    )
    return len(held)

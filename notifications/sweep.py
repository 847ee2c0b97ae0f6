"""What no wake-up reached: beat runs this every few seconds, so that a lost wake-up costs seconds and nothing more.

It does none of that work itself: it wakes as many workers as there is work for, and may run twice, or in two places at
once. What it wakes that nobody takes up until the next sweep is forgotten, so a queue nobody reads does not grow.
"""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import dispatch, mailing
from notifications.models import InboxRow, Mail, Outbox
from notifications.models.outbox import MAX_ATTEMPTS
from notifications.wakeup import wake_dispatchers, wake_senders

MOST_DISPATCHERS = 8
MOST_SNOOZED = 1_000


def sweep() -> None:
    """Wake dispatchers for the operations that wait, bring back what was snoozed, and wake senders for due mail.

    Three statements when there is nothing.
    """
    now = timezone.now()
    _dispatch_waiting(now)
    wake_snoozed(now)
    _send_due(now)


def _dispatch_waiting(now):
    most = MOST_DISPATCHERS * dispatch.A_TURN
    waiting = Outbox.objects.due(now).order_by("created_at")
    attempts = list(waiting.values_list("attempts", flat=True)[:most])
    if any(number >= MAX_ATTEMPTS for number in attempts):
        Outbox.objects.give_up(now)
    wake_dispatchers(_turns(len(attempts), dispatch.A_TURN))


def _send_due(now):
    due = Mail.objects.due(now)[: settings.OPSI_MOST_SENDERS * mailing.A_TURN].count()
    if due:
        wake_senders(_turns(due, mailing.A_TURN) - Mail.objects.senders(now))


def _turns(number, in_one):
    return -(-number // in_one)


def wake_snoozed(now: datetime.datetime) -> None:
    """Bring back the inbox rows whose time has come, on top of the list, up to 1,000."""
    rows = list(InboxRow.objects.overslept(now).values_list("pk", flat=True)[:MOST_SNOOZED])
    if rows:
        with transaction.atomic():
            # A row that a notice comes into at this moment is woken next time: nobody waits for anybody.
            overslept = InboxRow.objects.overslept(now).filter(pk__in=rows)
            held = overslept.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
            woken = InboxRow.objects.filter(pk__in=list(held))
            woken.update(changed_at=now)
            woken.wake()

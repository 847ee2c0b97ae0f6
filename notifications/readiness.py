"""What /readyz and `manage.py doctor` say of notifications: one line each, in English, for whoever operates them."""

import datetime

from django.utils import timezone

from notifications.health import LATE, waiting_events, waiting_mail
from notifications.models import WorkerSign
from opsi import health

SILENT = datetime.timedelta(minutes=1)


def tell() -> None:
    health.tell_of("worker", worker)
    health.tell_of("events", events)
    health.tell_of("mail", mail)


def worker() -> str:
    """Whether a worker was heard of within a minute."""
    heard = WorkerSign.objects.values_list("heard_at", flat=True).first()
    if heard is None:
        return "never heard of (start a worker and beat: nobody is told of anything meanwhile)"
    silence = timezone.now() - heard
    if silence > SILENT:
        return f"not heard of for {_seconds(silence)} (do a worker and beat run? nobody is told of anything meanwhile)"
    return "ok"


def events() -> str:
    """Whether what happened is worked out in time."""
    now = timezone.now()
    found = waiting_events()
    if found.failed:
        return f"{found.failed} given up (see the dispatch queue in the admin)"
    return _in_time(found.waiting, found.oldest and now - found.oldest)


def mail() -> str:
    """Whether mail that is due leaves in time; what waits in a window, or for its reader's morning, is not due."""
    now = timezone.now()
    found = waiting_mail(now)
    return _in_time(found.due, found.overdue_since and now - found.overdue_since)


def _in_time(number, age):
    if not number or age is None:
        return "ok"
    waits = f"{number} waiting, the oldest for {_seconds(age)}"
    if age > LATE:
        return f"late, {waits} (see Notification health in the admin)"
    return f"ok ({waits})"


def _seconds(age):
    return f"{max(0, round(age.total_seconds()))} s"

"""What Prometheus is told of notifications (docs/operations.md): six statements, each answered by an index.

What happened lately is told as such and not as a counter: the tables it is read from forget (notifications.forgetting),
and a counter must never fall.
"""

import datetime
from collections.abc import Iterator

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from notifications.choices import MailState, OutboxState
from notifications.health import HOUR, waiting_events, waiting_mail
from notifications.models import Mail, Notice, Outbox, WorkerSign
from notifications.models.mail import SENT

LATELY = datetime.timedelta(minutes=5)
CAME_BACK = (MailState.BOUNCED, MailState.COMPLAINED)


class NotificationMetrics(Collector):
    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield from _worker(now)
        yield from _events(now)
        yield from _dispatched(now)
        yield from _mail(now)
        yield from _mail_ended(now)
        number = Notice.objects.filter(created_at__gt=now - HOUR).count()
        yield _gauge("opsi_notices_last_hour", "Notices written within an hour.", number)


def _gauge(name, meaning, value=None):
    return GaugeMetricFamily(name, meaning, value=value)


def _by(label, name, meaning, values):
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _age(moment, now):
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _worker(now):
    heard = WorkerSign.objects.values_list("heard_at", flat=True).first()
    if heard is not None:  # what was never heard of has no age
        meaning = "Seconds since a worker was last heard of."
        yield _gauge("opsi_worker_heard_seconds", meaning, _age(heard, now))


def _events(now):
    found = waiting_events()
    counts = {"waiting": found.waiting, "failed": found.failed}
    meaning = "Acts whose notifications are still to be worked out, or were given up (counted up to 10,000)."
    yield _by("state", "opsi_events", meaning, counts)
    yield _gauge("opsi_event_oldest_seconds", "Age of the oldest waiting act.", _age(found.oldest, now))


def _dispatched(now):
    took = ExpressionWrapper(F("dispatched_at") - F("created_at"), DurationField())
    done = Outbox.objects.filter(state=OutboxState.DONE, created_at__gt=now - LATELY)
    found = done.aggregate(number=Count("pk"), mean=Avg(took), longest=Max(took))
    meaning = "Acts of the last five minutes whose notifications have been worked out."
    yield _gauge("opsi_events_dispatched_last_5_minutes", meaning, found["number"])
    if found["number"]:
        seconds = {"mean": found["mean"].total_seconds(), "max": found["longest"].total_seconds()}
        meaning = "Seconds from these acts until their notices were written."
        yield _by("of", "opsi_dispatch_seconds_last_5_minutes", meaning, seconds)


def _mail(now):
    found = waiting_mail(now)
    states = ("collecting", "held", "due", "retrying", "sending")
    meaning = "Mails that have not left (counted up to 10,000)."
    yield _by("state", "opsi_mails", meaning, {state: getattr(found, state) for state in states})
    meaning = "Seconds since the first mail should have left that nobody has tried yet."
    yield _gauge("opsi_mail_overdue_seconds", meaning, _age(found.overdue_since, now))


def _mail_ended(now):
    ended = Mail.objects.filter(finished_at__gt=now - HOUR).order_by()
    by_state = dict(ended.values_list("state").annotate(Count("pk")))
    counts = {
        "sent": sum(by_state.get(state, 0) for state in SENT),
        "failed": by_state.get(MailState.FAILED, 0),
        "came_back": sum(by_state.get(state, 0) for state in CAME_BACK),
    }
    yield _by("state", "opsi_mails_last_hour", "Mails that ended within an hour.", counts)

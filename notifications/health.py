"""How notifications are doing: what waits, since when, and what needs somebody (docs/operations.md).

Every number is read in a fixed number of statements that an index answers; a count stops at MOST.
"""

import datetime
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Left
from django.utils import timezone

from notifications.choices import MailState, OutboxState, Outcome
from notifications.models import (
    AddressPause,
    Candidate,
    Definition,
    DeliveryAttempt,
    Mail,
    Notice,
    NotificationFunction,
    Outbox,
    WorkerSign,
)
from notifications.models.mail import SENT, unfinished_as_of

MOST = 10_000
LATE = datetime.timedelta(minutes=10)
SILENT = datetime.timedelta(minutes=2)
HOUR = datetime.timedelta(hours=1)
WENT_WRONG = (MailState.FAILED, MailState.BOUNCED, MailState.COMPLAINED)


class Capped(int):
    """A count that stops at MOST: "10000+" as text."""

    def __str__(self):
        return f"{MOST}+" if self > MOST else super().__str__()


def capped(rows: QuerySet) -> Capped:
    """How many `rows` there are, as far as it matters; one statement."""
    return Capped(rows[: MOST + 1].count())


class Events(NamedTuple):
    """Operations: still to be dispatched, of these the oldest due one's time; given up."""

    waiting: Capped
    oldest: datetime.datetime | None
    failed: Capped


class Waiting(NamedTuple):
    """Mails that have not left: in open windows, held for their people, due, to be tried again, with the server."""

    collecting: Capped
    held: Capped
    due: Capped
    retrying: Capped
    sending: Capped
    # When the first one should have left that nobody has tried yet.
    overdue_since: datetime.datetime | None
    collecting_since: datetime.datetime | None
    retrying_since: datetime.datetime | None

    @property
    def all(self) -> Capped:
        return Capped(self.collecting + self.held + self.due + self.retrying + self.sending)


class Hour(NamedTuple):
    begins: datetime.datetime
    notices: int
    sent: int
    failed: int


def waiting_events() -> Events:
    """One statement."""
    waits = Q(state=OutboxState.WAITING)
    found = (
        Outbox.objects.unfinished()
        .order_by("created_at")[: MOST + 1]
        .aggregate(
            waiting=Count("pk", filter=waits),
            oldest=Min("created_at", filter=waits),
            failed=Count("pk", filter=Q(state=OutboxState.FAILED)),
        )
    )
    return Events(Capped(found["waiting"]), found["oldest"], Capped(found["failed"]))


def waiting_mail(now: datetime.datetime) -> Waiting:
    """One statement."""
    by = unfinished_as_of(now)
    found = Mail.objects.unfinished().order_by("closes_at")[: MOST + 1]
    counts = found.aggregate(
        collecting=Count("pk", filter=by["open"]),
        held=Count("pk", filter=by["held"]),
        due=Count("pk", filter=by["due"]),
        retrying=Count("pk", filter=by["retrying"]),
        sending=Count("pk", filter=by["sending"]),
        overdue_since=Min("closes_at", filter=by["due"] & Q(closes_at__lte=now)),
        collecting_since=Min("opened_at", filter=by["open"]),
        retrying_since=Min("opened_at", filter=by["retrying"]),
    )
    named: dict[str, Any] = {
        name: Capped(found) if isinstance(found, int) else found for name, found in counts.items()
    }
    return Waiting(**named)


class Health:
    """As of `now`; each part is read when it is asked for."""

    def __init__(self, now: datetime.datetime | None = None):
        self.now = now or timezone.now()

    @cached_property
    def events(self) -> Events:
        return waiting_events()

    @cached_property
    def mail(self) -> Waiting:
        return waiting_mail(self.now)

    @cached_property
    def unknown(self) -> Capped:
        """Mails that wait for another try since nobody knows whether the server has them."""
        last = DeliveryAttempt.objects.filter(mail=OuterRef("pk")).order_by("-pk").values("outcome")[:1]
        tried = Mail.objects.unfinished().tried().annotate(last_outcome=Subquery(last))
        return capped(tried.filter(last_outcome=Outcome.UNKNOWN))

    @cached_property
    def failed(self) -> Mapping[str, int]:
        """{state: how many mails} of those that ended badly within a day."""
        return Counter(
            dict(
                Mail.objects.filter(finished_at__gt=self.now - 24 * HOUR, state__in=WENT_WRONG)
                .order_by("state")
                .values_list("state")
                .annotate(Count("pk"))
            )
        )

    @cached_property
    def paused(self) -> Capped:
        return capped(AddressPause.objects.all())

    @cached_property
    def worker_heard_at(self) -> datetime.datetime | None:
        return WorkerSign.objects.values_list("heard_at", flat=True).first()

    @property
    def worker_is_silent(self) -> bool:
        return self.worker_heard_at is None or self.now - self.worker_heard_at > SILENT

    @cached_property
    def function(self) -> NotificationFunction:
        return NotificationFunction.load()

    @property
    def reaches_nobody(self) -> bool:
        return settings.OPSI_MAIL_REACHES_NOBODY and not self.function.uses_mail_server

    @property
    def events_are_late(self) -> bool:
        return self.events.oldest is not None and self.now - self.events.oldest > LATE

    @property
    def mail_is_late(self) -> bool:
        return self.mail.overdue_since is not None and self.now - self.mail.overdue_since > LATE

    @cached_property
    def never_fired(self) -> list[Definition]:
        """The valid definitions that have concerned nobody yet, by name."""
        concerned = Exists(Candidate.objects.filter(definition=OuterRef("pk")))
        return list(Definition.objects.valid().filter(~concerned).only("name", "shipped_as").order_by("name"))

    def hours(self, number: int) -> list[Hour]:
        """The last `number` hours, the running one last, as UTC counts them; two statements."""
        running = self.now.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)
        begin = running - (number - 1) * HOUR
        notices = _by_hour(Notice.objects.filter(created_at__gte=begin), "created_at", "hour")
        ended = _by_hour(Mail.objects.filter(finished_at__gte=begin), "finished_at", "hour", "state")
        counts: dict[str, Counter] = {"sent": Counter(), "failed": Counter()}
        for (hour, state), count in ended.items():
            kind = "sent" if state in SENT else "failed" if state == MailState.FAILED else ""
            if kind:
                counts[kind][hour] += count
        moments = [begin + place * HOUR for place in range(number)]
        keys = [f"{moment:%Y-%m-%d %H}" for moment in moments]
        return [
            Hour(moment, notices.get((key,), 0), counts["sent"][key], counts["failed"][key])
            for moment, key in zip(moments, keys, strict=True)
        ]


def _by_hour(rows: QuerySet, moment: str, *by: str) -> dict[tuple, int]:
    """{(the UTC hour as "2026-03-01 14", …): how many}; the text of a moment begins alike on every database.

    Cutting it is the databases' own work: truncating to hours would call Python for each row on SQLite.
    """
    found = rows.order_by().annotate(hour=Left(Cast(F(moment), TextField()), 13)).values_list(*by)
    return {tuple(key): count for *key, count in found.annotate(Count("pk"))}

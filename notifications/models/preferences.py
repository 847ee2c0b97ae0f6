"""What each person decides for themselves (domain §4, §5, §3 rule 4)."""

import datetime
from collections.abc import Iterator

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.choices import Rhythm, Weekday
from notifications.models.definition import Definition
from opsi.models import Customer
from tickets.models import Queue, Service

DAY = datetime.timedelta(days=1)
MORNING = datetime.time(8)


class Preference(models.Model):
    """A person's own choice for a definition and channel; without one the definition's default holds."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="preferences")
    channel = models.CharField(_("channel"), max_length=20)
    enabled = models.BooleanField(_("on"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "definition", "channel"], name="preference_once")
        ]

    def __str__(self):
        return f"{self.person}: {self.definition} {self.channel} {'on' if self.enabled else 'off'}"


class PersonalSettings(models.Model):
    """Settings of one person; without a row all defaults hold. Days and times are those of the person's own zone.

    Quiet hours run from `quiet_from` to `quiet_until`, of the next day where that is not later, and begin on
    `quiet_days` (Weekdays; [] is every day). A summary comes at `summary_at`, a weekly one on `summary_day`.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_settings"
    )
    out_of_office_from = models.DateField(_("out of office from"), null=True, blank=True)
    out_of_office_until = models.DateField(_("out of office until"), null=True, blank=True)
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("stand-in"),
        on_delete=models.SET_NULL,
        related_name="stands_in_for",
        null=True,
        blank=True,
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    quiet_days = models.JSONField(_("quiet on"), default=list, blank=True)
    rhythm = models.CharField(_("e-mail comes"), max_length=10, choices=Rhythm, default=Rhythm.EACH)
    summary_at = models.TimeField(_("summary at"), default=MORNING)
    summary_day = models.PositiveSmallIntegerField(_("summary on"), choices=Weekday, default=Weekday.MONDAY)
    own_actions = models.BooleanField(
        _("tell me of my own actions"),
        default=True,
        help_text=_("Customer users are told of what they do themselves on tickets that concern them."),
    )
    no_mail_when_read = models.BooleanField(_("no mail for what I have read in the app"), default=False)
    # Where notifications go instead of to the account's address, as mail knows it; one that was asked for and is not
    # confirmed yet is not used.
    own_address = models.CharField(_("notification address"), max_length=254, blank=True, editable=False)
    asked_address = models.CharField(
        _("notification address to be confirmed"), max_length=254, blank=True, editable=False
    )
    asked_at = models.DateTimeField(_("confirmation asked for"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("personal settings")
        verbose_name_plural = _("personal settings")

    def __str__(self):
        return str(self.person)

    def is_away_on(self, day: datetime.date) -> bool:
        """Whether `day` lies in the absence, whose first and last day count."""
        begins, ends = self.out_of_office_from, self.out_of_office_until
        if begins is None and ends is None:
            return False
        return (begins is None or begins <= day) and (ends is None or day <= ends)

    def quiet_end(self, at: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime | None:
        """When the quiet hours end that hold at `at`; None where none do."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        today = at.astimezone(zone).date()
        over_midnight = self.quiet_until <= self.quiet_from
        for day in (today - DAY, today):
            if self.quiet_days and day.weekday() not in self.quiet_days:
                continue
            begins = _moment(day, self.quiet_from, zone)
            ends = _moment(day + DAY if over_midnight else day, self.quiet_until, zone)
            if begins <= at < ends:
                return ends
        return None

    def next_summary(self, at: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
        """When the summary comes that takes what happens at `at`: the first one after it."""
        return next(moment for moment in self._summaries(at, zone) if moment > at)

    def _summaries(self, at, zone) -> Iterator[datetime.datetime]:
        today = at.astimezone(zone).date()
        for number in range(9):
            day = today + number * DAY
            if self.rhythm != Rhythm.WEEKLY or day.weekday() == self.summary_day:
                yield _moment(day, self.summary_at, zone)


def _moment(day, time, zone):
    # As UTC: two times of one zone would be compared by the clock on the wall, which is set twice a year.
    return datetime.datetime.combine(day, time, zone).astimezone(datetime.UTC)


class Subscription(models.Model):
    """An agent wants to hear of tickets in a queue, or for a service."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions"
    )
    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="subscriptions", null=True, blank=True
    )
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="subscriptions", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(queue=None) ^ Q(service=None), name="subscription_queue_or_service"
            ),
            models.UniqueConstraint(
                fields=["person", "queue"], condition=~Q(queue=None), name="subscription_one_per_queue"
            ),
            models.UniqueConstraint(
                fields=["person", "service"], condition=~Q(service=None), name="subscription_one_per_service"
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.queue or self.service}"


class Following(models.Model):
    """A Customer Manager wants to hear of all tickets of their customer: of `types` and `priorities`, [] for any.

    It holds while they are Customer Manager of that very customer, which dispatch asks anew each time.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="following"
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    types = models.JSONField(_("types"), default=list, blank=True)
    priorities = models.JSONField(_("priorities"), default=list, blank=True)

    class Meta:
        verbose_name = _("following")
        verbose_name_plural = _("followings")

    def __str__(self):
        return f"{self.person}: {self.customer}"

    def is_about(self, snapshot: dict) -> bool:
        """Whether a ticket that stands as in `snapshot` is among those to hear of, the customer apart."""
        return (not self.types or snapshot.get("type") in self.types) and (
            not self.priorities or snapshot.get("priority") in self.priorities
        )

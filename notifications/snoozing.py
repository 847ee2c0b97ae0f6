"""Until when a notification can be put off: a few moments that people mean, in their own time zone (domain §6)."""

import datetime
from collections.abc import Iterator

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.facts import zone_called

MORNING = datetime.time(8)
A_WHILE = datetime.timedelta(hours=3)
LONGEST = datetime.timedelta(days=366)


class Snooze(models.TextChoices):
    LATER = "later", _("For 3 hours")
    TOMORROW = "tomorrow", _("Until tomorrow morning")
    MONDAY = "monday", _("Until Monday morning")

    def until(self, now: datetime.datetime, zone: str) -> datetime.datetime:
        """The moment (aware) that somebody in `zone` means by it at `now`; mornings begin at 8."""
        if self == Snooze.LATER:
            return now + A_WHILE
        place = zone_called(zone)
        today = timezone.localdate(now, place)
        days = 1 if self == Snooze.TOMORROW else 7 - today.weekday()
        return datetime.datetime.combine(today + datetime.timedelta(days=days), MORNING, place)

    @classmethod
    def offers(
        cls, now: datetime.datetime, zone: str
    ) -> Iterator[tuple[str, str | Promise, datetime.datetime]]:
        """(value, label, moment) of each that means something of its own: on a Sunday, tomorrow is Monday."""
        moments: set[datetime.datetime] = set()
        for one in cls:
            moment = one.until(now, zone)
            if moment not in moments:
                moments.add(moment)
                yield one.value, one.label, moment


class OwnMoment(forms.Form):
    """A date and time of one's own choice, in the time zone in force."""

    at = forms.DateTimeField(
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"required": _("Until when?"), "invalid": _("This is no date with a time.")},
    )

    def clean_at(self) -> datetime.datetime:
        moment, now = self.cleaned_data["at"], timezone.now()
        if moment <= now:
            raise ValidationError(_("This time is over."))
        if moment > now + LONGEST:
            raise ValidationError(_("Choose a time within a year."))
        return moment

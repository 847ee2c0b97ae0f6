"""Until when a notification can be put off: a few moments that people mean, in their own time zone (domain §6)."""

import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.tags import zone_called

MORNING = datetime.time(8)
A_WHILE = datetime.timedelta(hours=3)


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

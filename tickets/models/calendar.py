"""Working calendars: when a desk works, as its service levels and lock timeouts count (domain §2; docs/time.md)."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsi.models import validate_time_zone
from tickets.working_time import AroundTheClock, WorkingTime, read_hours, written

WEEK: dict[str, str | Promise] = {
    "monday": _("Monday"), "tuesday": _("Tuesday"), "wednesday": _("Wednesday"), "thursday": _("Thursday"),
    "friday": _("Friday"), "saturday": _("Saturday"), "sunday": _("Sunday"),
}  # fmt: skip


def validate_hours(text):
    read_hours(text)


def _day(name):
    return models.CharField(WEEK[name], max_length=200, blank=True, validators=[validate_hours])


class WorkingCalendar(models.Model):
    """Each weekday's hours are a text such as "09:00-12:00, 13:00-17:30", in the calendar's own time zone."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    monday = _day("monday")
    tuesday = _day("tuesday")
    wednesday = _day("wednesday")
    thursday = _day("thursday")
    friday = _day("friday")
    saturday = _day("saturday")
    sunday = _day("sunday")

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def clean(self):
        try:
            hours = {day: read_hours(getattr(self, day)) for day in WEEK}
        except ValidationError:
            return  # said beside the day
        if not any(hours.values()):
            raise ValidationError({"monday": _("A calendar needs working time on at least one day.")})
        for day, spans in hours.items():
            setattr(self, day, written(spans))

    @property
    def working_time(self):
        """What can be calculated with; one statement, unless the holidays are prefetched."""
        holidays = list(self.holidays.all())
        return WorkingTime(
            zoneinfo.ZoneInfo(self.time_zone),
            tuple(read_hours(getattr(self, day)) for day in WEEK),
            frozenset(holiday.date for holiday in holidays if not holiday.every_year),
            frozenset((holiday.date.month, holiday.date.day) for holiday in holidays if holiday.every_year),
        )


class Holiday(models.Model):
    calendar = models.ForeignKey(WorkingCalendar, on_delete=models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    every_year = models.BooleanField(_("every year"), default=False)
    name = models.CharField(_("name"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "date"],
                name="holiday_once",
                violation_error_message=_("This day is a holiday of the calendar already."),
            )
        ]

    def __str__(self):
        return f"{self.date} {self.name}".strip()


def working_time_of(calendar):
    """The calendar's working time; None works around the clock."""
    return calendar.working_time if calendar else AroundTheClock()

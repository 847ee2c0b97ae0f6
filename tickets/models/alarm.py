"""What a ticket raises when its time comes: one row a time event, clock and due time (domain §5; docs/time.md)."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets import events
from tickets.choices import Clock, State
from tickets.working_time import AroundTheClock, WorkingTime

type Key = tuple[str, str, datetime.datetime]


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def due(self, now):
        """What is to be raised, the oldest first; tickets whose clocks are outdated wait until they are set anew."""
        return self.filter(at__lte=now, ticket__clocks_outdated=False).order_by("at", "pk")

    def lay_down(self, ticket, wanted, hours):
        """Make the ticket's alarms those of `wanted` ({Key: when it goes off first}); the ticket's row must be held.

        What was raised already for the same due time is not raised anew, but goes on with its next day.
        """
        dues = {due for _name, _clock, due in wanted}
        alarms = self.filter(~Q(at=None) | Q(due__in=dues), ticket=ticket)
        known: dict[Key, Alarm] = {alarm.key: alarm for alarm in alarms}
        over = [alarm for key, alarm in known.items() if key not in wanted and alarm.at]
        if over:
            over_for_good = self.filter(pk__in=[alarm.pk for alarm in over])
            over_for_good.filter(raised_at=None).delete()
            over_for_good.update(at=None)
        moved = []
        for key in wanted.keys() & known.keys():
            alarm, first = known[key], wanted[key]
            at = (alarm.at or alarm.following(alarm.raised_at, hours)) if alarm.raised_at else first
            if at != alarm.at:
                alarm.at = at
                moved.append(alarm)
        if moved:
            self.bulk_update(moved, ["at"])
        new = [
            Alarm(ticket=ticket, name=name, clock=clock, due=due, at=first)
            for (name, clock, due), first in wanted.items()
            if (name, clock, due) not in known
        ]
        if new:
            self.bulk_create(new)


class Alarm(models.Model):
    """`name` is the event it raises, `due` the time it is about, `at` when it goes off next; None: it rests for now.

    `raised_at` is when it was raised last. It is written in the transaction that writes the event.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="alarms")
    name = models.CharField(_("event"), max_length=60)
    clock = models.CharField(_("clock"), max_length=20, choices=Clock, blank=True)
    due = models.DateTimeField(_("due"))
    at = models.DateTimeField(null=True)
    raised_at = models.DateTimeField(null=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ["ticket", "due"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "name", "clock", "due"], name="alarm_once"),
        ]
        indexes = [models.Index(fields=["at"], condition=~Q(at=None), name="alarm_waiting")]

    def __str__(self):
        return f"{self.name} {self.clock} {self.due:%Y-%m-%d %H:%M}"

    @property
    def key(self) -> Key:
        return self.name, self.clock, self.due

    @property
    def keeps_hours(self) -> bool:
        """Whether it is raised in working time only."""
        return bool(self.clock)

    def is_true_of(self, ticket, now) -> bool:
        """Whether the ticket still is as it was when the alarm was laid down."""
        if not ticket.runs_clocks:
            return False
        match self.name:
            case events.PENDING_REMINDER:
                return ticket.state == State.PENDING and ticket.pending_until == self.due
            case events.LOCK_TIMEOUT:
                return ticket.is_locked and ticket.unlock_due == self.due
            case events.ESCALATION_WARNING if self.due <= now:
                return False  # the escalation itself says more
        return getattr(ticket, f"{self.clock}_due") == self.due

    def following(self, after: datetime.datetime, hours: "WorkingTime | AroundTheClock"):
        """When it is raised again after `after`, a day later; None where once is enough."""
        if self.name == events.LOCK_TIMEOUT:
            return None
        days = hours if self.keeps_hours else AroundTheClock()
        at = days.again(self.at or after, after)
        if at and self.name == events.ESCALATION_WARNING and at >= self.due:
            return None
        return at

    def go_off(self, now: datetime.datetime, at: datetime.datetime | None) -> bool:
        """Note that it is raised `now` and next `at`, in the transaction that writes the event; False: somebody did."""
        waiting = type(self).objects.filter(pk=self.pk, at=self.at)
        return bool(waiting.update(at=at, raised_at=now))

    def move(self, at: datetime.datetime | None) -> None:
        """Go off `at` instead; None: rest."""
        type(self).objects.filter(pk=self.pk, at=self.at).update(at=at)

"""The clocks of a ticket: when first response, update and solution are due, and when its lock ends (docs/time.md)."""

import datetime
from dataclasses import dataclass

from tickets import events
from tickets.choices import Clock, SenderType, State
from tickets.models.alarm import Alarm
from tickets.models.calendar import working_time_of
from tickets.models.queue import Queue, Sla
from tickets.working_time import AroundTheClock

TIMES = ("first_response_due", "update_due", "solution_due", "unlock_due")


@dataclass(frozen=True)
class Deadline:
    due: datetime.datetime
    warning: datetime.datetime | None


class Timing:
    @property
    def runs_clocks(self):
        return not (self.is_complete or self.merged_into_id or self.deleted_at)

    @property
    def has_times(self):
        """Whether setting the clocks can change anything: without a promise, a lock or a date nothing runs or ran."""
        given = (self.sla_id, self.is_locked, self.pending_until, self.due_at, self.clocks_outdated)
        return any(given) or any(getattr(self, name) for name in TIMES)

    def set_clocks(self):
        """Set the due times as the ticket is now, and its alarms with them; in an operation that holds its row.

        Verbs call it before they write their event, whose snapshot has the due times.
        """
        sla = Sla.objects.with_calendar().get(pk=self.sla_id) if self.sla_id and self.runs_clocks else None
        deadlines = self._deadlines(sla) if sla else {}
        times = {f"{clock}_due": deadline.due for clock, deadline in deadlines.items()}
        times["unlock_due"] = self._unlock_due()
        values = {name: times.get(name) for name in TIMES}
        values |= {"due_at": self._due_at(deadlines), "clocks_outdated": False}
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        if changed:
            type(self).objects.filter(pk=self.pk).update(**changed)
        hours = sla.working_time if sla else AroundTheClock()
        Alarm.objects.lay_down(self, self._alarms(deadlines), hours)

    def working_time(self):
        """The working time its clocks run in."""
        sla = Sla.objects.with_calendar().filter(pk=self.sla_id).first()
        return sla.working_time if sla else AroundTheClock()

    def _deadlines(self, sla):
        hours, found = sla.working_time, {}
        for clock, since in self._starts().items():
            minutes, percent = sla.promise(clock)
            due = hours.add(since, minutes) if minutes else None
            if due is not None:
                warning = hours.add(since, minutes * percent / 100) if percent else None
                found[clock] = Deadline(due, warning)
        return found

    def _starts(self):
        """{Clock: since when it runs}, as OTOBO counts; only what the customer sees counts."""
        said = self.articles.filter(deleted_at=None, visible_for_customer=True)
        said = said.exclude(sender_type=SenderType.SYSTEM).order_by("created_at", "number")
        since, is_answered, is_waiting = self.clocks_since, False, False
        for number, sender, at in said.values_list("number", "sender_type", "created_at"):
            if sender == SenderType.AGENT:
                since, is_waiting = at, False
                is_answered |= number > 1 and at >= self.created_at
            elif not is_waiting:
                # What the customer adds while they wait gives nobody more time.
                since, is_waiting = at, True
        starts = {} if is_answered else {Clock.FIRST_RESPONSE: self.clocks_since}
        if self.state != State.PENDING:
            starts[Clock.UPDATE] = max(since, self.clocks_since)
        return starts | {Clock.SOLUTION: self.clocks_since}

    def _unlock_due(self):
        if not (self.is_locked and self.locked_at and self.runs_clocks):
            return None
        queue = Queue.objects.select_related("calendar").get(pk=self.queue_id)
        if not queue.unlock_minutes:
            return None
        return working_time_of(queue.calendar).add(self.locked_at, queue.unlock_minutes)

    def _due_at(self, deadlines):
        """The next time somebody waits for: the earliest promise, or the end of a pending time."""
        times = [deadline.due for deadline in deadlines.values()]
        if self.runs_clocks and self.state == State.PENDING and self.pending_until:
            times.append(self.pending_until)
        return min(times, default=None)

    def _alarms(self, deadlines):
        wanted = {}
        if self.runs_clocks and self.state == State.PENDING and self.pending_until:
            wanted[events.PENDING_REMINDER, "", self.pending_until] = self.pending_until
        if self.unlock_due:
            wanted[events.LOCK_TIMEOUT, "", self.unlock_due] = self.unlock_due
        for clock, deadline in deadlines.items():
            wanted[events.ESCALATION, clock, deadline.due] = deadline.due
            if deadline.warning and deadline.warning < deadline.due:
                wanted[events.ESCALATION_WARNING, clock, deadline.due] = deadline.warning
        return wanted

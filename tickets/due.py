"""Raises what time brings: reminders, lock timeouts, escalations and warnings of them (domain §5; docs/time.md).

Who does what at the same time:

1. two workers meet the same alarm: each holds the ticket's row before it looks, so the second finds the alarm moved on;
   below that, the alarm is moved by an update that asks where it was;
2. the worker dies: event, alarm and outbox row are written in one transaction, so nothing is raised yet, or all is;
3. somebody changes the ticket meanwhile: the verb holds the row as well, and the alarm is raised only where it still
   is true of the ticket;
4. an administrator changes an SLA, a calendar or a queue: the tickets that use it are marked outdated in the same
   transaction, raise nothing, and have their clocks set anew here first.
"""

import datetime
import logging

from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from tickets import events
from tickets.models import Alarm, Ticket
from tickets.models.history import record
from tickets.operations import operation

logger = logging.getLogger(__name__)

BATCH = 200
MOST = 1_000  # tickets in one run; the next one goes on
PUT_OFF = datetime.timedelta(minutes=5)
A_MOMENT = datetime.timedelta(seconds=1)
LATELY = datetime.timedelta(minutes=10)


def sweep() -> None:
    """What beat runs; two statements where nothing is due."""
    set_outdated_clocks()
    raise_alarms()


def set_outdated_clocks() -> int:
    """Set the clocks of tickets anew whose SLA, calendar or queue was changed. Returns of how many."""
    tried = Q(clocks_put_off_until=None) | Q(clocks_put_off_until__lte=timezone.now())
    outdated = Ticket.objects.filter(tried, clocks_outdated=True).order_by("pk")
    return _in_batches(outdated.values_list("pk", flat=True), _set_clocks, _put_clocks_off)


def raise_alarms() -> int:
    """Raise what is due, ticket by ticket, the oldest first. Returns the number of events."""
    due = Alarm.objects.due(timezone.now())
    return _in_batches(due.values_list("ticket", flat=True), _raise_those_of, _put_off)


def _in_batches(tickets, act, give_way):
    """Do `act` with each of the `tickets` (ids, which it takes out of the list); where it fails, the others go on."""
    done = 0
    for _batch in range(MOST // BATCH):
        found = dict.fromkeys(tickets.all()[:BATCH])
        for pk in found:
            try:
                done += act(pk)
            except OperationalError:
                raise
            except Exception:
                logger.exception("The times of ticket %s cannot be told", pk)
                give_way(pk)
        if len(found) < BATCH:
            break
    return done


def _set_clocks(pk):
    with operation(by=None):
        Ticket.objects.select_for_update(no_key=True).get(pk=pk).set_clocks()
    return 1


def _put_clocks_off(pk):
    Ticket.objects.filter(pk=pk).update(clocks_put_off_until=timezone.now() + PUT_OFF)


def _put_off(pk):
    now = timezone.now()
    Alarm.objects.filter(ticket=pk, at__lte=now).update(at=now + PUT_OFF)


def _raise_those_of(pk):
    now = timezone.now()
    with operation(by=None) as under_way:
        ticket = Ticket.objects.select_for_update(no_key=True).get(pk=pk)
        alarms = list(ticket.alarms.due(now))
        hours = ticket.working_time() if any(alarm.keeps_hours for alarm in alarms) else None
        return sum(_raise(alarm, ticket, hours, now, under_way) for alarm in alarms)


def _raise(alarm, ticket, hours, now, under_way):
    if not alarm.is_true_of(ticket, now):
        alarm.move(None)
        return False
    # What falls due with the last minute of the day is told although work is over when the sweep comes by.
    if alarm.keeps_hours and not hours.between(now - LATELY, now + A_MOMENT):
        alarm.move(hours.add(now, 0))
        return False
    if not alarm.go_off(now, alarm.following(now, hours)):
        return False
    record(ticket, alarm.name, under_way, clock=alarm.clock, due=alarm.due.isoformat())
    if alarm.name == events.LOCK_TIMEOUT:
        ticket.unlock(by=None)
    return True


def let_pass(until: datetime.datetime) -> None:
    """Count all that is due before `until` as raised: for what is taken over from elsewhere."""
    for alarm in Alarm.objects.filter(at__lt=until).select_related("ticket"):
        alarm.go_off(until, alarm.following(until, alarm.ticket.working_time()))

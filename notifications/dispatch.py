"""From an operation's events to notices, inbox rows and mail items (domain §5; docs/notifications.md, step by step).

Who does what at the same time:

1. the same wake-up comes twice, or a sweep meets it: only one claims the outbox row, the other finds nothing to do;
2. the worker dies: its lease runs out, the sweep has the operation dispatched again, and as everything is written in
   one transaction with the row's end, nobody has been told yet, or all have;
3. the worker was only slow and another took over: whoever commits first ends the row, the other finds that out with
   the first statement of its transaction and undoes it; below that, a unique constraint keeps out a second notice.
"""

import datetime
import logging
import os
import socket
import uuid
from collections.abc import Iterable
from functools import partial

from django.db import DatabaseError, transaction
from django.utils import timezone

from notifications import channels, standing_in, windows
from notifications.candidates import gather, match
from notifications.drops import Judge, Telling, drop_told_today
from notifications.facts import MODELS
from notifications.merging import merge
from notifications.models import Candidate, Definition, NotificationFunction, Outbox, Tally
from notifications.models.outbox import LeaseLost
from notifications.models.tally import counts
from notifications.wakeup import wake_mailing
from opsi import rows
from opsi.insisting import insist
from opsi.logs import about_operation
from tickets import events as history_events
from tickets.models import TicketEvent

logger = logging.getLogger(__name__)
A_TURN = 100  # operations: then others get theirs
PATIENCE = 10.0  # seconds: with a database that went away


class UnreadableEvents(Exception):
    """None of the operation's events makes sense here; another version of the program may know better."""


def dispatch_operation(operation_id: uuid.UUID | str) -> bool:
    """Decide whom to tell of an operation and write it down, once. Returns whether this call did it.

    Raises nothing for an operation that fails: it is tried again later, and finally given up (`Outbox.error`).
    """
    try:
        operation = uuid.UUID(str(operation_id))
    except ValueError:
        logger.error("Not an operation: %r", operation_id)
        return False
    now, worker = timezone.now(), _worker()
    return Outbox.objects.claim(operation, worker, now) and _dispatch(operation, worker, now)


def dispatch_waiting() -> int:
    """Dispatch what waits, the oldest first, up to 100 operations; the next sweep goes on. Returns how many it took."""
    for number in range(A_TURN):
        now, worker = timezone.now(), _worker()
        operation = Outbox.objects.claim_next(worker, now)
        if operation is None:
            return number
        _dispatch(operation, worker, now)
    return A_TURN


def _worker():
    """A name that nobody else claims by."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex}"


def _dispatch(operation, worker, now):
    with about_operation(operation):
        return _decide_and_write(operation, worker, now)


def _decide_and_write(operation, worker, now):
    try:
        function = NotificationFunction.load()
        events, unread = readable(events_of(operation))
        if unread and not events:
            raise UnreadableEvents("; ".join(unread))
        tellings, problems = decide(events, function, now)
        notices = _write(operation, tellings, unread + problems, function, now)
    except LeaseLost:
        logger.warning("Operation %s was taken over by another worker", operation)
        return False
    except Exception as error:
        logger.exception("Operation %s could not be dispatched", operation)
        # Over a new connection, should that have been at fault: else nobody could take it up until the lease is over.
        put_off = partial(Outbox.objects.put_off, operation, worker, timezone.now(), repr(error))
        if insist(put_off, PATIENCE):
            logger.error("Operation %s is given up", operation)
        return False
    logger.info("Dispatched: %d notices", len(notices))
    return True


def events_of(operation: uuid.UUID) -> list[TicketEvent]:
    """The operation's events, but for those whose ticket, or the ticket their article is on now, is gone meanwhile."""
    events = TicketEvent.objects.filter(operation=operation).select_related(
        "ticket__merged_into", "actor", "article__ticket"
    )
    return [event for event in events.order_by("pk") if event.name == "TicketDelete" or not _is_gone(event)]


def readable(events: Iterable[TicketEvent]) -> tuple[list[TicketEvent], list[str]]:
    """Those of `events` that make sense, and what is wrong with the others, a line each: nobody is to miss the first
    for the second.
    """
    sound, problems = [], []
    for event in events:
        if problem := _what_is_wrong_with(event):
            logger.error("Event %s cannot be read: %s", event.pk, problem)
            problems.append(f"Event {event.pk}: {problem}")
        else:
            sound.append(event)
    return sound, problems


def _what_is_wrong_with(event):
    try:
        history_events.get(event.name)
    except LookupError:
        return f"nobody here knows {event.name}"
    if not (isinstance(event.snapshot, dict) and isinstance(event.data, dict)):
        return "its ticket or its data cannot be read"
    for name in MODELS:
        if not isinstance(event.snapshot.get(name), int | None):
            return f"its {name} cannot be read"
    return ""


def _is_gone(event):
    homes = [event.ticket, event.article.ticket] if event.article else [event.ticket]
    return any(home.deleted_at is not None for home in homes)


def decide(
    events: list[TicketEvent],
    function: NotificationFunction,
    now: datetime.datetime,
    definitions: Iterable[Definition] | None = None,
) -> tuple[list[Telling], list[str]]:
    """Who is told of `events` through what, who is not and why; and which definitions failed, a line each.

    By all valid definitions, or by some of `Definition.objects.for_dispatch()`. Writes nothing. What is told once per
    day is left to `drop_told_today`.
    """
    if not events:
        return [], []
    if definitions is None:
        definitions = Definition.objects.valid().for_dispatch().order_by("pk")
    matches, problems = match(definitions, events)
    if not matches:
        return [], problems
    concerns, failed = gather(matches)
    problems += failed
    stand_ins = standing_in.of(concerns, now)
    judge = Judge([*concerns, *stand_ins.values()], function, now)
    tellings: list[Telling] = []
    instead: list[Telling] = []
    for concern in concerns:
        try:
            told = judge.tellings(concern)
            tellings += told
            if concern in stand_ins and (missed := standing_in.missed(told)):
                instead += judge.tellings(stand_ins[concern].only(missed))
        except DatabaseError:
            raise
        except Exception as error:
            problem = f"{concern.definition.name}: {error!r}"
            if problem not in problems:
                logger.exception("Ticket notification %s cannot be decided", concern.definition.pk)
                problems.append(problem)
    return tellings + instead, problems


def _write(operation, tellings, problems, function, now):
    with transaction.atomic():
        Outbox.objects.finish(operation, now, "\n".join(problems))
        drop_told_today(tellings)
        notices, pending = merge(tellings, operation, now, function.window)
        rows.insert(notices)
        rows.insert_values(Candidate, (telling.candidate() for telling in tellings))
        channels.deliver(notices, now)
        if windows.collect(pending, function, now):
            transaction.on_commit(wake_mailing, robust=True)
        Tally.objects.add(counts(tellings), now)
    return notices

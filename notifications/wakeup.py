"""Waking the workers. It never fails or delays a page: what is not woken, the sweep finds (docs/notifications.md)."""

import logging
import time
import uuid
from contextvars import ContextVar

from django.conf import settings

logger = logging.getLogger(__name__)
SWEEP_EVERY = settings.CELERY_BEAT_SCHEDULE["notifications.sweep"]["schedule"]  # seconds

# A broker that failed is left alone for so long, or every page would wait for it anew: the sweep comes by anyway.
REST = SWEEP_EVERY
resting_until = 0.0  # as time.monotonic() counts, for all threads of this process

_last_woken: ContextVar[uuid.UUID | None] = ContextVar("last_woken", default=None)


def wake_dispatch(operation: uuid.UUID) -> bool:
    """Ask for `operation` to be dispatched; called after its commit, once for each of its events.

    Returns whether the broker took it: who has many to wake need not wait for one that is away again and again.
    """
    if _last_woken.get() == operation:
        return True
    _last_woken.set(operation)
    from notifications import tasks

    return _courtesy(tasks.dispatch, str(operation))


def wake_mailing() -> None:
    """Ask for due mail to be sent."""
    from notifications import tasks

    _courtesy(tasks.send_due)


def wake_dispatchers(number: int) -> None:
    """Ask `number` workers to dispatch what waits. Called by the sweep, which asks anew each time."""
    from notifications import tasks

    _wake(tasks.dispatch_waiting, number)


def wake_senders(number: int) -> None:
    """Ask `number` workers to send what is due. Called by the sweep, which asks anew each time."""
    from notifications import tasks

    _wake(tasks.send_due, number)


def _wake(task, number):
    for _turn in range(number):
        if not _publish(task, expires=SWEEP_EVERY):
            return


def _courtesy(task, *args):
    return time.monotonic() >= resting_until and _publish(task, *args)


def _publish(task, *args, **options):
    global resting_until
    try:
        task.apply_async(args, retry=False, ignore_result=True, **options)
    except Exception as error:  # whatever the broker's client raises
        logger.warning("The broker could not be reached, the next sweep takes over: %s", error)
        resting_until = time.monotonic() + REST
        return False
    return True

"""Waking the workers. It never fails or delays a page: what is not woken, the sweep finds (docs/notifications.md)."""

import logging
import uuid
from contextvars import ContextVar

logger = logging.getLogger(__name__)

_last_woken: ContextVar[uuid.UUID | None] = ContextVar("last_woken", default=None)


def wake_dispatch(operation: uuid.UUID) -> None:
    """Ask for `operation` to be dispatched; called after its commit, once for each of its events."""
    if _last_woken.get() == operation:
        return
    _last_woken.set(operation)
    from notifications import tasks

    _publish(tasks.dispatch, str(operation))


def wake_mailing() -> None:
    """Ask for due mail to be sent."""
    from notifications import tasks

    _publish(tasks.send_due)


def _publish(task, *args):
    try:
        task.apply_async(args, retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises
        logger.warning("The broker could not be reached, the next sweep takes over: %s", error)

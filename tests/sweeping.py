"""A sweep, with what it wakes done at once and here instead of by workers."""

from unittest.mock import patch

from notifications import wakeup
from notifications.sweep import sweep as sweep_alone


def sweep() -> None:
    def do_at_once(task, *args, **options):
        task(*args)
        return True

    with patch.object(wakeup, "_publish", do_at_once):
        sweep_alone()

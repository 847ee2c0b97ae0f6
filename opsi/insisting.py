"""What must be written down although the database was away for a moment: again, over a new connection."""

import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds


def insist[Answer](act: Callable[[], Answer], patience: float) -> Answer:
    """What `act` answers, tried until the database takes it; its error after `patience` seconds.

    `act` must bear being done twice: a connection that breaks at the commit does not say whether there was one.
    """
    deadline, pause = time.monotonic() + patience, FIRST_PAUSE
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError):
            # Inside a transaction there is nothing to repeat: what came before it is lost.
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

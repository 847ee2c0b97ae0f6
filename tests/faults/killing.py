"""The named steps of the way of an event, and children that do a worker's work and are killed at one of them.

A child is a process of its own, with its own connections; SIGKILL leaves it no chance to tidy up. Its leases are short,
so that who comes after it need not wait for minutes.
"""

import datetime
import faulthandler
import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

from notifications import channels, dispatch, mailing, outcomes, receivers
from notifications.models import mail, outbox, tally
from notifications.transports import SmtpTransport

LEASE = datetime.timedelta(milliseconds=300)
PATIENCE = 60.0  # seconds for what a child has to do


@dataclass(frozen=True)
class Step:
    """A place in the code: just `before` or after a call of `owner`.`name`.

    After one, only where the call did something: `did` is asked of its result and what it was given.
    """

    owner: Any
    name: str
    before: bool = True
    did: Callable[..., object] = lambda result, *given: True

    def arm(self, nth: int) -> None:
        """Have this process killed at the `nth` call from now on."""
        original, calls = getattr(self.owner, self.name), itertools.count(1)

        def call(*args, **kwargs):
            if self.before and next(calls) == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            result = original(*args, **kwargs)
            if not self.before and self.did(result, *args) and next(calls) == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(self.owner, self.name, call)


def _took_some(result, *_given):
    """Whoever finds nothing to claim holds nothing that others wait for."""
    return bool(result)


def _marked_some(_result, results, *_given):
    """What was composed badly is written down as well, most often nothing."""
    return bool(results)


WRITING = {
    "the note is committed, nobody is woken": Step(receivers, "wake_dispatch"),
}
WORKING = {
    "an operation is claimed": Step(outbox.OutboxQuerySet, "claim_next", before=False, did=_took_some),
    "in the middle of a dispatch": Step(dispatch, "_write"),
    "notices are written, inboxes are not": Step(channels, "deliver"),
    "its rows are written, not committed": Step(tally.TallyManager, "add"),
    "mails are claimed": Step(mail.MailQuerySet, "claim", before=False, did=_took_some),
    "mails are composed, nothing is frozen": Step(mailing.Batch, "_freeze"),
    "Message-IDs are frozen": Step(mailing.Batch, "_freeze", before=False),
    "before SMTP": Step(SmtpTransport, "deliver"),
    "after DATA, before the mark": Step(SmtpTransport, "deliver", before=False),
    "while it is marked": Step(outcomes, "_accepted"),
    "all is marked": Step(mailing, "write_down", before=False, did=_marked_some),
}
# Whoever is woken claims the operation named; only sweeps look for the next.
WOKEN = WORKING | {
    "an operation is claimed": Step(outbox.OutboxQuerySet, "claim", before=False, did=_took_some)
}


def in_a_child(act: Callable[[], object], step: Step | None = None, nth: int = 1) -> bool:
    """Do `act` in a child, killed at the `nth` time that it comes to `step`. Returns whether it was killed."""
    connections.close_all()  # a connection that two processes use is nobody's
    child = multiprocessing.get_context("fork").Process(target=_work, args=[act, step, nth])
    child.start()
    child.join(PATIENCE)
    if child.is_alive():
        os.kill(child.pid, signal.SIGUSR1)
        child.join(1)  # while it writes down where it is
        child.kill()
        raise AssertionError(f"A child was not done within {PATIENCE} seconds; its output says where it was")
    assert child.exitcode in (0, -signal.SIGKILL), f"A child failed ({child.exitcode}); see its output"
    return child.exitcode != 0


def shorten_leases() -> None:
    """Those that this process takes."""
    outbox.LEASE = mail.LEASE = LEASE
    mailing.RENEW_AFTER = LEASE.total_seconds() / 4


def _work(act, step, nth):
    faulthandler.register(signal.SIGUSR1)
    shorten_leases()
    if step is not None:
        step.arm(nth)
    act()

"""Real workers on each broker, killed one after the other, each at another step; the next one makes up for it.

What is killed in tests/faults are forked children without a broker, thousands of them. Here wake-ups go through a
broker, which a killed worker takes some of along, and come from a beat that runs all the time.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.faults.killing import WOKEN
from tests.services.installation import BROKERS, PREPARE, PROJECT, TOLD, Installation, steps

WORKER = ("worker", "-l", "INFO", "--pool", "threads", "--concurrency", "2")
TO_ITS_STEP = 60.0  # seconds
NOTE = """
from opsi.models import User
from tickets.models import Ticket
Ticket.objects.get().note("Step {number}", by=User.objects.get(username="uma"))
"""
WAITING = """
from notifications.models import Mail, Outbox
print(Outbox.objects.exclude(state="done").count(), Mail.objects.exclude(state="sent").count())
"""


@pytest.fixture(params=["files", *BROKERS])
def installation(request, tmp_path, mailbox):
    """On SQLite with a queue of files, on PostgreSQL with Redis and with RabbitMQ. Each mail leaves at once."""
    places = ("", "") if request.param == "files" else (os.environ[BROKERS[request.param]], None)
    with ExitStack() as stack:
        installed = Installation(tmp_path, mailbox, places[0], stack, places[1])
        installed.environment["OPSI_WINDOW_SECONDS"] = "0"
        installed.manage("migrate", "--verbosity", "0")
        installed.shell(PREPARE)
        installed.start_beat()
        yield installed


def dies_at(step, installation):
    """A worker that comes to `step`, and no further."""
    command = [
        sys.executable,
        "-m",
        "tests.services.doomed",
        step,
        *WORKER,
        "-n",
        f"doomed-{os.urandom(4).hex()}@%h",
    ]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=installation.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as worker:
        try:
            said, _nothing = worker.communicate(timeout=TO_ITS_STEP)
        except subprocess.TimeoutExpired:
            worker.kill()
            pytest.fail(f"It never came to: {step}\n{worker.communicate()[0]}")
    return worker.returncode == -signal.SIGKILL or pytest.fail(f"It ended by itself, not at: {step}\n{said}")


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(400)
def test_every_note_is_told_once_whatever_step_a_worker_dies_at(installation, mailbox):
    """Guards: the sweep, which looks for what a dead worker had, and those of each step (tests/faults)."""
    for number, step in enumerate(WOKEN):
        installation.shell(NOTE.format(number=number))
        assert dies_at(step, installation)
    installation.start_workers(1)
    everything = list(range(len(WOKEN)))
    mailbox.wait_for(lambda mails: sorted(set(steps(mails))) == everything, limit=60)
    give_up = time.monotonic() + TO_ITS_STEP
    while installation.shell(WAITING) != ["0", "0"]:
        assert time.monotonic() < give_up, "Something waits for ever"
    number = str(len(WOKEN))
    assert installation.shell(TOLD) == ["told", number, "0", number, number]
    for note in everything:
        assert len({mail.message["Message-ID"] for mail in mailbox.mails if steps([mail]) == [note]}) == 1, (
            note
        )

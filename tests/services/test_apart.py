"""Worker and beat apart, as in production: PostgreSQL, and Redis or RabbitMQ between the processes."""

import os
import socket
from contextlib import ExitStack

import pytest

from tests.services.installation import BROKERS, NOTE, PREPARE, TOLD, Installation, steps

QUICK = 3.0  # seconds for one act in a process of its own, its start not counted


@pytest.fixture(params=BROKERS)
def broker(request):
    return os.environ[BROKERS[request.param]]


@pytest.fixture
def installation(tmp_path, mailbox, broker):
    with ExitStack() as stack:
        installed = Installation(tmp_path, mailbox, broker, stack)
        installed.manage("migrate", "--verbosity", "0")
        installed.shell(PREPARE)
        yield installed


pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(240)]


def test_each_act_is_told_once_by_two_workers_and_beat(installation, mailbox):
    installation.start_workers(2)
    installation.start_beat()
    installation.shell(NOTE.format(count=20, text="Step"))

    mailbox.wait_for(lambda mails: len(steps(mails)) == 20, limit=40)
    assert sorted(steps(mailbox.mails)) == list(range(20))
    assert installation.shell(TOLD) == ["told", "20", "0", "20", "20"]


def test_a_broker_out_of_reach_neither_fails_nor_delays_the_act_and_the_sweep_finds_it(installation, mailbox):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    scheme = installation.environment["CELERY_BROKER_URL"].partition(":")[0]
    unreachable = f"{scheme}://127.0.0.1:{port}"
    _took, seconds = installation.shell(NOTE.format(count=1, text="Step"), CELERY_BROKER_URL=unreachable)
    assert float(seconds) < QUICK
    assert mailbox.mails == []

    installation.start_workers()
    installation.start_beat()
    mailbox.wait_for(lambda mails: steps(mails) == [0], limit=40)

"""The broker is silent, loses everything, or says it twice: pages do not wait, and each note is told once.

A broker that is away is in tests/notifications/test_outbox.py, tests/services/test_apart.py and
tests/e2e/test_worker.py; one task carried out by several workers at once in test_outbox.py and test_mail_workers.py.
"""

import os
import shutil
import socket
import threading
import time
from contextlib import ExitStack

import amqp
import pytest
import redis
from kombu import Connection

from notifications import tasks
from notifications.models import Outbox
from opsi.celery import app
from tests.e2e.mailbox import Mailbox
from tests.line import Line
from tests.notifications.conftest import told
from tests.services.installation import BROKERS, NOTE, PREPARE, TOLD, Installation, steps
from tests.sweeping import sweep

with_servers = pytest.mark.skipif(
    not os.environ.get("OPSI_TEST_SERVICES"), reason="wants Redis and RabbitMQ (bin/test --services)"
)


class Mute:
    """Takes connections and what is sent, and says nothing; `asked`: how often somebody came."""

    def __init__(self):
        self.asked = 0
        self._held = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.asked += 1
            self._held.append(connection)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._held:
            connection.close()


@pytest.fixture
def mute():
    broker = Mute()
    yield broker
    broker.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_silent_broker_holds_up_one_page_and_not_the_next_ones(
    scheme, mute, broker_at, ticket, mika, uma, caplog
):
    """Guards: the time limit for publishing (opsi/celery.py) and the rest after a failure (notifications/wakeup.py)."""
    Outbox.objects.all().delete()
    broker_at(f"{scheme}://127.0.0.1:{mute.port}/")
    began = time.monotonic()
    for number in range(5):
        ticket.note(f"Step {number}", by=mika)
    assert time.monotonic() - began < 5  # half a second, and what a busy machine adds
    assert mute.asked == 1
    assert caplog.text.count("The broker could not be reached") == 1
    sweep()
    assert told() == {"uma": 5}


def test_who_publishes_waits_half_a_second_and_a_worker_longer_for_news(broker_at):
    broker_at("redis://127.0.0.1/0")
    assert app.connection_for_write().transport_options["socket_timeout"] == 0.5
    assert app.connection_for_read().transport_options["socket_timeout"] == 2


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_came_back_is_asked_again_after_a_sweeps_time(
    broker_at, mute, ticket, mika, monkeypatch, tmp_path
):
    broker_at(f"redis://127.0.0.1:{mute.port}/")
    now = time.monotonic()
    ticket.note("Step 1", by=mika)
    broker_at("")
    monkeypatch.setattr("notifications.wakeup.time.monotonic", lambda: now + 4.0)
    ticket.note("Step 2", by=mika)
    assert wake_ups_in(tmp_path / "queue") == []
    monkeypatch.setattr("notifications.wakeup.time.monotonic", lambda: now + 7.0)
    ticket.note("Step 3", by=mika)
    assert wake_ups_in(tmp_path / "queue") == [str(Outbox.objects.latest("created_at").pk)]


def wake_ups_in(folder):
    """The operations that wake-ups in a queue of files are about."""
    found = []
    with Connection("filesystem://", transport_options=dict.fromkeys(FOLDERS, str(folder))) as connection:
        if folder.exists():
            queue = app.amqp.queues["dispatch"](connection.default_channel)
            while (message := queue.get(no_ack=True)) is not None:
                found.append(message.payload[0][0])
    return found


FOLDERS = ("data_folder_in", "data_folder_out", "control_folder")


@pytest.mark.django_db
def test_a_queue_of_files_that_was_cleared_away_takes_the_next_wake_up(broker_at, tmp_path):
    """Whoever publishes has declared the queues long ago, and does not again."""
    broker_at("")
    tasks.dispatch.delay("first")
    shutil.rmtree(tmp_path / "queue")
    tasks.dispatch.delay("second")
    assert wake_ups_in(tmp_path / "queue") == ["second"]


@pytest.fixture(scope="module", params=BROKERS)
def broker(request):
    return os.environ[BROKERS[request.param]]


@pytest.fixture(scope="module")
def mailbox():
    with Mailbox() as box:
        yield box


@pytest.fixture(scope="module")
def line(broker):
    with Line(broker) as line:
        yield line


@pytest.fixture(scope="module")
def installation(tmp_path_factory, mailbox, line):
    """Without workers, until a test starts them."""
    mailbox.clear()
    with ExitStack() as stack:
        installed = Installation(tmp_path_factory.mktemp("data"), mailbox, line.url, stack)
        installed.manage("migrate", "--verbosity", "0")
        installed.shell(PREPARE)
        yield installed


def lose_everything(url):
    """The broker has not only lost what waited but knows no queue any more."""
    if url.startswith("redis"):
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return
    with amqp_connection(url) as connection:
        channel = connection.channel()
        for name in app.amqp.queues:
            channel.queue_delete(name)


def amqp_connection(url):
    account, place = url.removeprefix("amqp://").split("@")
    user, password = account.split(":")
    host, _slash, vhost = place.partition("/")
    return amqp.Connection(host, userid=user, password=password, virtual_host=vhost or "/")


REPEAT = """
from notifications.models import Outbox
from notifications.tasks import dispatch, send_due
for operation in Outbox.objects.values_list("pk", flat=True):
    for _copy in range({copies}):
        dispatch.delay(str(operation))
        send_due.delay()
"""


@with_servers
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(300)
class TestProcesses:
    """Two workers and beat on each broker; the tests go on where the one before ended."""

    def test_wake_ups_that_a_broker_lost_are_made_up_for(self, installation, mailbox, broker):
        installation.shell(NOTE.format(count=2, text="Step"))
        lose_everything(broker)
        installation.start_workers(2)
        installation.start_beat()
        mailbox.wait_for(lambda mails: set(steps(mails)) == {0, 1}, limit=40)

    def test_a_broker_that_loses_everything_while_all_is_running_is_no_reason_to_start_anew(
        self, installation, mailbox, broker
    ):
        mailbox.clear()
        lose_everything(broker)
        installation.shell(NOTE.format(count=1, text="Step"))
        mailbox.wait_for(lambda mails: steps(mails) == [0], limit=60)

    def test_a_broker_that_falls_silent_fails_no_act_and_is_gone_on_with_once_it_speaks(
        self, installation, mailbox, line
    ):
        mailbox.clear()
        line.fall_silent()
        try:
            installation.shell(NOTE.format(count=4, text="Step"))
        finally:
            line.speak()
        mailbox.wait_for(lambda mails: sorted(steps(mails)) == [0, 1, 2, 3], limit=60)

    def test_a_task_that_comes_twenty_times_is_done_once(self, installation, mailbox):
        mailbox.clear()
        installation.shell(NOTE.format(count=3, text="Step") + REPEAT.format(copies=20))
        mailbox.wait_for(lambda mails: sorted(steps(mails)) == [0, 1, 2], limit=40)
        assert installation.shell(TOLD) == ["told", "10", "0", "10", "10"]
        assert sorted(steps(mailbox.mails)) == [0, 1, 2]

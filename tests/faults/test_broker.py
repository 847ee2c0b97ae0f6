"""The broker is silent, or its queue is gone: pages do not wait, and each note is told once.

A broker that is away is in tests/notifications/test_outbox.py, tests/services/test_apart.py and
tests/e2e/test_worker.py; one task carried out by several workers at once in test_outbox.py and test_mail_workers.py.
"""

import shutil
import socket
import threading
import time

import pytest
from kombu import Connection

from notifications import tasks
from notifications.models import Outbox
from opsi.celery import app
from tests.notifications.conftest import told
from tests.sweeping import sweep


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
    for number in range(5):
        ticket.note(f"Step {number}", by=mika)
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
    ticket.note("Step 1", by=mika)
    broker_at("")
    now = time.monotonic()
    monkeypatch.setattr("notifications.wakeup.time.monotonic", lambda: now + 4.0)
    ticket.note("Step 2", by=mika)
    assert wake_ups_in(tmp_path / "queue") == []
    monkeypatch.setattr("notifications.wakeup.time.monotonic", lambda: now + 6.0)
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

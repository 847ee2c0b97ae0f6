"""A wake-up that cannot be delivered costs a page next to nothing."""

import socket
import time
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from opsi.environment import Environment


def publisher(url, tmp_path):
    """A Celery application configured as opsi.settings would for the broker at `url`."""
    broker_url, options = Environment({"CELERY_BROKER_URL": url}).broker(
        "CELERY_BROKER_URL", tmp_path / "queue"
    )
    app = Celery("trial", set_as_current=False)
    app.conf.update(
        broker_url=broker_url,
        broker_transport_options=options,
        broker_connection_timeout=0.5,
        task_publish_retry=False,
        task_ignore_result=True,
    )
    return app


@pytest.fixture(autouse=True)
def _no_broker_of_the_suite(monkeypatch):
    # Celery itself reads this variable too, before what it is configured with.
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)


@pytest.fixture
def refusing():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return port


@pytest.fixture
def mute():
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_broker_that_refuses_fails_at_once(scheme, refusing, tmp_path):
    app = publisher(f"{scheme}://127.0.0.1:{refusing}/1", tmp_path)
    began = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("nobody")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_broker_that_never_answers_fails_soon(scheme, mute, tmp_path):
    app = publisher(f"{scheme}://127.0.0.1:{mute}/1", tmp_path)
    began = time.monotonic()
    with pytest.raises((OperationalError, OSError, RedisError)):
        app.send_task("nobody")
    assert time.monotonic() - began < 3


def test_embedded_queue_takes_a_wake_up(tmp_path):
    publisher("", tmp_path).send_task("notifications.tasks.sweep")
    assert len([path for path in (tmp_path / "queue").iterdir() if path.suffix == ".msg"]) == 1


def test_folder_is_named_absolutely():
    _url, options = Environment({}).broker("CELERY_BROKER_URL", Path("/data/queue"))
    assert options["data_folder_in"] == options["data_folder_out"] == "/data/queue"

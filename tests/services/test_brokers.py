"""Redis and RabbitMQ as brokers: what the suite's files stand in for elsewhere, on the real ones."""

import os
import uuid

import pytest
from celery import Celery

from opsi.environment import Environment

pytestmark = pytest.mark.xdist_group("stack")  # which empties a Redis database of the run
PATIENCE = 10  # seconds; pages wait half a second, for which nothing is lost
URLS = {"redis": "OPSI_TEST_REDIS_URL", "amqp": "OPSI_TEST_AMQP_URL"}


@pytest.fixture(params=URLS)
def application(request, monkeypatch, tmp_path):
    """A Celery application on one of the brokers, with a queue of its own."""
    # Celery itself reads this variable too, before what it is configured with.
    monkeypatch.setenv("CELERY_BROKER_URL", os.environ[URLS[request.param]])
    url, options = Environment(os.environ).broker("CELERY_BROKER_URL", tmp_path)
    options["socket_connect_timeout" if request.param == "redis" else "connect_timeout"] = PATIENCE
    app = Celery("trial", set_as_current=False)
    app.conf.update(
        broker_url=url,
        broker_transport_options=options,
        broker_connection_timeout=PATIENCE,
        task_publish_retry=False,
        task_ignore_result=True,
        task_default_queue=f"trial-{uuid.uuid4().hex}",
    )
    yield app
    with app.connection_for_write() as connection:
        app.amqp.queues[app.conf.task_default_queue](connection.default_channel).delete()


def test_wake_ups_arrive_once_and_in_order(application):
    for number in range(5):
        application.send_task("wake", [number])
    with application.connection_for_read() as connection:
        queue = application.amqp.queues[application.conf.task_default_queue](connection.default_channel)
        arrived = []
        while (message := queue.get()) is not None:
            arrived.append(message.payload[0][0])
            message.ack()
    assert arrived == [0, 1, 2, 3, 4]


def test_a_wake_up_that_was_not_acknowledged_comes_again(application):
    application.send_task("wake", ["again"])
    queue = application.amqp.queues[application.conf.task_default_queue]
    with application.connection_for_read() as connection:
        assert queue(connection.default_channel).get().payload[0] == ["again"]
    with application.connection_for_read() as connection:
        message = queue(connection.default_channel).get()
        assert message.payload[0] == ["again"]
        message.ack()

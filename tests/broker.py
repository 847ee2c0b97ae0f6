"""Another broker for the process of a test, than the suite's own."""

import pytest
from kombu import pools

from notifications import wakeup
from opsi.celery import app
from opsi.environment import Environment


@pytest.fixture
def broker_at(monkeypatch, tmp_path):
    """`broker_at(url)`: from now on that is the broker; "" for a queue of files, `tmp_path / "queue"` or `folder`."""
    before = app.conf.broker_url, app.conf.broker_transport_options
    # Celery itself reads this variable too, before what it is configured with.
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)

    def use(url, folder=tmp_path / "queue"):
        url, options = Environment({"CELERY_BROKER_URL": url}).broker("CELERY_BROKER_URL", folder)
        app.conf.update(broker_url=url, broker_transport_options=options)
        _forget_connections()

    yield use
    app.conf.update(broker_url=before[0], broker_transport_options=before[1])
    _forget_connections()


def _forget_connections():
    pools.reset()
    app._pool = app.amqp._producer_pool = None


@pytest.fixture(autouse=True)
def _no_broker_rests():
    """A broker that failed in one test is asked again in the next."""
    yield
    wakeup.resting_until = 0.0

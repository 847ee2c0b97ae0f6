"""The whole stack on PostgreSQL with each broker: a worker listens, the sweep runs."""

import os

import pytest

from tests.e2e.conftest import start_mailbox, start_stack  # noqa: F401


@pytest.mark.parametrize("broker", ["OPSI_TEST_REDIS_URL", "OPSI_TEST_AMQP_URL"])
def test_stack_starts_on(broker, start_stack):  # noqa: F811
    stack = start_stack("--no-demo", CELERY_BROKER_URL=os.environ[broker])
    scheme = os.environ[broker].partition(":")[0]
    assert f"Connected to {scheme}" in stack.output
    stack.stop_worker()
    stack.start_worker()

"""The whole stack on PostgreSQL with each broker: a worker listens, the sweep runs, and the doctor finds it well."""

import json
import os
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import start_mailbox, start_stack  # noqa: F401

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("broker", ["OPSI_TEST_REDIS_URL", "OPSI_TEST_AMQP_URL"])
def test_stack_starts_on(broker, start_stack):  # noqa: F811
    stack = start_stack("--no-demo", CELERY_BROKER_URL=os.environ[broker])
    scheme = os.environ[broker].partition(":")[0]
    assert f"Connected to {scheme}" in stack.output
    give_up = time.monotonic() + 60
    while "worker: ok" not in (state := urlopen(stack.url("/readyz")).read().decode()):
        assert time.monotonic() < give_up, state
        time.sleep(0.5)
    found = found_by_the_doctor(stack)
    while "bad" in [verdict for verdict, _words in found.values()]:
        # It waits half a second for the broker, and two for its workers.
        assert time.monotonic() < give_up, found
        found = found_by_the_doctor(stack)
    assert found["database"][1].startswith("PostgreSQL ")
    assert found["queues"] == ["ok", "Workers that read them: 1."]
    stack.stop_worker()
    assert "start one" in found_by_the_doctor(stack)["queues"][1]
    stack.start_worker()


def found_by_the_doctor(stack):
    """{part: [verdict, words]} as `bin/manage doctor` sees the stack."""
    where = {"OPSI_DATA_DIR": str(stack.data_dir), "OPSI_BASE_URL": stack.base_url}
    done = subprocess.run(
        [sys.executable, "-m", "opsi.embedded", "doctor", "--json"],
        env=stack.environment | where,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return {one["part"]: [one["verdict"], one["words"]] for one in json.loads(done.stdout)["findings"]}

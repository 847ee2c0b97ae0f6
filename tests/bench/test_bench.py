"""`bin/bench` has the measures that docs/performance.md speaks of, and says what it found a line each (contract)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.once, pytest.mark.timeout(360)]  # has databases of its own

PROJECT = Path(__file__).resolve().parents[2]
PROMISED = {
    "fanout_1", "fanout_10", "fanout_100", "fanout_1000", "fanout_bare_1000", "event_to_last_mail_100",
    "event_to_last_mail_1000", "request_w0", "request_w1000", "mail_rate", "mail_rate_bare", "zoom_10", "zoom_100",
    "zoom_bare_10", "zoom_bare_100", "badge", "badge_1m", "inbox_1m", "mark_all_read", "flush_10k", "list_200k",
    "search_200k",
}  # fmt: skip


def bench(*arguments):
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300)


def measured(*arguments):
    done = bench("--json", "--rounds", "1", *arguments)
    assert done.returncode == 0, done.stderr
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


def test_every_measure_that_was_promised_is_there():
    from bench import plan

    assert set(plan.names()) >= PROMISED


def test_a_measure_is_one_object_a_line():
    found = measured("--only", "request_w1000")
    assert set(found) == {"request_w0", "request_w1000"}
    assert set(found["request_w1000"]) == {"name", "median", "p95", "unit", "statements", "ratio"}
    assert 0 < found["request_w0"]["median"] <= found["request_w0"]["p95"]
    assert found["request_w0"]["statements"] == found["request_w1000"]["statements"] > 0
    assert found["request_w0"]["ratio"] is None
    assert found["request_w1000"]["ratio"] > 0


def test_all_of_it_in_small_for_a_quick_look():
    found = measured("--scale", "0.02")
    assert set(found) >= PROMISED
    assert all(one["median"] > 0 for one in found.values())
    assert found["badge_1m"]["statements"] <= 3
    for name in ("fanout_1000", "mail_rate", "flush_10k", "zoom_10", "zoom_100"):
        assert found[name]["ratio"] > 0


@pytest.mark.parametrize("wrong", [["--only", "badgers"], ["--rounds", "many"]])
def test_what_it_does_not_know_it_says(wrong):
    done = bench(*wrong)
    assert done.returncode == 2
    assert wrong[1] in done.stderr
    assert "Traceback" not in done.stderr

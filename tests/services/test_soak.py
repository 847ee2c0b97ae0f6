"""Some seconds of a busy desk: whoever watches is told of each note once. `bin/soak` goes on for half an hour."""

from contextlib import ExitStack

import pytest

from tests.soak.__main__ import soak

pytestmark = [pytest.mark.alone, pytest.mark.timeout(400)]


def test_a_busy_desk_is_told_of_everything_once(tmp_path):
    with ExitStack() as stack:
        lines, problems = soak(tmp_path, stack, seconds=15, agents=20, events=2, burst=10)
    assert problems == []
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")] == [
        "| what",
        "| bell",
        "| note",
        "| note → inbox",
    ]

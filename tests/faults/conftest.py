"""How many kills, and what came of them: `bin/test --kills 10000` prints the table of docs/reliability.md."""

import itertools
import random
from collections import Counter

import pytest

from tests.faults.killing import WORKING, WRITING

STEPS = [*WRITING, *WORKING]
SEED = 20261128


class Kills:
    """`kills(step)`: chances, one for each desk on which something is first killed at this step.

    They end once as many were killed on those desks, there or later, as is this step's part of all kills.
    """

    def __init__(self, number: int):
        self.each = -(-number // len(STEPS))
        self.done: Counter[str] = Counter()
        self.again: Counter[str] = Counter()

    def __call__(self, step: str):
        enough = self.done.total() + self.each
        for number in itertools.count():
            if self.done.total() >= enough:
                return
            yield random.Random(f"{SEED} {step} {number}")

    def count(self, step: str) -> None:
        self.done[step] += 1

    def repeated(self, step: str, mails: int) -> None:
        self.again[step] += mails

    def table(self):
        yield "| killed when | kills | lost | twice in the app | mails that came again, with the same Message-ID |"
        yield "|---|---|---|---|---|"
        for step in STEPS:
            yield f"| {step} | {self.done[step]:,} | 0 | 0 | {self.again[step]:,} |"


KILLS = pytest.StashKey[Kills]()


def pytest_configure(config):
    if asked := config.getoption("--kills"):
        config.stash[KILLS] = Kills(asked)


@pytest.fixture(scope="session")
def kills(request):
    return request.config.stash[KILLS]


def pytest_sessionfinish(session):
    """A process of xdist's hands over what it did …"""
    found = session.config.stash.get(KILLS, None)
    if found and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["kills"] = [dict(found.done), dict(found.again)]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """… to the one that prints the table."""
    if handed := getattr(node, "workeroutput", {}).get("kills"):
        found = node.config.stash[KILLS]
        found.done.update(handed[0])
        found.again.update(handed[1])


def pytest_terminal_summary(terminalreporter, config):
    found = config.stash.get(KILLS, None)
    for line in found.table() if found else ():
        terminalreporter.write_line(line)

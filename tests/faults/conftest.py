"""How many kills, and what came of them: `bin/test --kills 10000` prints the table of docs/reliability.md."""

import random
from collections import Counter

import pytest

from tests.faults.killing import WORKING, WRITING

STEPS = [*WRITING, *WORKING]
SEED = 20261128


class Kills:
    """`kills(step)`: chances, one for each kill at this step."""

    def __init__(self, number: int):
        self.each = -(-number // len(STEPS))
        self.done: Counter[str] = Counter()
        self.again: Counter[str] = Counter()

    def __call__(self, step: str):
        for number in range(self.each):
            yield random.Random(f"{SEED} {step} {number}")
            self.done[step] += 1

    def repeated(self, step: str, mails: int) -> None:
        self.again[step] += mails

    def table(self):
        yield "| killed when | kills | lost | twice in the app | mails that came again, with the same Message-ID |"
        yield "|---|---|---|---|---|"
        for step in STEPS:
            yield f"| {step} | {self.done[step]:,} | 0 | 0 | {self.again[step]:,} |"


@pytest.fixture(scope="session")
def kills(request):
    asked = request.config.getoption("--kills")
    found = Kills(asked)
    yield found
    request.config.stash[TABLE] = list(found.table())


TABLE = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(TABLE, []):
        terminalreporter.write_line(line)

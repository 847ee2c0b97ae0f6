"""What `bin/test` runs: linters, licences and an audit of dependencies, pytest with a browser and real servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from tests import browser, dependencies, licences
from tests.services import servers

LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
# Two workers, and what starts servers of its own together in one of them; then what wants nothing else in its process
# or beside it: workers that are killed, and what measures.
TOGETHER = ("-n", "2", "--dist", "loadgroup", "-m", "not alone")
ALONE = ("-m", "alone", "tests/services")
CRASHES = ("-n", "2", "tests/faults/test_crashes.py")
# Only what bin/test itself decides may say which database and broker the suite runs on.
DECIDED_HERE = ("DATABASE_URL", "CELERY_BROKER_URL", *servers.VARIABLES)


def main(arguments: Sequence[str]) -> int:
    # Ended from outside, it still takes down the servers it started and what it put into others.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with_servers = "--services" in arguments
    for_pytest = [argument for argument in arguments if argument != "--services"]
    if any(argument.startswith("--kills") for argument in for_pytest):
        for_pytest = [*CRASHES, *for_pytest]
    environment = {name: value for name, value in os.environ.items() if name not in DECIDED_HERE}
    if not for_pytest and not _lint(environment):
        return 1
    environment[browser.VARIABLE] = browser.find_or_install()
    with ExitStack() as stack:
        if with_servers:
            try:
                environment |= stack.enter_context(servers.running())
            except servers.Unavailable as problem:
                print(f"bin/test --services: {problem}", file=sys.stderr)
                return 1
        # What is chosen, or the whole suite in two parts.
        parts = (
            [for_pytest] if for_pytest else [TOGETHER, ALONE if with_servers else (*CRASHES, "--kills", "60")]
        )
        return next(filter(None, (_pytest(part, environment) for part in parts)), 0)


def _pytest(arguments: Sequence[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], env=environment, check=False
    ).returncode


def _lint(environment: dict[str, str]) -> bool:
    bin_folder = os.path.dirname(sys.executable)
    good = True
    for name, *arguments in LINTERS:
        print(f"$ {' '.join([name, *arguments])}", flush=True)
        done = subprocess.run([os.path.join(bin_folder, name), *arguments], env=environment, check=False)
        good = good and done.returncode == 0
    good = licences.allowed() and good
    return dependencies.audit(environment) and good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

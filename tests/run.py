"""What `bin/test` runs: linters, an audit of dependencies, pytest with a browser and, asked for, real servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from tests import browser, dependencies
from tests.services import servers

LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
# Only what bin/test itself decides may say which database and broker the suite runs on.
DECIDED_HERE = ("DATABASE_URL", "CELERY_BROKER_URL", *servers.VARIABLES)


def main(arguments: Sequence[str]) -> int:
    # Ended from outside, it still takes down the servers it started and what it put into others.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with_servers = "--services" in arguments
    for_pytest = [argument for argument in arguments if argument != "--services"]
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
        # Whole suite: two workers, and what starts servers of its own together in one of them.
        choice = for_pytest or ["-n", "2", "--dist", "loadgroup"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *choice], env=environment, check=False
        ).returncode


def _lint(environment: dict[str, str]) -> bool:
    bin_folder = os.path.dirname(sys.executable)
    good = True
    for name, *arguments in LINTERS:
        print(f"$ {' '.join([name, *arguments])}", flush=True)
        done = subprocess.run([os.path.join(bin_folder, name), *arguments], env=environment, check=False)
        good = good and done.returncode == 0
    return dependencies.audit(environment) and good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The child processes of `manage.py up`: started together, stopped together."""

import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from opsi.processes import die_with_parent

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE = 3.0  # seconds between asking a child to end and making it end


class ChildEnded(Exception):
    """A child process ended by itself; the message says which and how."""


class Child:
    """One process in a process group of its own, its id in `run_dir/<name>.pid` while it runs."""

    def __init__(self, name: str, command: Sequence[str], run_dir: Path, pass_fds: Sequence[int] = ()):
        self.name = name
        self.command = command
        self.pass_fds = pass_fds
        self.pid_file = run_dir / f"{name}.pid"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            process_group=0,  # a Ctrl-C reaches us alone, and we decide what it means
            preexec_fn=functools.partial(die_with_parent, parent=os.getpid()),
        )
        self.pid_file.write_text(f"{self.process.pid}\n")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):  # the whole group has ended
                os.killpg(self.process.pid, number)

    def ending(self) -> str:
        """How it ended, for a sentence."""
        code = self.process.returncode if self.process else None
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with status {code}"


def stop(children: Sequence[Child]) -> None:
    """End `children` and whatever they started, within PATIENCE seconds."""
    for child in children:
        if child.running:
            child.send(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    for child in children:
        if child.process is None:
            continue
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(deadline - time.monotonic(), 0))
        # Whether it ended by itself or not: what it started may still be there.
        child.send(signal.SIGKILL)
        child.process.wait()
        child.process = None
        child.pid_file.unlink(missing_ok=True)


class Supervisor:
    """Runs `web` and `worker` until a signal asks to stop or one of them ends.

    SIGTERM, SIGINT and SIGHUP stop everything. SIGUSR1 stops the worker alone and SIGUSR2 starts it again: pages go
    on, what is to be sent waits.
    """

    def __init__(self, web: Child, worker: Child):
        self.web = web
        self.worker = worker
        self._asked: set[signal.Signals] = set()
        self._worker_wanted = True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start both; stop both at the end, however it comes about."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, self._remember)
        try:
            self.web.start()
            self.worker.start()
            yield
        finally:
            stop([self.web, self.worker])

    def watch(self, until: Callable[[], bool]) -> bool:
        """True once `until()` holds, False when asked to stop before. Raises ChildEnded."""
        waiting = threading.Event()  # never set; unlike time.sleep its wait is short whatever the signals do
        while not self._asked & {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
            self._attend_to_worker()
            for child in [self.web, self.worker] if self._worker_wanted else [self.web]:
                if not child.running:
                    raise ChildEnded(f"The {child.name} process {child.ending()}, so everything stops.")
            if until():
                return True
            waiting.wait(0.1)
        return False

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self._asked.add(signal.Signals(number))

    def _attend_to_worker(self) -> None:
        if signal.SIGUSR1 in self._asked:
            self._asked.discard(signal.SIGUSR1)
            self._worker_wanted = False
            stop([self.worker])
            print("The worker is stopped; SIGUSR2 starts it again.", file=sys.stderr, flush=True)
        if signal.SIGUSR2 in self._asked:
            self._asked.discard(signal.SIGUSR2)
            if not self._worker_wanted:
                self._worker_wanted = True
                self.worker.start()


def web_command(listener: int) -> list[str]:
    """Gunicorn on the open socket `listener` (a file descriptor)."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:opsi.webserver",
        "--bind",
        f"fd://{listener}",
        "opsi.wsgi",
    ]


def worker_command() -> list[str]:
    """One Celery worker with beat inside, enough for one machine."""
    # In a container everything is root's; that warning is for pickled messages, which are not accepted.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser privileges"]
    worker = [
        "-m",
        "celery",
        "--app",
        "opsi",
        "--quiet",
        "worker",
        "-B",
        "--pool",
        "threads",
        "--concurrency",
        "4",
    ]
    return [*python, *worker, "--without-gossip", "--without-mingle", "--without-heartbeat"]

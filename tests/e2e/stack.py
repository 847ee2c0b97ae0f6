"""Web, worker and beat as `bin/up` starts them, in a process tree of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.services import servers

PROJECT = Path(__file__).resolve().parents[2]
START_LIMIT = 180.0  # seconds; generous, for machines that do much else
STOP_LIMIT = 10.0
SILENCE_LIMIT = 30.0  # when `up` itself is killed nobody hurries its children
OURS = ("OPSI_", "DJANGO_", "ANYMAIL_", "DATABASE_URL", "CELERY_BROKER_URL", "WEB_CONCURRENCY")


class StackFailed(AssertionError):
    """The stack did not do what was waited for; the message ends with what it printed."""


class Stack:
    """One installation in `data_dir`. `settings` are further environment variables, such as OPSI_MAIL_URL.

    Its port is chosen at the first start and kept over restarts. Under `bin/test --services` it runs on PostgreSQL
    and, unless `settings` name another broker, on Redis.
    """

    def __init__(self, data_dir: Path, arguments: tuple[str, ...] = (), **settings: str):
        self.data_dir = data_dir
        self.arguments = arguments
        self.base_url = ""
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._redis = ""
        if os.environ.get("OPSI_TEST_SERVICES"):
            self.environment["DATABASE_URL"] = servers.new_database()
            # Of its own: the worker of another stack would take the wake-ups for work that it does not have.
            self._redis = "" if "CELERY_BROKER_URL" in settings else servers.take_redis()
            self.environment["CELERY_BROKER_URL"] = self._redis
        self.environment |= settings
        self._process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._news = threading.Condition()

    def start(self) -> None:
        """Start everything and return once pages answer and the worker listens."""
        port = self.base_url.rpartition(":")[2] or "0"
        command = [
            sys.executable,
            str(PROJECT / "manage.py"),
            "up",
            "--port",
            port,
            "--data",
            str(self.data_dir),
        ]
        self._lines.clear()
        self._process = subprocess.Popen(
            [*command, *self.arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._listen, args=[self._process], daemon=True)
        self._reader.start()
        self.base_url = self.wait_for_line("Ops I tickets runs at ").split()[-1].rstrip("/")
        self.wait_for_line(" ready.")

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End everything as Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self.wait_until_ended()

    def close(self) -> None:
        """End everything for good."""
        try:
            self.stop()
        finally:
            if self._redis:
                servers.free_redis(self._redis)
                self._redis = ""

    def kill(self) -> None:
        """End everything at once, as a power cut would."""
        if self._process is not None:
            for name in ("web", "worker"):
                os.killpg(self.pid(name), signal.SIGKILL)
            self._process.kill()
            self.wait_until_ended()

    def wait_until_ended(self) -> int:
        """The exit status of what was started, once it has ended by itself."""
        assert self._process is not None
        try:
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise StackFailed(f"Still running after {STOP_LIMIT} seconds.\n{self.output}") from None
        finally:
            self._process = None

    def wait_for_silence(self) -> None:
        """Return once every process that was started has ended: each holds the pipe that is read here."""
        self._reader.join(SILENCE_LIMIT)
        if self._reader.is_alive():
            raise StackFailed(f"Something still runs after {SILENCE_LIMIT} seconds.\n{self.output}")

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop_worker(self) -> None:
        """End worker and beat alone; pages go on."""
        self._signal_and_wait(signal.SIGUSR1, "The worker is stopped")

    def start_worker(self) -> None:
        self._signal_and_wait(signal.SIGUSR2, " ready.")

    def kill_worker(self) -> None:
        """Kill worker and beat without warning; what then remains stops by itself (see `wait_until_ended`)."""
        os.killpg(self.pid("worker"), signal.SIGKILL)

    def pid(self, name: str) -> int:
        """The process id of `up`, `web` or `worker`; web and worker lead process groups of that number."""
        return int((self.data_dir / "run" / f"{name}.pid").read_text())

    def url(self, path: str) -> str:
        return self.base_url + path

    @property
    def output(self) -> str:
        """Everything printed since the last start."""
        with self._news:
            return "".join(self._lines)

    def wait_for_line(self, text: str, after: int = 0, limit: float = START_LIMIT) -> str:
        """The first line, from number `after` on, that holds `text`, as soon as there is one. Raises StackFailed."""
        deadline = time.monotonic() + limit
        with self._news:
            while True:
                found = next((line for line in self._lines[after:] if text in line), None)
                if found is not None:
                    return found
                ended = self._process is None or self._process.poll() is not None
                if ended or not self._news.wait(deadline - time.monotonic()):
                    what = "ended before" if ended else f"did not say within {limit} seconds"
                    raise StackFailed(f"The stack {what} {text!r}:\n{''.join(self._lines)}")

    def _signal_and_wait(self, number: signal.Signals, answer: str) -> None:
        assert self._process is not None
        with self._news:
            so_far = len(self._lines)
        self._process.send_signal(number)
        self.wait_for_line(answer, after=so_far)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        process.wait()
        with self._news:
            self._news.notify_all()

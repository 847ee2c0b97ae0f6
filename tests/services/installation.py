"""An installation for tests of whole processes: a database of its own, workers and beat as in docs/operations.md."""

import os
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.mailbox import Mailbox
from tests.services import servers

PROJECT = Path(__file__).resolve().parents[2]
START_LIMIT = 60.0  # seconds


class Installation:
    """`broker` is its URL; what is started ends with `stack`."""

    def __init__(self, folder: Path, mailbox: Mailbox, broker: str, stack: ExitStack):
        self.stack = stack
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "opsi.settings",
            "DATABASE_URL": servers.new_database(),
            "CELERY_BROKER_URL": broker,
            "OPSI_SECRET_KEY": "for the processes of this test",
            "OPSI_DATA_DIR": str(folder),
            "OPSI_MAIL_URL": mailbox.url,
            "OPSI_WINDOW_SECONDS": "1",
        }

    def manage(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT, env=self.environment | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shell(self, code: str, **environment: str) -> list[str]:
        """The words of the last line that `code` prints."""
        lines = self.manage("shell", "--no-imports", "-c", code, **environment).splitlines()
        return lines[-1].split() if lines else []

    def start(self, ready: str, *arguments: str) -> None:
        self.stack.enter_context(
            running([sys.executable, "-m", "celery", "-A", "opsi", *arguments], self.environment, ready)
        )

    def start_workers(self, count: int = 1, *arguments: str) -> None:
        for _number in range(count):
            # Each a name of its own: RabbitMQ keeps a worker's queue locked for a moment after the worker ended.
            name = f"{uuid.uuid4().hex[:8]}@%h"
            options = arguments or ("--concurrency", "2")
            self.start(" ready.", "worker", "-n", name, "-l", "INFO", *options)

    def start_beat(self) -> None:
        schedule = f"{self.environment['OPSI_DATA_DIR']}/beat-{uuid.uuid4().hex[:8]}"
        self.start(" is starting.", "beat", "-l", "INFO", "-s", schedule)


@contextmanager
def running(command, environment, ready):
    """`command` as a process of its own, from the line that has `ready` in it until the end of the block."""
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    is_ready = threading.Event()

    def listen():
        for line in process.stdout:
            lines.append(line)
            if ready in line:
                is_ready.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        assert is_ready.wait(START_LIMIT), "".join(lines)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()

"""An installation for tests of whole processes: a database of its own, workers and beat as in docs/operations.md."""

import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from tests.e2e.mailbox import Mailbox, Received
from tests.services import servers

PROJECT = Path(__file__).resolve().parents[2]
START_LIMIT = 60.0  # seconds
BROKERS = {"redis": "OPSI_TEST_REDIS_URL", "rabbitmq": "OPSI_TEST_AMQP_URL"}

PREPARE = """
from opsi.models import User
from opsi.roles import AgentRole
from tickets.models import Queue, Ticket
from watchers.models import Watcher
queue = Queue.objects.create(name="Service desk"); queue.grant_shipped()
uma, aiko = (
    User.objects.create_user(
        login, "demo", full_name=login.title(), email=f"{login}@example.com", agent_role=AgentRole.USER)
    for login in ("uma", "aiko"))
from tickets.operations import operation
with operation(by=uma, quiet=True):
    ticket = Ticket.objects.register(by=uma, title="Gateway down", queue=queue, body="Nothing leaves.")
    Watcher.objects.watch(ticket, aiko, by=uma)
"""
NOTE = """
import time
from opsi.models import User
from tickets.models import Ticket
begun = time.monotonic()
for number in range({count}):
    Ticket.objects.get().note(f"{text} {{number}}", by=User.objects.get(username="uma"))
print(f"took {{time.monotonic() - begun}}")
"""
TOLD = """
from notifications.models import Mail, MailItem, Notice
from notifications.models import InboxRow
print(
    "told",
    Notice.objects.filter(person__username="aiko").count(),
    Notice.objects.exclude(person__username="aiko").count(),
    InboxRow.objects.get(person__username="aiko").unread_count,
    MailItem.objects.filter(state="sent").count(),
)
"""


def steps(mails: Iterable[Received]) -> list[int]:
    """The numbers of the notes that `mails` quote, as often as they do."""
    return [
        int(number) for mail in mails for number in re.findall(r"^Step (\d+)\r?$", mail.text, re.MULTILINE)
    ]


class Installation:
    """`broker` and `database` are URLs, "" what is in `folder`; what is started ends with `stack`.

    Without a `database` it gets a new one on PostgreSQL.
    """

    def __init__(
        self, folder: Path, mailbox: Mailbox, broker: str, stack: ExitStack, database: str | None = None
    ):
        self.stack = stack
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "opsi.settings",
            "DATABASE_URL": servers.new_database() if database is None else database,
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

    def celery(self, ready: str, *arguments: str) -> AbstractContextManager[list[str]]:
        """A process of its own for as long as the block runs. Gives the lines of its output, as they come."""
        return running([sys.executable, "-m", "celery", "-A", "opsi", *arguments], self.environment, ready)

    def start(self, ready: str, *arguments: str) -> None:
        self.stack.enter_context(self.celery(ready, *arguments))

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
        yield lines
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        # Shown where the test fails.
        print(f"{' '.join(command)}\n{''.join(lines)}")

"""django-helpdesk beside the product: installed for one run, measured in turn with its twins by a Python of its own."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measuring import Side

PROJECT = Path(__file__).resolve().parents[2]
PEER = "django-helpdesk"
# {what is measured of the peer: what of ours it is compared with}
TWINS = {
    "peer_fanout_1": "fanout_1",
    "peer_fanout_100": "fanout_100",
    "peer_fanout_1000": "fanout_1000",
    "peer_request_w0": "request_w0",
    "peer_event_to_last_mail_100": "event_to_last_mail_100",
    "peer_event_to_last_mail_1000": "event_to_last_mail_1000",
    "peer_zoom_10": "zoom_10",
    "peer_zoom_100": "zoom_100",
    "peer_zoom_100_w1000": "zoom_100_w1000",
}


class Unavailable(Exception):
    """The peer cannot be measured; the message is one sentence for whoever asked."""


@dataclass
class Job:
    """What the peer's process is told."""

    watchers: int
    database: dict[str, Any]
    mailer: dict[str, Any]
    title: str
    body: str


class Peer:
    """Measures `names` of it; installed and started when the first of them is due, gone with the block."""

    def __init__(self, names: list[str], watchers: int):
        self.names, self.watchers = names, watchers
        self.process: Process | None = None
        self.stack = ExitStack()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *problem: object) -> None:
        self.stack.close()

    def sides(self, twins: tuple[str, ...]) -> list[Side]:
        """Those whose twin is among these. Unavailable."""
        names = [name for name in self.names if TWINS[name] in twins]
        if names and self.process is None:
            self.process = self.stack.enter_context(Process(self._installed(), self._job()))
            release = self.process.listen()
            print(f"{PEER} {release['release']} on Django {release['django']}", file=sys.stderr)
        return [PeerSide(name, self.process, TWINS[name]) for name in names]

    def _installed(self):
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="opsi-peer-")))
        return install(self.folder / "venv", _requirements())

    def _job(self):
        from bench.world import BODY, TITLE

        return Job(self.watchers, _database(self.folder), mailer(), TITLE, BODY)


def mailer() -> dict:
    """Our mail server, by Django's own SMTP backend: of ours nothing is installed where the peer is."""
    from django.conf import settings

    return settings.MAILERS["opsi"] | {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}


class PeerSide(Side):
    """One thing that the peer's process does and times when asked to."""

    def __init__(self, name: str, process: "Process", bare: str):
        super().__init__(name, act=self.once, bare=bare)
        self.process = process

    def once(self) -> float:
        return self.process.ask(self.name, "seconds")

    def statements(self) -> int:
        return self.process.ask(self.name, "statements")


class Process:
    """The peer's own; `with` starts and ends it."""

    def __init__(self, python: Path, job: Job):
        self.command = [python, "-m", "bench.peer.helpdesk_measures"]
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bench.peer.settings",
            "PEER_JOB": json.dumps(vars(job)),
        }

    def __enter__(self) -> "Process":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(self.command, env=self.environment, cwd=PROJECT, **pipes)
        return self

    def __exit__(self, *problem: object) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, name: str, what: str) -> Any:
        with suppress(BrokenPipeError):  # it is gone, and listening tells so
            print(json.dumps([name, what]), file=self.process.stdin, flush=True)
        return self.listen()

    def listen(self) -> Any:
        """The next thing it says. Unavailable where it has ended."""
        if line := self.process.stdout.readline():
            return json.loads(line)
        raise Unavailable(
            f"{PEER} could not be measured to the end (see the lines above): look whether its newest release "
            "still does what bench/peer asks of it, or leave --peer out."
        )


def chosen(asked: list[str] | None) -> tuple[list[str] | None, list[str]]:
    """What to measure of ours and of the peer where `asked` for these alone; a twin comes along either way."""
    if asked is None:
        return None, list(TWINS)
    ours = [TWINS.get(name, name) for name in asked]
    return ours, [name for name, twin in TWINS.items() if name in asked or twin in asked]


def install(venv: Path, requirements: list[str]) -> Path:
    """The Python of a new `venv` that has what is required. Unavailable."""
    print(f"Installing {PEER} …", file=sys.stderr)
    command = [PROJECT / "bench/peer/install", venv, sys.executable, *requirements]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise Unavailable(
            f"{PEER} could not be installed (see the lines above): see to it that the package index can be "
            "reached and start again, or leave --peer out."
        )
    return venv / "bin/python"


def _requirements():
    """On the product's own Django, so that this makes no difference."""
    import django
    from django.db import connection

    major, minor, *_rest = django.VERSION
    driver = ["psycopg[binary]"] if connection.vendor == "postgresql" else []
    return [f"{PEER}>=2.6", f"django~={major}.{minor}.0", *driver]


def _database(folder):
    """A new one where the product has its own, and with its options."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        return database | {"NAME": str(folder / "peer.sqlite3")}
    from tests.services import servers

    return database | {"NAME": servers.new_database().rpartition("/")[2]}

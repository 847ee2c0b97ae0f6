"""`manage.py up`: everything one machine needs, from nothing to a page that answers (docs/operations.md)."""

import fcntl
import multiprocessing
import os
import signal
import socket
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, NotSupportedError, connection, transaction
from django.db.models import QuerySet

from opsi import embedded, static_files
from opsi.environment import is_loopback
from opsi.models import User
from opsi.supervisor import Child, ChildEnded, Supervisor, web_command, worker_command

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (every address, and one that reaches it)
START_LIMIT = 60  # seconds until the pages must answer
DEMO_PASSWORD = "demo"  # noqa: S105
DEMO_PEOPLE = {
    "ada": "itsm_admin (reaches /admin/)",
    "mika": "itsm_manager",
    "uma": "itsm_user",
    "aiko": "itsm_user, in Japanese",
    "vera": "itsm_viewer",
    "carl": "Customer Manager of Acme",
    "cora": "Customer User of Acme",
    "bo": "Customer User of Borealis",
    "ray": "requester",
}


class Command(BaseCommand):
    help = (
        "Migrates, loads the demo data into an empty database, and runs web, worker and beat until stopped."
    )
    requires_system_checks: list[str] = []
    _not_ready_because = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="0 takes any free one (default: 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument(
            "--data", type=Path, metavar="DIR", default=embedded.DATA_DIR, help="default: var/"
        )
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # until children run, Ctrl-C needs no care and no traceback
        run_dir = settings.OPSI_DATA_DIR / "run"
        run_dir.mkdir(exist_ok=True)
        lock = self._lock(run_dir / "up.pid")
        listener = self._listen(options["host"], options["port"])
        self._announce(listener, options["host"])
        # Beside the database's preparation: a first start is to answer soon. Forked while there is nothing to share.
        collecting = multiprocessing.get_context("fork").Process(target=static_files.collect)
        collecting.start()
        self._prepare_database(load_demo=not options["no_demo"])
        collecting.join()
        if collecting.exitcode:
            raise CommandError("The static files could not be collected; see the lines above.")

        web = Child("web", web_command(listener.fileno()), run_dir, pass_fds=[listener.fileno()])
        supervisor = Supervisor(web, Child("worker", worker_command(), run_dir))
        give_up = time.monotonic() + START_LIMIT
        try:
            with supervisor.running():
                if supervisor.watch(lambda: self._ready(listener) or time.monotonic() > give_up):
                    if self._not_ready_because:
                        raise CommandError(
                            f"Not ready within {START_LIMIT} seconds: {self._not_ready_because}"
                        )
                    self._greet()
                    supervisor.watch(lambda: False)
                self.stderr.write("Stopping …")
        except ChildEnded as error:
            raise CommandError(str(error)) from error
        finally:
            lock.close()
        self._leave_at_once()

    def _leave_at_once(self) -> None:
        # Nothing is left to tidy up, and on a busy machine Python would take seconds to take itself apart.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def _lock(self, file: Path) -> Any:
        """Hold `file` for as long as this process lives, its id inside."""
        lock = file.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip()
            message = f"The data dir {settings.OPSI_DATA_DIR} is in use by another bin/up (process {other})."
            raise CommandError(message) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return lock

    def _listen(self, host: str, port: int) -> socket.socket:
        # Opened here and handed to the web server, so that nobody takes the port in between.
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((host, port), family=family, backlog=1024)
        except (OSError, OverflowError) as error:
            if isinstance(error, socket.gaierror):
                reason = error.strerror
            else:
                reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "not a port number"
            message = f"Cannot listen on {host}:{port} ({reason}): choose another with --port."
            raise CommandError(message) from error

    def _announce(self, listener: socket.socket, host: str) -> None:
        """Tell the children where they are reached, unless the environment says so already."""
        port = listener.getsockname()[1]
        anywhere = host in ANYWHERE
        name = "localhost" if is_loopback(host) else socket.gethostname() if anywhere else host
        if not os.environ.get("OPSI_BASE_URL"):
            os.environ["OPSI_BASE_URL"] = settings.OPSI_BASE_URL = f"http://{name}:{port}"
        if not os.environ.get("OPSI_ALLOWED_HOSTS"):
            settings.ALLOWED_HOSTS = sorted({*settings.ALLOWED_HOSTS, name} | (set() if anywhere else {host}))
            os.environ["OPSI_ALLOWED_HOSTS"] = ",".join(settings.ALLOWED_HOSTS)
        # Set to nothing it is unset to us, and an error to gunicorn.
        os.environ["WEB_CONCURRENCY"] = str(settings.OPSI_WEB_PROCESSES)
        if is_loopback(host):
            # A trial that nobody else reaches: its mail server may be one beside it, on whatever port.
            for name, value in (("OPSI_MAIL_SERVER_PRIVATE", "on"), ("OPSI_MAIL_SERVER_PORTS", "any")):
                if not os.environ.get(name):
                    os.environ[name] = value

    def _prepare_database(self, load_demo: bool) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
            empty = not self._people().exists()
        except NotSupportedError as error:
            raise CommandError(f"The database is too old: {error}.") from error
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"The database that DATABASE_URL names cannot be used: {reason}.") from error
        if empty and load_demo and "demo" in get_commands():
            self.stdout.write("Loading the demo data …")
            with transaction.atomic():  # stopped half-way, the next start finds an empty database again
                call_command("demo", verbosity=0, skip_checks=True)
        connection.close()

    def _people(self) -> QuerySet[User]:
        return User.objects.filter(is_system=False)

    def _ready(self, listener: socket.socket) -> bool:
        host, port = listener.getsockname()[:2]
        http = HTTPConnection(ANYWHERE.get(host, host), port, timeout=2)
        name = next(
            (name for name in settings.ALLOWED_HOSTS if name != "*" and not name.startswith(".")), host
        )
        try:
            http.request("GET", "/readyz", headers={"Host": name})
            status = http.getresponse().status
            self._not_ready_because = (
                "" if status == 200 else f"/readyz answers {status}; see the lines above."
            )
        except (OSError, HTTPException) as error:
            self._not_ready_because = f"the web server does not answer ({error}); see the lines above."
        finally:
            http.close()
        return not self._not_ready_because

    def _greet(self) -> None:
        say = self.stdout.write
        say(f"\nOps I tickets runs at {settings.OPSI_BASE_URL}/\n")
        people = self._people().filter(username__in=DEMO_PEOPLE, email__endswith="@example.com")
        found = set(people.values_list("username", flat=True))
        if found:
            say(f"Sign in with the password {DEMO_PASSWORD!r} as")
            for login in (login for login in DEMO_PEOPLE if login in found):
                say(f"  {login:<6} {DEMO_PEOPLE[login]}")
        elif not self._people().exists():
            say("Nobody can sign in yet. Make the first administrator with")
            say(f"  OPSI_DATA_DIR={settings.OPSI_DATA_DIR} bin/manage createsuperuser")
        if settings.OPSI_MAIL_REACHES_NOBODY:
            say(f"Mail reaches nobody: it is kept in {settings.OPSI_DATA_DIR / 'mail'}")
        say("Stop with Ctrl-C.\n")
        connection.close()
        sys.stdout.flush()

"""`manage.py doctor`: each thing that can be wrong is named with what to do, and none hides the others."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from notifications.models import MailServer
from opsi import doctor
from opsi.doctor import Asked, Verdict, bad, database, ok, settings, surroundings, warning
from opsi.doctor.checks import register
from tests.smtp import dead_port

PROJECT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-fifty-characters-and-more-that-nobody-guesses"
PARTS = [
    "version", "settings", "secret key", "addresses", "pages", "disk", "static files", "database", "migrations",
    "clock", "saved secrets", "administrators", "broker", "queues",
    "mail route", "mail server", "test mail", "worker's clock", "worker",
    "events", "mail",
]  # fmt: skip


def said(check, **asked):
    return list(check(Asked(**asked)))


@contextmanager
def answering(status):
    """The address of a web server that answers `status` to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class TestTheCommand:
    def test_everything_away_is_a_line_each_and_no_traceback(self, tmp_path):
        dead = f"127.0.0.1:{dead_port()}"
        variables = {
            "OPSI_SECRET_KEY": "none",
            "OPSI_DATA_DIR": str(tmp_path),
            "OPSI_MAIL_URL": f"smtp://{dead}",
            "OPSI_BASE_URL": f"http://{dead}",
            "OPSI_BASEURL": "https://tickets.example.com",
            "DATABASE_URL": f"postgresql://opsi:hidden@{dead}/opsi",
            "CELERY_BROKER_URL": f"amqp://opsi:hidden@{dead}//",
        }
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("OPSI_", "DJANGO_"))
        }
        done = subprocess.run(
            [sys.executable, PROJECT / "manage.py", "doctor", "--mail-to", "ops@example.com"],
            env=clean | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert "hidden" not in done.stdout + done.stderr
        *told, empty, summary = done.stdout.splitlines()
        lines = {line[9:24].strip(): line for line in told}
        assert [*lines] == PARTS
        bad_ones = {part for part, line in lines.items() if line.startswith("bad ")}
        assert bad_ones == {
            "secret key", "static files", "database", "broker", "mail route", "test mail"
        }  # fmt: skip
        assert "OPSI_BASEURL is set, and is no setting: did you mean OPSI_BASE_URL?" in lines["settings"]
        assert "start it, make it, or correct DATABASE_URL" in lines["database"]
        assert "(nothing listens there): start the broker" in lines["broker"]
        assert "OPSI_MAIL_URL" in lines["test mail"]
        assert "Not looked at" in lines["worker"]
        assert (empty, summary) == ("", "6 bad, 13 to think about.")

    @pytest.mark.django_db
    def test_as_json(self, capsys):
        with pytest.raises(SystemExit) as ended:
            call_command("doctor", "--json")
        told = json.loads(capsys.readouterr().out)
        assert ended.value.code == 1
        assert told["well"] is False
        assert list(dict.fromkeys(one["part"] for one in told["findings"])) == PARTS
        assert {one["verdict"] for one in told["findings"]} <= {"ok", "warning", "bad"}
        assert all(one["words"] for one in told["findings"])

    def test_where_nothing_is_bad_its_status_is_0(self, monkeypatch, capsys):
        monkeypatch.setattr(doctor, "_checks", {})
        monkeypatch.setattr(doctor.health, "_parts", {})
        doctor.register("this", lambda asked: [ok("Well."), warning("Less well.")])
        call_command("doctor")
        assert capsys.readouterr().out == (
            "ok       this            Well.\nwarning  this            Less well.\n\n0 bad, 1 to think about.\n"
        )

    def test_a_test_mail_goes_to_an_address(self):
        with pytest.raises(CommandError, match="must be a mail address"):
            call_command("doctor", "--mail-to", "everybody")


class TestWhatAllHaveInCommon:
    @pytest.fixture(autouse=True)
    def _no_others(self, monkeypatch):
        monkeypatch.setattr(doctor, "_checks", {})
        monkeypatch.setattr(doctor.health, "_parts", {})

    def test_one_that_hangs_or_fails_keeps_no_other_from_its_say(self):
        stuck = threading.Event()

        def hang(asked):
            yield ok("So far.")
            stuck.wait(20)

        doctor.register("stuck", hang)
        doctor.register("broken", lambda asked: 1 / 0)
        doctor.register("well", lambda asked: [ok("Well.")])
        began = time.monotonic()
        found = list(doctor.examine(Asked(), limit=0.3))
        stuck.set()
        assert time.monotonic() - began < 5
        assert [(one.part, one.verdict) for one in found] == [
            ("stuck", "ok"),
            ("stuck", "bad"),
            ("broken", "bad"),
            ("well", "ok"),
        ]
        assert "division by zero" in found[2].words

    def test_without_tables_nothing_reads_them(self):
        doctor.register("database", lambda asked: [bad("Away.")])
        doctor.register("reading", lambda asked: 1 / 0, reads_tables=True)
        doctor.health.tell_of("worker", lambda: 1 / 0)
        found = list(doctor.examine(Asked()))
        assert [one.verdict for one in found] == ["bad", "warning", "warning"]
        assert found[1].words.startswith("Not looked at")

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            ("ok", ok("All is well.")),
            ("ok (2 waiting)", ok("2 waiting.")),
            ("late (see there)", bad("Late (see there).")),
        ],
    )
    def test_what_readyz_says_of_its_parts_is_said_too(self, state, expected):
        doctor.health.tell_of("mail", lambda: state)
        [found] = doctor.examine(Asked())
        assert found == ("mail", *expected)

    def test_the_platform_registers_its_own(self):
        register()
        assert [*doctor._checks] == PARTS[: PARTS.index("mail route")]


class TestSettings:
    def test_a_misspelt_variable_is_named(self, monkeypatch):
        monkeypatch.setenv("OPSI_MAILURL", "file:")
        [found] = said(settings.variables)
        assert found == warning("OPSI_MAILURL is set, and is no setting: did you mean OPSI_MAIL_URL?")

    def test_debug_is_named(self, settings):
        settings.DEBUG = True
        assert [one.verdict for one in said(doctor.settings.variables)] == ["warning"]

    @pytest.mark.parametrize(
        ("key", "former", "verdicts"),
        [
            (KEY, [], ["ok"]),
            (KEY, [KEY[::-1]], ["ok"]),
            (KEY, ["none"], ["ok", "warning"]),
            (KEY[:30], [], ["warning"]),
            ("none", [], ["bad"]),
            ("ab" * 40, [], ["bad"]),
        ],
    )
    def test_a_key_that_can_be_guessed(self, settings, key, former, verdicts):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, former
        found = said(doctor.settings.secret_key)
        assert [one.verdict for one in found] == verdicts
        assert key not in "".join(one.words for one in found)

    @pytest.mark.parametrize(
        ("changed", "verdict", "words"),
        [
            ({}, "ok", "https://tickets.example.com/"),
            ({"ALLOWED_HOSTS": ["desk.example.com"]}, "bad", "add it to OPSI_ALLOWED_HOSTS"),
            ({"ALLOWED_HOSTS": [".example.com"]}, "ok", "https://tickets.example.com/"),
            ({"ALLOWED_HOSTS": ["*"]}, "warning", "name those people use"),
            ({"OPSI_TRUSTED_PROXIES": 0}, "warning", "OPSI_TRUSTED_PROXIES is 0"),
            ({"OPSI_BASE_URL": "http://tickets.example.com"}, "warning", "unencrypted"),
            ({"OPSI_BASE_URL": "http://[fd00::1]:8000", "ALLOWED_HOSTS": ["[fd00::1]"]}, "warning", "unencrypted"),
            ({"OPSI_BASE_URL": "http://[::1]:8000", "ALLOWED_HOSTS": ["[::1]"]}, "warning", "set OPSI_BASE_URL"),
        ],
    )  # fmt: skip
    def test_addresses_that_do_not_go_together(self, settings, changed, verdict, words):
        settings.OPSI_BASE_URL = "https://tickets.example.com"
        settings.ALLOWED_HOSTS = ["tickets.example.com"]
        settings.OPSI_TRUSTED_PROXIES, settings.OPSI_MAIL_REACHES_NOBODY = 1, False
        for name, value in changed.items():
            setattr(settings, name, value)
        [found] = said(doctor.settings.addresses)
        assert (found.verdict, words in found.words) == (verdict, True), found

    @pytest.mark.parametrize(
        ("status", "verdict", "words"),
        [(200, "ok", "answers"), (400, "bad", "OPSI_ALLOWED_HOSTS"), (404, "bad", "is it this program")],
    )
    def test_pages_that_another_answers(self, settings, status, verdict, words):
        with answering(status) as settings.OPSI_BASE_URL:
            [found] = said(doctor.settings.pages)
        assert (found.verdict, words in found.words) == (verdict, True), found

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_pages_that_nobody_answers(self, settings, monkeypatch, scheme):
        settings.OPSI_BASE_URL = f"{scheme}://127.0.0.1:{dead_port()}"
        assert "(nothing listens there)" in said(doctor.settings.pages)[0].words
        monkeypatch.setattr(doctor.settings, "PATIENCE", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as mute:
            settings.OPSI_BASE_URL = f"{scheme}://127.0.0.1:{mute.getsockname()[1]}"
            [found] = said(doctor.settings.pages)
        assert found.verdict == Verdict.WARNING
        assert "(it does not answer in time)" in found.words


@pytest.mark.django_db
class TestDatabase:
    def test_well(self):
        [found] = said(database.database)
        assert found.verdict == Verdict.OK
        assert said(database.migrations) == [ok("None is waiting.")]
        assert [one.verdict for one in said(database.clock)] == ["ok"]

    def test_too_old(self, monkeypatch):
        monkeypatch.setattr(type(connection.features), "minimum_database_version", (99,))
        [found] = said(database.database)
        assert found.verdict == Verdict.BAD
        assert "too old" in found.words
        assert "99 or later is required" in found.words

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="about a file")
    def test_no_database(self, tmp_path, monkeypatch):
        file = tmp_path / "opsi.sqlite3"
        monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
        assert said(database.database) == [bad(f"There is no database yet in {file}: run manage.py migrate.")]
        assert not file.exists()
        file.write_text("Dear diary, " * 1_000)
        [found] = said(database.database)
        assert (found.verdict, "file is not a database" in found.words) == (Verdict.BAD, True)

    def test_migrations_that_wait(self):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications' AND name LIKE '0014%%'")
            cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications' AND name LIKE '0013%%'")
        [found] = said(database.migrations)
        assert (found.verdict, "run manage.py migrate" in found.words) == (Verdict.BAD, True)

    def test_a_database_of_newer_code(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('tickets', '9999_later', CURRENT_TIMESTAMP), ('gone', '0001_app', CURRENT_TIMESTAMP)"
            )
        [found] = said(database.migrations)
        assert (found.verdict, "newer code (tickets.9999_later)" in found.words) == (Verdict.BAD, True)

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="two clocks")
    @pytest.mark.parametrize(("seconds", "verdict"), [(-10, "warning"), (300, "bad")])
    def test_clocks_apart(self, seconds, verdict):
        with time_machine.travel(time.time() + seconds):
            [found] = said(database.clock)
        assert found.verdict == verdict
        # Less what the question was under way, which it counts as half of it.
        assert abs(float(re.search(r"are ([\d.]+) s", found.words)[1]) - abs(seconds)) < 1, found

    def test_secrets_that_no_key_reads(self, settings):
        assert said(database.saved_secrets) == [ok("None is saved.")]
        server = MailServer.load()
        server.secret = "sesame"
        server.save()
        assert said(database.saved_secrets) == [ok("1 can be read.")]
        former, settings.SECRET_KEY = settings.SECRET_KEY, KEY
        [found] = said(database.saved_secrets)
        assert (found.verdict, "OPSI_SECRET_KEY_FALLBACKS" in found.words) == (Verdict.BAD, True)
        settings.SECRET_KEY_FALLBACKS = [former]
        [found] = said(database.saved_secrets)
        assert (found.verdict, "run manage.py rotate_secrets" in found.words) == (Verdict.WARNING, True)

    def test_nobody_who_reaches_the_admin(self, uma):
        [found] = said(database.administrators)
        assert (found.verdict, "createsuperuser" in found.words) == (Verdict.WARNING, True)

    def test_an_administrator(self, ada):
        assert said(database.administrators) == [ok("1 can sign in.")]


class TestSurroundings:
    @pytest.fixture(autouse=True)
    def _data(self, settings, tmp_path):
        settings.OPSI_DATA_DIR = tmp_path
        settings.MEDIA_ROOT = tmp_path / "media"
        settings.STATIC_ROOT = tmp_path / "static"

    def test_room_to_write(self, monkeypatch):
        monkeypatch.setattr(surroundings, "LITTLE", 0)
        assert [one.verdict for one in said(surroundings.disk)] == ["ok"]

    @pytest.mark.parametrize(("limit", "verdict"), [("LITTLE", "warning"), ("TOO_LITTLE", "bad")])
    def test_little_room(self, monkeypatch, limit, verdict):
        monkeypatch.setattr(surroundings, "LITTLE", 2**62)
        monkeypatch.setattr(surroundings, limit, 2**62)
        found = said(surroundings.disk)
        assert {one.verdict for one in found} == {verdict}
        assert "MiB are free" in found[0].words

    def test_a_folder_that_takes_no_file(self, settings):
        settings.MEDIA_ROOT = "/proc"
        found = said(surroundings.disk)
        assert found[0].verdict == Verdict.BAD
        assert found[0].words.startswith("/proc cannot be written to (")

    def test_a_key_that_others_read(self, tmp_path, monkeypatch):
        monkeypatch.setattr(surroundings, "LITTLE", 0)
        (tmp_path / "secret_key").write_text(KEY)
        (tmp_path / "secret_key").chmod(0o640)
        assert said(surroundings.disk) == [
            warning(f"Others on this machine may read {tmp_path / 'secret_key'}: chmod 600 it.")
        ]

    def test_static_files(self, tmp_path, settings):
        [found] = said(surroundings.static_files)
        assert (found.verdict, "run manage.py collectstatic" in found.words) == (Verdict.BAD, True)
        call_command("collectstatic", interactive=False, verbosity=0)
        assert [one.verdict for one in said(surroundings.static_files)] == ["ok"]
        (tmp_path / "static" / "img" / "icon.svg").write_text("<svg/>")
        [found] = said(surroundings.static_files)
        assert (found.verdict, "such as img/icon.svg" in found.words) == (Verdict.BAD, True)
        settings.DEBUG = True
        assert [one.verdict for one in said(surroundings.static_files)] == ["ok"]

    def test_a_queue_of_files(self, broker_at):
        broker_at("")
        assert said(surroundings.broker) == [ok("A folder of files.")]
        assert said(surroundings.queues) == [ok("One worker reads them all.")]

    @pytest.mark.parametrize("scheme", ["redis", "amqp"])
    def test_no_broker(self, broker_at, scheme):
        broker_at(f"{scheme}://opsi:hidden@127.0.0.1:{dead_port()}/0")
        [found] = said(surroundings.broker)
        assert found.verdict == Verdict.BAD
        assert "(nothing listens there): start the broker, or correct CELERY_BROKER_URL" in found.words
        assert "hidden" not in found.words
        assert said(surroundings.queues) == [warning("Nobody was asked, since the broker cannot be used.")]

    @pytest.mark.parametrize("scheme", ["redis", "amqp"])
    def test_a_broker_that_says_nothing(self, broker_at, scheme):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            broker_at(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/0")
            began = time.monotonic()
            [found] = said(surroundings.broker)
            assert [one.verdict for one in said(surroundings.queues)] == ["warning"]
        assert found.verdict == Verdict.BAD
        assert "does not answer in time" in found.words
        assert time.monotonic() - began < 5

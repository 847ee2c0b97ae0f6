"""Each wrong value stops the start with one sentence; each right one becomes the setting it should."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from opsi.environment import Environment
from opsi.variables import BadSetting

PROJECT = Path(__file__).resolve().parents[2]


def test_required_setting_says_what_it_is_for():
    with pytest.raises(
        BadSetting, match=r"^OPSI_MAIL_URL is not set: say how mail leaves: smtp://host:25.*\.$"
    ):
        Environment({}).mailer("OPSI_MAIL_URL", Path("mail"))


def test_empty_counts_as_unset():
    assert Environment({"OPSI_DEBUG": ""}).flag("OPSI_DEBUG") is False


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("True", True), ("no", False), ("off", False)])
def test_flag(value, expected):
    assert Environment({"OPSI_DEBUG": value}).flag("OPSI_DEBUG") is expected


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadSetting, match=r"OPSI_DATA_DIR is .*taken.*cannot be made a folder"):
        Environment({"OPSI_DATA_DIR": str(tmp_path / "taken")}).folder("OPSI_DATA_DIR", tmp_path)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://mail.example.com", {"host": "mail.example.com", "port": 25}),
        ("smtps://mail.example.com", {"host": "mail.example.com", "port": 465, "use_ssl": True}),
        (
            "smtp+tls://o%40x:p%2Fw@mail.example.com:2525",
            {"host": "mail.example.com", "port": 2525, "use_tls": True, "username": "o@x", "password": "p/w"},
        ),
    ],
)
def test_smtp_route(url, options):
    mailer = Environment({"OPSI_MAIL_URL": url}).mailer("OPSI_MAIL_URL", Path())
    assert mailer["BACKEND"] == "opsi.smtp.EmailBackend"
    assert mailer["OPTIONS"] == {"timeout": 20, **options}


def test_anymail_route_takes_its_variables():
    env = Environment({"OPSI_MAIL_URL": "anymail:postmark", "ANYMAIL_POSTMARK_SERVER_TOKEN": "t"})
    assert env.mailer("OPSI_MAIL_URL", Path()) == {"BACKEND": "anymail.backends.postmark.EmailBackend"}
    assert env.anymail_options() == {"POSTMARK_SERVER_TOKEN": "t"}


def test_while_a_webhook_secret_changes_both_hold():
    env = Environment({"ANYMAIL_WEBHOOK_SECRET": "opsi:new, opsi:old"})
    assert env.anymail_options() == {"WEBHOOK_SECRET": ["opsi:new", "opsi:old"]}


def test_postgresql_database():
    config = Environment({"DATABASE_URL": "postgresql://o:p%40@db:5433/desk"}).database(
        "DATABASE_URL", Path()
    )
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["USER"], config["PASSWORD"], config["HOST"], config["PORT"]) == ("o", "p@", "db", 5433)
    assert config["NAME"] == "desk"


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        ("", {"CONN_MAX_AGE": 60}),
        ("8", {"CONN_MAX_AGE": 0}),
        ("external", {"CONN_MAX_AGE": 60, "DISABLE_SERVER_SIDE_CURSORS": True}),
    ],
)
def test_how_a_process_holds_its_connections(pool, expected):
    variables = {"DATABASE_URL": "postgresql://o@db/desk", "OPSI_DATABASE_POOL": pool}
    config = Environment(variables).database("DATABASE_URL", Path("unused.sqlite3"))
    assert expected.items() <= config.items()
    assert config["CONN_HEALTH_CHECKS"] is True
    assert config["OPTIONS"].get("pool") == (
        {"min_size": 1, "max_size": 8, "timeout": 10} if pool == "8" else None
    )


@pytest.mark.parametrize("pool", ["", "8", "external"])
def test_nobody_waits_for_ever_for_a_database(pool):
    variables = {"DATABASE_URL": "postgresql://o@db/desk?sslmode=require", "OPSI_DATABASE_POOL": pool}
    options = Environment(variables).database("DATABASE_URL", Path("unused.sqlite3"))["OPTIONS"]
    assert (options["connect_timeout"], options["sslmode"]) == (5, "require")
    # PgBouncer refuses a client that asks for limits of its own.
    assert ("lock_timeout=20s" in options.get("options", "")) is (pool != "external")


def test_sqlite_database_in_a_folder_with_a_blank(tmp_path):
    (tmp_path / "my data").mkdir()
    config = Environment({}).database("DATABASE_URL", tmp_path / "my data" / "opsi.sqlite3")
    assert config["NAME"] == str(tmp_path / "my data" / "opsi.sqlite3")
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "OPSI_SECRET_KEY is not set: give every process the same long random text.\n"),
        (
            {"OPSI_SECRET_KEY": "x", "OPSI_MAIL_URL": "file:", "OPSI_WINDOW_SECONDS": "soon"},
            "OPSI_WINDOW_SECONDS is 'soon', but must be a whole number from 0 to 86400.\n",
        ),
    ],
)
def test_any_command_stops_with_nothing_but_the_sentence(variables, sentence, tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPSI_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, PROJECT / "manage.py", "check"],
        env={**clean, "OPSI_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == sentence
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", frozenset()), ("26", {26}), ("26, 1025", {26, 1025}), ("any", None)],
)
def test_ports(value, expected):
    name = "OPSI_MAIL_SERVER_PORTS"
    assert Environment({name: value}).ports(name) == expected

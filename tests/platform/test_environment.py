"""Each wrong value stops the start with one sentence; each right one becomes the setting it should."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from opsi.environment import BadSetting, Environment

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


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (Environment.flag, "maybe"),
        (Environment.ports, "25,smtp"),
        (Environment.token, "short"),
        (Environment.token, "a token with ümlauts in it"),
        (Environment.ports, "0"),
        (Environment.ports, "65536"),
        (Environment.ports, "9999999"),
        (Environment.whole_number, "-1"),
        (Environment.whole_number, "1.5"),
        (Environment.whole_number, "٣"),
        (lambda env, name: env.choice(name, ("console", "json")), "xml"),
        (lambda env, name: env.base_url(name, ""), "tickets.example.com"),
        (lambda env, name: env.base_url(name, ""), "https://tickets.example.com/desk"),
        (lambda env, name: env.base_url(name, ""), "http://host:port"),
        (lambda env, name: env.mailbox(name, ""), "nobody"),
        (lambda env, name: env.mailbox(name, ""), "a@example.com, b@example.com"),
        (lambda env, name: env.mailbox(name, ""), "Ops I <ops@>"),
        (lambda env, name: env.mailbox(name, ""), "Ops I\nBcc: x@example.com <ops@example.com>"),
        (lambda env, name: env.database(name, Path()), "mysql://host/name"),
        (lambda env, name: env.database(name, Path()), "postgresql://host"),
        (lambda env, name: env.database(name, Path()), "opsi.sqlite3"),
        (lambda env, name: env.broker(name, Path()), "sqs://"),
        (lambda env, name: env.broker(name, Path()), "redis://"),
        (lambda env, name: env.broker(name, Path()), "redis://host:many"),
        (lambda env, name: env.mailer(name, Path()), "smtp:"),
        (lambda env, name: env.mailer(name, Path()), "http://host"),
        (lambda env, name: env.mailer(name, Path()), "anymail:pigeon"),
        (lambda env, name: env.mailer(name, Path()), "anymail:"),
        (lambda env, name: env.mailer(name, Path()), "anymail:../base"),
    ],
)
def test_bad_value_is_one_sentence_naming_its_variable(read, value):
    with pytest.raises(BadSetting) as caught:
        read(Environment({"OPSI_X": value}), "OPSI_X")
    sentence = str(caught.value)
    assert sentence.startswith("OPSI_X ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadSetting, match=r"OPSI_DATA_DIR is .*taken.*cannot be made a folder"):
        Environment({"OPSI_DATA_DIR": str(tmp_path / "taken")}).folder("OPSI_DATA_DIR", tmp_path)


@pytest.mark.parametrize(
    "url", ["smtpx://uma:hidden@mail.example.com", "ftp://uma:hidden@host/", "smtp://uma:hidden@:x"]
)
def test_passwords_are_not_repeated(url):
    with pytest.raises(BadSetting) as caught:
        Environment({"OPSI_MAIL_URL": url}).mailer("OPSI_MAIL_URL", Path())
    assert "hidden" not in str(caught.value)


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
    assert mailer["BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert mailer["OPTIONS"] == {"timeout": 20, **options}


def test_anymail_route_takes_its_variables():
    env = Environment({"OPSI_MAIL_URL": "anymail:postmark", "ANYMAIL_POSTMARK_SERVER_TOKEN": "t"})
    assert env.mailer("OPSI_MAIL_URL", Path()) == {"BACKEND": "anymail.backends.postmark.EmailBackend"}
    assert env.anymail_options() == {"POSTMARK_SERVER_TOKEN": "t"}


def test_while_a_webhook_secret_changes_both_hold():
    env = Environment({"ANYMAIL_WEBHOOK_SECRET": "opsi:new, opsi:old"})
    assert env.anymail_options() == {"WEBHOOK_SECRET": ["opsi:new", "opsi:old"]}


@pytest.mark.parametrize("secret", ["short", "user:", ":password", "opsi:new,old"])
def test_a_secret_that_reports_cannot_be_signed_with(secret):
    with pytest.raises(BadSetting, match=r"ANYMAIL_WEBHOOK_SECRET must look like user:password"):
        Environment({"ANYMAIL_WEBHOOK_SECRET": secret}).anymail_options()


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
    config = Environment(variables).database("DATABASE_URL", Path("unused"))
    assert expected.items() <= config.items()
    assert config["CONN_HEALTH_CHECKS"] is True
    assert config["OPTIONS"].get("pool") == (
        {"min_size": 1, "max_size": 8, "timeout": 10} if pool == "8" else None
    )


@pytest.mark.parametrize("pool", ["", "8", "external"])
def test_nobody_waits_for_ever_for_a_database(pool):
    variables = {"DATABASE_URL": "postgresql://o@db/desk?sslmode=require", "OPSI_DATABASE_POOL": pool}
    options = Environment(variables).database("DATABASE_URL", Path("unused"))["OPTIONS"]
    assert (options["connect_timeout"], options["sslmode"]) == (5, "require")
    # PgBouncer refuses a client that asks for limits of its own.
    assert ("lock_timeout=20s" in options.get("options", "")) is (pool != "external")


@pytest.mark.parametrize("pool", ["0", "-1", "many", "1001", "٣"])
def test_a_pool_that_cannot_be_is_refused(pool):
    variables = {"DATABASE_URL": "postgresql://o@db/desk", "OPSI_DATABASE_POOL": pool}
    with pytest.raises(BadSetting, match=r"^OPSI_DATABASE_POOL is .* how many connections"):
        Environment(variables).database("DATABASE_URL", Path("unused"))


def test_sqlite_database_in_a_folder_with_a_blank(tmp_path):
    config = Environment({}).database("DATABASE_URL", tmp_path / "my data" / "opsi.sqlite3")
    assert config["NAME"] == str(tmp_path / "my data" / "opsi.sqlite3")
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "OPSI_SECRET_KEY is not set: give every process the same long random text.\n"),
        (
            {"OPSI_SECRET_KEY": "x", "OPSI_MAIL_URL": "file:", "OPSI_WINDOW_SECONDS": "soon"},
            "OPSI_WINDOW_SECONDS is 'soon', but must be a whole number of 0 or more.\n",
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
    assert Environment({"PORTS": value}).ports("PORTS") == expected

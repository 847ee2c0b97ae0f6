"""One table of settings: what the code reads and the page both are what it says, and each wrong value is explained."""

import ast
import difflib
import os
import re
import runpy
from pathlib import Path

import pytest

from opsi.environment import Environment
from opsi.management.commands.settings_page import PAGE, page
from opsi.setting_table import PROVIDERS, SETTINGS

pytestmark = pytest.mark.once  # asks no database

PROJECT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"(OPSI|ANYMAIL|CELERY)_[A-Z0-9_]*[A-Z0-9]|DATABASE_URL|WEB_CONCURRENCY")
LARGE = "9" * 5_000


def start(tmp_path, monkeypatch, **variables):
    """The settings as a process with just these variables would start with. Raises SystemExit with the sentence."""
    needed = {"OPSI_SECRET_KEY": "x", "OPSI_MAIL_URL": "file:", "OPSI_DATA_DIR": str(tmp_path)}
    monkeypatch.setattr(os, "environ", needed | variables)
    return runpy.run_path(str(PROJECT / "opsi" / "settings.py"))


def read_by_the_code():
    """Every variable that stands by itself in the code, as it must to be read; the table aside."""
    programs = [PROJECT / "manage.py"]
    for package in ("opsi", "tickets", "watchers", "notifications", "bench"):
        programs += (PROJECT / package).rglob("*.py")
    programs.remove(PROJECT / "opsi" / "setting_table.py")
    found = set()
    for program in programs:
        texts = (node for node in ast.walk(ast.parse(program.read_text())) if isinstance(node, ast.Constant))
        found |= {node.value for node in texts if isinstance(node.value, str) and OURS.fullmatch(node.value)}
    for script in (PROJECT / "bin").iterdir():
        found |= {name[0] for name in re.finditer(OURS, script.read_text())}
    return found


def test_the_page_is_what_the_code_says():
    told = PAGE.read_text()
    difference = "\n".join(difflib.unified_diff(told.splitlines(), page().splitlines(), "page", "code"))
    assert told == page(), f"python manage.py settings_page --write\n{difference}"


def test_what_the_code_reads_is_what_the_table_has():
    assert read_by_the_code() == SETTINGS.keys() - {PROVIDERS}


def test_what_the_table_lacks_cannot_be_read():
    with pytest.raises(LookupError, match="OPSI_MADE_UP is read, but has no entry"):
        Environment({"OPSI_MADE_UP": "yes"}).flag("OPSI_MADE_UP")


def test_other_pages_name_settings_that_there_are():
    made_for_tests = re.compile("OPSI_(TEST|RENEW|HOSTILE)_")
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
    named = {found[0] for one in pages for found in re.finditer(r"\bOPSI_[A-Z_]*[A-Z]\b", one.read_text())}
    assert {one for one in named if not made_for_tests.match(one)} <= SETTINGS.keys()


def test_every_example_works(tmp_path, monkeypatch):
    examples = {one.name: one.example for one in SETTINGS.values() if one.name != PROVIDERS}
    examples["OPSI_DATA_DIR"] = str(tmp_path / "data")
    examples["OPSI_STATIC_DIR"] = str(tmp_path / "collected")
    made = start(tmp_path, monkeypatch, **examples)
    assert made["OPSI_BASE_URL"] == "https://tickets.example.com"
    assert made["OPSI_OIDC"].roles == {"desk": "itsm_user", "acme-leads": "customer_manager"}


def test_without_any_the_defaults_hold(tmp_path, monkeypatch):
    made = start(tmp_path, monkeypatch, OPSI_DEBUG="", WEB_CONCURRENCY=" ")
    assert (made["DEBUG"], made["OPSI_WEB_PROCESSES"], made["OPSI_WINDOW_SECONDS"]) == (False, 2, None)
    assert made["ALLOWED_HOSTS"] == ["localhost", "localhost", "127.0.0.1", "[::1]"]
    assert (made["OPSI_SESSION_IDLE"], made["OPSI_SESSION_AGE"]) == (720 * 60, 168 * 3600)


def test_a_line_break_behind_a_value_does_not_count(tmp_path, monkeypatch):
    """As files that hold one secret each usually end."""
    assert start(tmp_path, monkeypatch, OPSI_SECRET_KEY="sesame\n")["SECRET_KEY"] == "sesame"


OIDC = {
    "OPSI_OIDC_ISSUER": "https://login.example.com",
    "OPSI_OIDC_CLIENT_ID": "opsi",
    "OPSI_OIDC_CLIENT_SECRET": "hidden",
}
POOLED = {"DATABASE_URL": "postgresql://opsi:hidden@db/desk"}
WRONG = {
    "OPSI_SECRET_KEY": ["", " ", "two\nlines", "nul\0", "\udcff"],
    "OPSI_SECRET_KEY_FALLBACKS": ["two\nlines"],
    "OPSI_DEBUG": ["maybe", "2", "Ja"],
    "OPSI_DATA_DIR": ["/dev/null", "/dev/null/opsi", "~nobody-of-this-name/opsi", "/" + "x" * 300, "/srv/a\0b"],
    "OPSI_STATIC_DIR": ["/dev/null", "/dev/null/opsi", "~nobody-of-this-name/opsi", "/srv/a\0b"],
    "OPSI_BASE_URL": [
        "tickets.example.com", "https://tickets.example.com/desk", "https://", "ftp://host", "https://host:port",
        "https://host:99999", "https://two words", "https://uma:hidden@host", "https://[::1", "https://host?x=1",
        "https://例え.jp", "https://host,other",
    ],
    "OPSI_ALLOWED_HOSTS": ["https://tickets.example.com", "tickets.example.com:443", "one two", "a.example.com/x"],
    "OPSI_TRUSTED_PROXIES": ["-1", "one", "1.5", "٣", "101", LARGE],
    "OPSI_HSTS_SECONDS": ["a year", "-1", LARGE],
    "WEB_CONCURRENCY": ["0", "-1", "auto", "100000"],
    "OPSI_WINDOW_SECONDS": ["soon", "-1", "86401", LARGE],
    "DATABASE_URL": [
        "mysql://uma:hidden@host/name", "postgresql://host", "opsi.sqlite3", "uma:hidden@host/name", "postgresql://",
        "//uma:hidden@host/name", "postgresql://uma:hid#den@host/name", "postgresql://host:many/name",
        "postgresql://host/name?made_up=1", "postgresql://host/" + "x" * 64, "sqlite://", "sqlite:///:memory:/x/y",
        "sqlite:////nowhere/at/all.sqlite3", "sqlite:////dev/null/opsi.sqlite3", "sqlite:////tmp", "sqlite://host/file",
    ],
    "OPSI_DATABASE_POOL": ["0", "-1", "many", "1001", "٣", LARGE],
    "CELERY_BROKER_URL": [
        "sqs://", "redis://", "redis://host:many", "redis://host:6379/desk", "amqp://", "redis://uma:hid#den@host/0",
        "host:6379", "nonsense", "amqp://two words",
    ],
    "OPSI_MAIL_URL": [
        "", "smtp:", "http://host", "smtpx://uma:hidden@host", "ftp://uma:hidden@host/", "smtp://uma:hidden@:x",
        "smtp://uma:hidden", "smtp://uma@host", "smtp://:hidden@host", "smtp://host:0", "smtp://host/path",
        "smtp://uma:12#34@host", "smtp://host?tls=1", "smtp://host name", "anymail:pigeon", "anymail:",
        "anymail:../base", "anymail:base", "anymail:test", "anymail:console", "file:/tmp",
    ],
    "OPSI_MAIL_FROM": [
        "nobody", "a@example.com, b@example.com", "Ops I <ops@>", "Ops I\nBcc: x@example.com <ops@example.com>",
        "ops@exa mple.com", "ø@example.com", "<>",
    ],
    "OPSI_MAIL_SERVER_PORTS": ["25,smtp", "0", "65536", "9999999", "any,25", "٣", LARGE],
    "OPSI_MAIL_SERVER_PRIVATE": ["maybe"],
    "ANYMAIL_WEBHOOK_SECRET": ["short", "user:", ":password", "opsi:new,old"],
    "ANYMAIL_POSTMARK_SERVER_TOKEN": ["two\nlines"],
    "OPSI_SESSION_IDLE_MINUTES": ["0", "-1", "long", "525601", LARGE],
    "OPSI_SESSION_HOURS": ["0", "8761", LARGE],
    "OPSI_TWO_STEP_ADMINS": ["maybe"],
    "OPSI_METRICS_TOKEN": ["short", "a token with ümlauts in it", "two\nlines of characters"],
    "OPSI_SECURITY_CONTACT": [
        "security@example.com", "mailto:security", "http://example.com/security", "https://", "mailto:a b@example.com",
        "mailto:ø@example.com", "https://example.com\nExpires: never",
    ],
    "OPSI_LOG_FORMAT": ["xml", "JSON"],
}  # fmt: skip
WRONG_SINGLE_SIGN_ON = [
    ({"OPSI_OIDC_CLIENT_ID": "opsi"}, "OPSI_OIDC_ISSUER"),
    ({**OIDC, "OPSI_OIDC_ISSUER": "http://login.example.com"}, "OPSI_OIDC_ISSUER"),
    ({**OIDC, "OPSI_OIDC_ISSUER": "login.example.com"}, "OPSI_OIDC_ISSUER"),
    ({**OIDC, "OPSI_OIDC_ISSUER": "https://uma:hidden@login"}, "OPSI_OIDC_ISSUER"),
    ({**OIDC, "OPSI_OIDC_CLIENT_ID": ""}, "OPSI_OIDC_CLIENT_ID"),
    ({**OIDC, "OPSI_OIDC_CLIENT_SECRET": ""}, "OPSI_OIDC_CLIENT_SECRET"),
    ({**OIDC, "OPSI_OIDC_NEW_PEOPLE": "some"}, "OPSI_OIDC_NEW_PEOPLE"),
    ({**OIDC, "OPSI_OIDC_ROLES": "desk=itsm_user"}, "OPSI_OIDC_ROLE_CLAIM"),
    ({**OIDC, "OPSI_OIDC_ROLE_CLAIM": "roles"}, "OPSI_OIDC_ROLES"),
    ({**OIDC, "OPSI_OIDC_ROLE_CLAIM": "roles", "OPSI_OIDC_ROLES": "desk"}, "OPSI_OIDC_ROLES"),
    ({**OIDC, "OPSI_OIDC_ROLE_CLAIM": "roles", "OPSI_OIDC_ROLES": "desk=boss"}, "OPSI_OIDC_ROLES"),
    ({**OIDC, "OPSI_OIDC_CUSTOMERS": "a-17=Acme"}, "OPSI_OIDC_CUSTOMER_CLAIM"),
    ({**OIDC, "OPSI_OIDC_CUSTOMER_CLAIM": "c", "OPSI_OIDC_CUSTOMERS": "=Acme"}, "OPSI_OIDC_CUSTOMERS"),
]


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_value_is_explained_in_one_sentence(name, tmp_path, monkeypatch):
    for value in WRONG[name]:
        _is_explained(tmp_path, monkeypatch, {name: value}, name)


@pytest.mark.parametrize(("variables", "name"), WRONG_SINGLE_SIGN_ON)
def test_half_a_single_sign_on_is_explained(variables, name, tmp_path, monkeypatch):
    _is_explained(tmp_path, monkeypatch, variables, name)


def test_a_pool_is_judged_with_postgresql_too(tmp_path, monkeypatch):
    _is_explained(tmp_path, monkeypatch, {**POOLED, "OPSI_DATABASE_POOL": "many"}, "OPSI_DATABASE_POOL")


def test_the_wrong_values_are_those_of_every_setting():
    """Of what anything may be set to, such as a name, nothing is wrong but a line break."""
    free = {one for one in SETTINGS if one.startswith("OPSI_OIDC_")} | {PROVIDERS}
    assert WRONG.keys() - {"ANYMAIL_POSTMARK_SERVER_TOKEN"} == SETTINGS.keys() - free


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        os, "access", lambda path, mode: not mode & os.W_OK
    )  # whoever runs the tests may be root
    _is_explained(tmp_path, monkeypatch, {}, "OPSI_DATA_DIR")


def test_static_files_need_only_be_readable(tmp_path, monkeypatch):
    collected = tmp_path / "collected"
    monkeypatch.setattr(os, "access", lambda path, mode: path != collected or not mode & os.W_OK)
    assert start(tmp_path, monkeypatch, OPSI_STATIC_DIR=str(collected))["STATIC_ROOT"] == collected


def _is_explained(tmp_path, monkeypatch, variables, name):
    with pytest.raises(SystemExit) as caught:
        start(tmp_path, monkeypatch, **variables)
    sentence = caught.value.code
    assert isinstance(sentence, str)
    assert sentence.startswith(f"{name} "), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert "hidden" not in sentence

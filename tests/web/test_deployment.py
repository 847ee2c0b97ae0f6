"""In production, over HTTPS, Django's own list of what to see to finds nothing; on loopback plain HTTP stays usable."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once  # asks no database

PROJECT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "OPSI_SECRET_KEY": "Zq8vT1yLw4RkXb7NcJ2mHdP9sGfA6eUo3iVxWtBn5QzKrMhYjC0lSpDaFgEuIk",
    "OPSI_BASE_URL": "https://tickets.example.com",
    "OPSI_MAIL_URL": "smtp://mail.example.com:25",
    "OPSI_MAIL_FROM": "Ops I <ops-i@example.com>",
}
SHOWN = """
import json
from django.conf import settings
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
from django.test.utils import setup_test_environment
setup_test_environment(debug=False)
def tell(answer):
    cookies = {name: [bool(c["secure"]), bool(c["httponly"]), c["samesite"], c["path"], c["domain"]]
               for name, c in answer.cookies.items()}
    return {"status": answer.status_code, "headers": dict(answer.headers), "cookies": cookies}
host = {"host": HOST}
proxied = Client(headers=host | {"X-Forwarded-Proto": "https"})
print(json.dumps({"plain": tell(Client(headers=host).get("/login/?a=1")), "proxied": tell(proxied.get("/login/")),
    "health": tell(Client(headers=host).get("/healthz")),
    "broken": tell(Client(headers={"host": "evil.example"}).get("/login/"))}))
"""


def manage(tmp_path, *arguments, **changed):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPSI_", "DATABASE_URL", "DJANGO_"))
    }
    environment = (
        kept
        | PRODUCTION
        | {"OPSI_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "opsi.settings"}
        | changed
    )
    command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
    return subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False
    )


def shown(tmp_path, host, **changed):
    done = manage(tmp_path, "shell", "--no-imports", "-c", SHOWN.replace("HOST", repr(host)), **changed)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_the_check_for_production_finds_nothing(tmp_path):
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")
    # What is silenced is that django-axes' own backend and middleware are not used: opsi's forms ask it.
    assert "no issues (2 silenced)" in done.stdout
    assert settings.SILENCED_SYSTEM_CHECKS == ["axes.W002", "axes.W003"]


@pytest.mark.parametrize(
    ("changed", "warning"),
    [({"OPSI_BASE_URL": "http://tickets.example.com"}, "security.W008"),
     ({"OPSI_SECRET_KEY": "short"}, "security.W009"),
     ({"OPSI_HSTS_SECONDS": "0"}, "security.W004"), ({"OPSI_DEBUG": "yes"}, "security.W018")],
)  # fmt: skip
def test_it_finds_what_is_left_open(tmp_path, changed, warning):
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **changed)
    assert done.returncode == 1
    assert warning in done.stderr


def test_production_is_https_alone(tmp_path):
    answers = shown(tmp_path, "tickets.example.com")
    assert answers["plain"]["status"] == 301
    assert answers["plain"]["headers"]["Location"] == "https://tickets.example.com/login/?a=1"
    assert answers["plain"]["headers"]["X-Content-Type-Options"] == "nosniff"
    assert answers["health"]["status"] == 200
    assert answers["broken"]["status"] == 400
    assert "Content-Security-Policy" in answers["broken"]["headers"]
    proxied = answers["proxied"]
    assert proxied["status"] == 200
    assert proxied["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    # Secure, HttpOnly, SameSite, for the whole of this host and no other: what the prefix of the name demands.
    assert proxied["cookies"] == {"__Host-opsi_csrf": [True, True, "Lax", "/", ""]}


def test_a_trial_on_loopback_works_over_plain_http(tmp_path):
    answers = shown(tmp_path, "localhost:8000", OPSI_BASE_URL="http://localhost:8000", OPSI_MAIL_URL="file:")
    assert answers["plain"]["status"] == 200
    assert "Strict-Transport-Security" not in answers["plain"]["headers"]
    assert answers["plain"]["cookies"] == {"opsi_csrf": [False, True, "Lax", "/", ""]}

"""`manage.py check --deploy` has nothing to say of the production settings (docs/security.md)."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "OPSI_SECRET_KEY": secrets.token_urlsafe(60),
    "OPSI_BASE_URL": "https://tickets.example.com",
    "OPSI_MAIL_URL": "smtp+tls://mail.example.com",
}


def check(folder, **changes):
    environment = {"PATH": os.environ["PATH"], "OPSI_DATA_DIR": str(folder), **PRODUCTION, **changes}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_production_settings_are_clean(tmp_path):
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), (
        done.stderr
    )


def test_plain_http_and_debug_would_be_told(tmp_path):
    done = check(tmp_path, OPSI_BASE_URL="http://tickets.example.com", OPSI_DEBUG="on")
    assert done.returncode == 1
    assert "security.W018" in done.stderr
    assert "security.W004" in done.stderr

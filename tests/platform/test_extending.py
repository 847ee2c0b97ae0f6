"""An event, a recipient kind and a channel are one registration each: shown by an app that adds all three and touches
nothing else (docs/guide/developer.md, Adding to it)."""

import os
import re
import subprocess
import sys

import pytest

from tests.deployed import PROJECT

pytestmark = pytest.mark.once  # in a process of its own, on SQLite

APP = PROJECT / "tests" / "throwaway"
SHOWN = ("apps.py", "praise.py", "former_owners.py", "pager.py")
NAMES = re.compile("TicketPraised|former_owners|throwaway")


@pytest.mark.timeout(300)
def test_what_is_registered_in_one_file_stands_everywhere():
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("OPSI_", "PYTEST_"))}
    bare = {name: value for name, value in bare.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--ds=tests.throwaway.settings", "tests/throwaway/check_extending.py"]
    done = subprocess.run(command, cwd=PROJECT, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    checks = re.findall(r"^def test_", (APP / "check_extending.py").read_text(), re.M)
    assert f"{len(checks)} passed" in done.stdout


def test_nothing_but_the_app_knows_of_it():
    code = [
        path
        for folder in ("opsi", "tickets", "watchers", "notifications", "templates", "static")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css"}
    ]
    assert len(code) > 300
    assert [str(path) for path in code if NAMES.search(path.read_text())] == []


@pytest.mark.parametrize("name", SHOWN)
def test_the_guide_shows_the_app_as_it_is(name):
    guide = (PROJECT / "docs" / "guide" / "developer.md").read_text()
    assert f"```python\n{(APP / name).read_text()}```\n" in guide


@pytest.mark.parametrize("name", SHOWN[1:])
def test_each_is_one_registration(name):
    assert len(re.findall(r"\bregister\(|^@kind\(", (APP / name).read_text(), re.M)) == 1

"""`bin/up` as the person at the terminal meets it."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.e2e.stack import PROJECT

SERVICES = bool(os.environ.get("OPSI_TEST_SERVICES"))


@pytest.fixture(scope="module")
def installation(start_stack):
    return start_stack("--no-demo")


@pytest.fixture
def stack(installation):
    """The module's stack, running, whatever the test before did to it."""
    if not installation.is_running:
        installation.start()
    return installation


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status, answer.read().decode()


def processes_of(pid):
    """The ids of the running processes whose group `pid` leads."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(process) for process, group, state in rows if int(group) == pid and not state.startswith("Z")]


def up(*arguments, **environment):
    return subprocess.run(
        [sys.executable, PROJECT / "manage.py", "up", *map(str, arguments)],
        env={name: value for name, value in os.environ.items() if not name.startswith(("OPSI_", "DJANGO_"))}
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_answers_and_says_how_to_make_the_first_administrator(stack):
    assert get(stack.url("/healthz")) == (200, "ok\n")
    status, text = get(stack.url("/readyz"))
    assert status == 200
    assert text.startswith("database: ok\nbroker: ok\nworker: ")
    assert "bin/manage createsuperuser" in stack.output
    assert f"Mail reaches nobody: it is kept in {stack.data_dir / 'mail'}" in stack.output


def test_runs_as_in_production(stack):
    with pytest.raises(urllib.error.HTTPError) as missing:
        get(stack.url("/no-such-page/"))
    page = missing.value.read().decode()
    assert missing.value.code == 404
    assert "DEBUG" not in page
    assert "default-src 'none'" in missing.value.headers["Content-Security-Policy"]


def test_port_in_use_is_one_sentence(stack, tmp_path):
    port = stack.base_url.rpartition(":")[2]
    done = up("--port", port, "--data", tmp_path / "other")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"CommandError: Cannot listen on 127.0.0.1:{port} (Address already in use): choose another with --port."
    )


def test_data_dir_in_use_is_one_sentence(stack):
    done = up("--port", 0, "--data", stack.data_dir)
    assert done.returncode == 1
    expected = f"The data dir {stack.data_dir} is in use by another bin/up (process {stack.pid('up')})."
    assert done.stderr.strip() == f"CommandError: {expected}"


def test_database_that_is_away_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = up("--port", 0, "--data", tmp_path, DATABASE_URL=f"postgresql://nobody@127.0.0.1:{port}/none")
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database that DATABASE_URL names cannot be used: ")
    assert done.stderr.count("\n") == 1


def test_worker_alone_stops_and_starts(stack):
    worker = stack.pid("worker")
    stack.stop_worker()
    assert processes_of(worker) == []
    assert get(stack.url("/readyz"))[0] == 200
    stack.start_worker()
    assert stack.pid("worker") != worker


def test_stops_within_five_seconds_leaves_nothing_and_keeps_its_data(stack):
    key = (stack.data_dir / "secret_key").read_text()
    groups = [stack.pid("web"), stack.pid("worker")]
    if not SERVICES:
        with sqlite3.connect(stack.data_dir / "opsi.sqlite3") as database:
            database.execute("INSERT INTO opsi_customer (name, is_active) VALUES ('Acme', TRUE)")
    began = time.monotonic()
    os.kill(stack.pid("up"), signal.SIGTERM)
    assert stack.wait_until_ended() == 0
    assert time.monotonic() - began < 5
    assert [processes_of(group) for group in groups] == [[], []]
    assert not list((stack.data_dir / "run").glob("w*.pid"))

    stack.start()
    assert (stack.data_dir / "secret_key").read_text() == key
    if not SERVICES:
        with sqlite3.connect(stack.data_dir / "opsi.sqlite3") as database:
            assert database.execute("SELECT name FROM opsi_customer").fetchall() == [("Acme",)]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_child_that_dies_stops_everything_and_is_named(stack, name):
    other = stack.pid("worker" if name == "web" else "web")
    os.killpg(stack.pid(name), signal.SIGKILL)
    assert stack.wait_until_ended() == 1
    assert f"CommandError: The {name} process was ended by SIGKILL, so everything stops." in stack.output
    assert processes_of(other) == []


def test_children_do_not_outlive_a_killed_parent(stack):
    groups = [stack.pid("web"), stack.pid("worker")]
    os.kill(stack.pid("up"), signal.SIGKILL)
    stack.wait_until_ended()
    # They hold the other end of the pipe that our reader waits on, so its end is theirs.
    stack.wait_for_silence()
    assert [processes_of(group) for group in groups] == [[], []]

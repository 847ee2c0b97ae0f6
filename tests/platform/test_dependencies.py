"""What bin/test asks about the packages of uv.lock: known vulnerabilities fail it, a service away does not."""

import json
import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import dependencies
from tests.smtp import dead_port

pytestmark = pytest.mark.once  # asks no database

UV = shutil.which("uv") or str(dependencies.PROJECT / ".uv" / "bin" / "uv")


def can_audit() -> bool:
    try:
        return subprocess.run([UV, "audit", "--help"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Advisories(BaseHTTPRequestHandler):
    """An OSV service that knows `server.known` against every package it is asked about."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        found = [{"id": one, "modified": "2026-01-01T00:00:00Z"} for one in self.server.known]
        self.answer({"results": [{"vulns": found} if found else {} for _query in asked]})

    def do_GET(self):
        advisory = self.path.rpartition("/")[2]
        self.answer({"id": advisory, "modified": "2026-01-01T00:00:00Z", "summary": "Bad", "affected": []})

    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def advisories():
    if not can_audit():
        pytest.skip("this uv cannot audit")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    server.known = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


DIRECTLY = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def test_nothing_known_passes(advisories):
    assert dependencies.audit(DIRECTLY, advisories.url)


def test_a_known_vulnerability_fails(advisories, capsys):
    advisories.known = ["PYSEC-2026-1"]
    assert not dependencies.audit(DIRECTLY, advisories.url)
    assert "PYSEC-2026-1" in capsys.readouterr().out


def test_one_that_was_accepted_passes(advisories, monkeypatch):
    advisories.known = ["PYSEC-2026-1"]
    monkeypatch.setattr(dependencies, "ACCEPTED", {"PYSEC-2026-1": "not our part of it"})
    assert dependencies.audit(DIRECTLY, advisories.url)


def test_a_service_that_is_away_passes_and_says_so(capsys):
    assert dependencies.audit(DIRECTLY, f"http://127.0.0.1:{dead_port()}/")
    assert "DEPENDENCIES NOT AUDITED" in capsys.readouterr().out

"""A mail provider's API on loopback, as Brevo's is (`provider` is the fixture)."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.server.hesitates)
        self.server.received.append(said)
        if self.server.before_answer is not None:
            self.server.before_answer(said)
        if self.server.hangs_up:
            self.close_connection = True
            return
        status, body = self.server.answers.get(said["to"][0]["email"], (self.server.status, self.server.body))
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def provider(settings):
    """A mail provider's API on loopback; `status` and `body` are its next answers, `headers` go with them.

    `answers`: {recipient: (status, body)} of their own; `hangs_up`: it has the mail and says nothing; `hesitates`:
    seconds; `before_answer` is called with what was received.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.status, server.body, server.received, server.hesitates = (
        201,
        b'{"messageId": "<1@provider>"}',
        [],
        0,
    )
    server.headers, server.answers, server.hangs_up, server.before_answer = {}, {}, False, None
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    use_provider(settings, server.server_port)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def hesitate(provider, settings):
    """From now on it answers later than anybody has patience for."""
    settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 0.5}
    provider.hesitates = 1.5


def use_provider(settings, port):
    settings.MAILERS = {"opsi": {"BACKEND": "anymail.backends.brevo.EmailBackend"}}
    settings.ANYMAIL = {
        "BREVO_API_KEY": "key-nobody-sees",
        "BREVO_API_URL": f"http://127.0.0.1:{port}/",
        "REQUESTS_TIMEOUT": 30,
    }

"""A mail provider's API on loopback, as Brevo's is (`provider` is the fixture)."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        said = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.hesitates)
        self.server.received.append(json.loads(said))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args):
        pass


@pytest.fixture
def provider(settings):
    """A mail provider's API on loopback; `status` and `body` are its next answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.status, server.body, server.received, server.hesitates = (
        201,
        b'{"messageId": "<1@provider>"}',
        [],
        0,
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    use_provider(settings, server.server_port)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def use_provider(settings, port):
    settings.MAILERS = {"opsi": {"BACKEND": "anymail.backends.brevo.EmailBackend"}}
    settings.ANYMAIL = {
        "BREVO_API_KEY": "key-nobody-sees",
        "BREVO_API_URL": f"http://127.0.0.1:{port}/",
        "REQUESTS_TIMEOUT": 0.5,
    }

"""A wire on loopback to a real server, which tests cut, mend, and make fall silent."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class Line:
    """Leads to the server of `server_url`; `url` is the same address by this wire."""

    def __init__(self, server_url: str):
        parts = urlsplit(server_url)
        assert parts.hostname
        assert parts.port
        self._goal = parts.hostname, parts.port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        account = parts.netloc.rpartition("@")[0]
        place = f"{account}@127.0.0.1:{self._port}" if account else f"127.0.0.1:{self._port}"
        self.url = parts._replace(netloc=place).geturl()
        self._ends: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()

    def __enter__(self) -> "Line":
        self._listen()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.cut()
        self._flows.set()

    def cut(self) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._listen()

    def fall_silent(self) -> None:
        """Take connections and what comes over them, and pass nothing on."""
        self._flows.clear()

    def speak(self) -> None:
        self._flows.set()

    def _listen(self):
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def _accept(self, listener):
        with suppress(OSError):  # closed: that is how a line goes away
            while True:
                near, _address = listener.accept()
                far = socket.create_connection(self._goal)
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=[source, sink], daemon=True).start()

    def _carry(self, source, sink):
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

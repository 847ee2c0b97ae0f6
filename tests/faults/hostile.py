"""Servers that play a part of their own instead of speaking SMTP to its end (`hostile` is the fixture)."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

NOTHING = b""
DRIPS = b"drips"
DRIP_EVERY = 0.2  # seconds


class Hostile:
    """Answers line by line as `answers` says, {first word of a command: what is sent}; then plays the next part.

    An answer of NOTHING hangs up; one of DRIPS begins and never ends, a byte every now and then. What is not named in
    `answers` hangs: the server never says a word more. HANDSHAKE is the answer to the first bytes of one.
    """

    def __init__(self, greeting: bytes | None, answers: dict[str, bytes]):
        self._greeting, self._answers = greeting, answers
        self.heard: list[str] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.getsockname()[1]

    def stop(self) -> None:
        # A listener that is only closed would let `accept` wait on.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._server.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._speak, args=[connection], daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection.makefile("rb") as lines:
            if self._greeting is None:
                return
            connection.sendall(self._greeting)
            for line in lines:
                command = line.split()[0].decode(errors="replace").upper()
                self.heard.append(command)
                answer = self._answers.get(command)
                if answer is None:
                    return
                if answer == NOTHING:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                if answer == DRIPS:
                    self._drip(connection)
                connection.sendall(answer)
                if command == "STARTTLS" and "HANDSHAKE" in self._answers:
                    lines.read1(1)
                    connection.sendall(self._answers["HANDSHAKE"])
                    return

    def _drip(self, connection: socket.socket) -> None:
        """Until the other side, or `stop`, has had enough of it."""
        over = threading.Event()
        while not over.wait(DRIP_EVERY):
            connection.sendall(b"2")


@pytest.fixture
def hostile() -> Iterator[Callable[..., Hostile]]:
    """`hostile(greeting, EHLO=b"…", …)`: one that listens on loopback until the test is over."""
    started: list[Hostile] = []

    def start(greeting: bytes | None = b"220 mail.example.org ESMTP\r\n", **answers: bytes) -> Hostile:
        started.append(Hostile(greeting, answers))
        return started[-1]

    yield start
    for one in started:
        one.stop()

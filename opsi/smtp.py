"""SMTP connections whose timeout holds for a whole answer.

In `smtplib` it begins anew with every byte, so that a server that drips one now and then would hold a worker for hours.
"""

import smtplib
import socket
import time

from django.core.mail.backends import smtp


class _Answers:
    """What a server says, line by line, until `deadline` (time.monotonic()); then TimeoutError."""

    def __init__(self, connection: socket.socket):
        self._connection, self._left, self.deadline = connection, b"", 0.0

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self._left and len(self._left) < limit and (more := self._receive()):
            self._left += more
        end = min(self._left.find(b"\n") + 1 or limit, limit)
        line, self._left = self._left[:end], self._left[end:]
        return line

    def _receive(self) -> bytes:
        patience = self._connection.gettimeout()
        if patience is None:
            return self._connection.recv(8192)
        if (left := self.deadline - time.monotonic()) <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
        try:
            return self._connection.recv(8192)
        finally:
            self._connection.settimeout(patience)

    def close(self) -> None:
        """As files have it; the connection is closed by whoever opened it."""


class Smtp(smtplib.SMTP):
    def getreply(self):
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock)
        if self.file is not None:
            self.file.deadline = time.monotonic() + (self.sock.gettimeout() or 0.0)
        return super().getreply()


class SmtpOverTls(Smtp, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self):
        return SmtpOverTls if self.use_ssl else Smtp

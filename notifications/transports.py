"""Handing one mail over: through the Ops I function's mailer, or to the customer's own mail server (domain §4, §7).

A transport is opened once for many mails: `deliver(message)` returns when the mail was accepted, else it raises one of
`delivery_failures`, which tell the cause, and in the server's own words what it said.
"""

import contextlib
import re
import smtplib
from collections.abc import Callable, Container
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

from notifications import mail_hosts
from notifications.causes import Cause
from notifications.choices import Authentication, Function, Security
from notifications.delivery_failures import HungUp, Permanent, Temporary, Unknown, Unreachable
from notifications.explain import answer, cut, explain, timed_out
from notifications.providers import BackendTransport
from opsi.mailers import SMTP_POLICY

A_FEW = 300  # addresses: more than one turn of sending has
TIMEOUT = 20  # seconds, for each answer of the server
ACCEPTED = range(200, 300)
AUTHENTICATION_CODES = frozenset({530, 534, 535, 538})


class Transport(Protocol):
    function: Function
    sender: str

    def deliver(self, message: EmailMessage) -> str:
        """Hand `message` over. Returns the server's answer; raises DeliveryFailed."""

    def try_out(self) -> None:
        """Go as far as there is a way without handing a mail over. Raises DeliveryFailed."""

    def close(self) -> None: ...


class SmtpTransport:
    """Speaks SMTP step by step on the backend's connection, so that it knows how far it came when it breaks."""

    def __init__(self, backend: smtp.EmailBackend, function: Function, sender: str):
        self._backend, self.function, self.sender = backend, function, sender
        # Taking an address apart costs as much as announcing it; the sender's is the same for all.
        self._address = lru_cache(maxsize=A_FEW)(backend.prep_address)

    def deliver(self, message: EmailMessage) -> str:
        try:
            sender = self._address(message.from_email)
            [recipient] = [self._address(address) for address in message.recipients()]
            text = message.message(policy=SMTP_POLICY).as_bytes()
        except ValueError as error:
            raise Permanent(Cause.NO_MAIL, cut(str(error))) from error
        reused = self._backend.connection is not None
        try:
            connection = self._announce(sender, recipient, len(text))
        except HungUp as error:
            if not reused or timed_out(error):
                raise
            # Servers close connections that were idle or carried enough mails; a fresh one may do.
            connection = self._announce(sender, recipient, len(text))
        return self._hand_over(connection, text)

    def try_out(self) -> None:
        """Connect, encrypt, sign in, and ask whether this sender may send."""
        try:
            sender = self._address(self.sender)
        except ValueError as error:
            raise Permanent(Cause.NO_MAIL, cut(str(error))) from error
        connection = self._open()
        try:
            self._expect(connection, connection.mail(sender), ACCEPTED, Cause.SENDER)
            connection.rset()
        except OSError as error:
            self._drop()
            raise HungUp(Cause.SILENT if timed_out(error) else Cause.BROKE_OFF, cut(str(error))) from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._backend.close()

    def _open(self) -> smtplib.SMTP:
        try:
            self._backend.open()
            connection = self._backend.connection
            assert connection is not None, "open() raises where there is none"  # noqa: S101
            connection.ehlo_or_helo_if_needed()
        # Whatever it is (a name, a certificate, a password): no mail gets through until somebody mends it.
        except Exception as error:
            self._drop()
            raise Unreachable(*explain(error)) from error
        return connection

    def _announce(self, sender: str, recipient: str, size: int) -> smtplib.SMTP:
        connection = self._open()
        options = [f"size={size}"] if connection.has_extn("size") else []
        try:
            self._expect(connection, connection.mail(sender, options), ACCEPTED, Cause.SENDER)
            self._expect(connection, connection.rcpt(recipient), ACCEPTED, Cause.ADDRESS)
            self._expect(connection, connection.docmd("DATA"), (354,), Cause.TEXT)
        except OSError as error:
            self._drop()
            raise HungUp(Cause.SILENT if timed_out(error) else Cause.BROKE_OFF, cut(str(error))) from error
        return connection

    def _hand_over(self, connection: smtplib.SMTP, text: bytes) -> str:
        stuffed = re.sub(rb"(?m)^\.", b"..", text)
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            connection.send(stuffed + end)
            reply = connection.getreply()
        except OSError as error:
            self._drop()
            cause = Cause.SILENT_BEHIND_TEXT if timed_out(error) else Cause.BROKE_BEHIND_TEXT
            raise Unknown(cause, cut(str(error))) from error
        if not 200 <= reply[0] < 600:
            self._drop()
            raise Unknown(Cause.BROKE_BEHIND_TEXT, answer(*reply))
        return self._expect(connection, reply, ACCEPTED, Cause.TEXT)

    def _expect(
        self, connection: smtplib.SMTP, reply: tuple[int, bytes], wanted: Container[int], refusal: Cause
    ) -> str:
        """The server's answer where it is one of `wanted`; else raises, for good because of `refusal`."""
        code, text = reply
        said = answer(code, text)
        if code in wanted:
            return said
        if code == 421 or not 400 <= code < 600:
            self._drop()
            raise HungUp(Cause.BROKE_OFF, said)
        if code in AUTHENTICATION_CODES:
            self._drop()
            raise Unreachable(Cause.SIGN_IN, said)
        with contextlib.suppress(OSError):
            connection.rset()
        if code < 500:
            raise Temporary(Cause.NOT_NOW, said)
        if code == 552:
            raise Permanent(Cause.TOO_LARGE, said)
        # Who may not send as this sender may not send the other mails either: none of them is to fail for that.
        raise (Unreachable if refusal == Cause.SENDER else Permanent)(refusal, said)

    def _drop(self) -> None:
        # No farewell: on a connection that hangs it would wait for the timeout once more.
        for name in ("connection", "_partial_connection"):
            if (connection := getattr(self._backend, name)) is not None:
                connection.close()
            setattr(self._backend, name, None)


class MailServerBackend(smtp.EmailBackend):
    """Django's SMTP backend for the server an administrator set up, OAuth2 included."""

    def __init__(self, server, timeout: float = TIMEOUT):
        by_password = server.authentication == Authentication.PASSWORD
        super().__init__(
            alias="mail_server",
            host=server.host,
            port=server.port,
            username=server.account if by_password else None,
            password=server.secret if by_password else None,
            use_tls=server.security == Security.STARTTLS,
            use_ssl=server.security == Security.TLS,
            timeout=timeout,
        )
        self._by_token = server.authentication == Authentication.OAUTH2
        self._account, self._token = server.account, server.secret if self._by_token else ""

    @property
    def connection_class(self):
        return mail_hosts.SmtpOverTls if self.use_ssl else mail_hosts.Smtp

    def open(self):
        opened = super().open()
        if opened and self._by_token:
            self.connection.ehlo_or_helo_if_needed()
            if not self.connection.has_extn("auth"):
                raise smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server.")
            self.connection.auth("XOAUTH2", self._xoauth2)
        return opened

    def _xoauth2(self, challenge: bytes | None = None) -> str:
        # A challenge is the reason of a refusal, which the server spells out once it got an empty answer.
        return "" if challenge else f"user={self._account}\x01auth=Bearer {self._token}\x01\x01"


class Unprepared:
    """Stands in for a transport that cannot even be made: every mail waits, with the reason."""

    def __init__(self, function: Function, error: Exception):
        self.function, self.sender, self._reason = function, settings.DEFAULT_FROM_EMAIL, explain(error)

    def deliver(self, message: EmailMessage) -> str:
        raise Unreachable(*self._reason)

    def try_out(self) -> None:
        raise Unreachable(*self._reason)

    def close(self) -> None:
        pass


def through_opsi(timeout: float | None = None) -> Transport:
    """The platform's own route with its fixed sender; `timeout` where somebody waits."""

    def make() -> BaseEmailBackend:
        backend = mailers["opsi"]
        if timeout and isinstance(backend, smtp.EmailBackend):
            backend.timeout = min(timeout, backend.timeout or timeout)
        return backend

    return _made(Function.OPSI, make, settings.DEFAULT_FROM_EMAIL)


def through_mail_server(server, timeout: float = TIMEOUT) -> Transport:
    """The customer's own server with its sender address."""
    return _made(Function.MAIL_SERVER, lambda: MailServerBackend(server, timeout), server.sender)


def _made(function: Function, make: Callable[[], BaseEmailBackend], sender: str) -> Transport:
    try:
        backend = make()
    except Exception as error:  # a setting or a secret that cannot be read
        return Unprepared(function, error)
    if isinstance(backend, smtp.EmailBackend):
        return SmtpTransport(backend, function, sender)
    return BackendTransport(backend, function, sender)

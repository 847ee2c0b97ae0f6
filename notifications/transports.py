"""Handing one mail over: through the Ops I function's mailer, or to the customer's own mail server (domain §4, §7).

A transport is opened once for many mails: `deliver(message)` returns when the mail was accepted, else it raises one of
the errors below, whose text is the server's own answer or a sentence an administrator can act on.
"""

import contextlib
import re
import smtplib
from collections.abc import Callable, Container
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

from notifications import mail_hosts
from notifications.choices import Authentication, Function, Outcome, Security
from notifications.explain import answer, explain, timed_out
from opsi.mailers import SMTP_POLICY

TIMEOUT = 20  # seconds, for each answer of the server
ACCEPTED = range(200, 300)
AUTHENTICATION_CODES = frozenset({530, 534, 535, 538})


class DeliveryFailed(Exception):
    """The mail was not accepted, or nobody knows."""

    outcome: Outcome


class Temporary(DeliveryFailed):
    """Not now: it may go later."""

    outcome = Outcome.TEMPORARY


class HungUp(Temporary):
    """The server broke off before it had the mail, or kept us waiting too long."""


class Unreachable(Temporary):
    """There is nobody to hand mails over to: the next would fare no better."""


class Permanent(DeliveryFailed):
    """Refused for good."""

    outcome = Outcome.PERMANENT


class Unknown(DeliveryFailed):
    """The connection broke after the text was handed over: it may have been accepted."""

    outcome = Outcome.UNKNOWN


class Transport(Protocol):
    function: Function
    sender: str

    def deliver(self, message: EmailMessage) -> str:
        """Hand `message` over. Returns the server's answer; raises DeliveryFailed."""

    def close(self) -> None: ...


class SmtpTransport:
    """Speaks SMTP step by step on the backend's connection, so that it knows how far it came when it breaks."""

    def __init__(self, backend: smtp.EmailBackend, function: Function, sender: str):
        self._backend, self.function, self.sender = backend, function, sender

    def deliver(self, message: EmailMessage) -> str:
        try:
            sender = self._backend.prep_address(message.from_email)
            [recipient] = [self._backend.prep_address(address) for address in message.recipients()]
            text = message.message(policy=SMTP_POLICY).as_bytes()
        except ValueError as error:
            raise Permanent(explain(error)) from error
        reused = self._backend.connection is not None
        try:
            connection = self._announce(sender, recipient, len(text))
        except HungUp as error:
            if not reused or timed_out(error):
                raise
            # Servers close connections that were idle or carried enough mails; a fresh one may do.
            connection = self._announce(sender, recipient, len(text))
        return self._hand_over(connection, text)

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
            raise Unreachable(explain(error)) from error
        return connection

    def _announce(self, sender: str, recipient: str, size: int) -> smtplib.SMTP:
        connection = self._open()
        options = [f"size={size}"] if connection.has_extn("size") else []
        try:
            self._expect(connection, connection.mail(sender, options), ACCEPTED)
            self._expect(connection, connection.rcpt(recipient), ACCEPTED)
            self._expect(connection, connection.docmd("DATA"), (354,))
        except OSError as error:
            self._drop()
            raise HungUp(explain(error)) from error
        return connection

    def _hand_over(self, connection: smtplib.SMTP, text: bytes) -> str:
        stuffed = re.sub(rb"(?m)^\.", b"..", text)
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            connection.send(stuffed + end)
            reply = connection.getreply()
        except OSError as error:
            self._drop()
            raise Unknown(explain(error)) from error
        if not 200 <= reply[0] < 600:
            self._drop()
            raise Unknown(answer(*reply))
        return self._expect(connection, reply, ACCEPTED)

    def _expect(self, connection: smtplib.SMTP, reply: tuple[int, bytes], wanted: Container[int]) -> str:
        code, text = reply
        said = answer(code, text)
        if code in wanted:
            return said
        if code == 421 or not 400 <= code < 600:
            self._drop()
            raise HungUp(said)
        if code in AUTHENTICATION_CODES:
            self._drop()
            raise Unreachable(said)
        with contextlib.suppress(OSError):
            connection.rset()
        raise (Temporary if code < 500 else Permanent)(said)

    def _drop(self) -> None:
        # No farewell: on a connection that hangs it would wait for the timeout once more.
        for name in ("connection", "_partial_connection"):
            if (connection := getattr(self._backend, name)) is not None:
                connection.close()
            setattr(self._backend, name, None)


class BackendTransport:
    """Any other mail backend of Django's: files, or a provider through anymail."""

    def __init__(self, backend: BaseEmailBackend, function: Function, sender: str):
        self._backend, self.function, self.sender = backend, function, sender

    def deliver(self, message: EmailMessage) -> str:
        try:
            self._backend.send_messages([message])
        except Exception as error:
            raise _failure_of_provider(error) from error
        return ""

    def close(self) -> None:
        self._backend.close()


def _failure_of_provider(error: Exception) -> DeliveryFailed:
    import requests
    from anymail.exceptions import AnymailAPIError, AnymailError

    status = getattr(error, "status_code", None)
    match error:
        case requests.ReadTimeout():
            return Unknown(explain(error))
        case AnymailAPIError() if status is not None and status < 300:
            return Unknown(explain(error))
        case OSError() if status is None:
            return Unreachable(explain(error))
        case AnymailAPIError() if status in (401, 403, 429) or status is None or status >= 500:
            return Unreachable(explain(error))
        case AnymailError() | ValueError():
            return Permanent(explain(error))
    return Temporary(explain(error))


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


def provider_id(message: EmailMessage) -> str:
    """What the provider that took `message` calls it; "" where it left another way."""
    named = getattr(getattr(message, "anymail_status", None), "message_id", None)
    return named[:250] if isinstance(named, str) else ""


class Unprepared:
    """Stands in for a transport that cannot even be made: every mail waits, with the reason."""

    def __init__(self, function: Function, error: Exception):
        self.function, self.sender, self._reason = function, settings.DEFAULT_FROM_EMAIL, explain(error)

    def deliver(self, message: EmailMessage) -> str:
        raise Unreachable(self._reason)

    def close(self) -> None:
        pass


def through_opsi() -> Transport:
    """The platform's own route with its fixed sender."""
    return _made(Function.OPSI, lambda: mailers["opsi"], settings.DEFAULT_FROM_EMAIL)


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

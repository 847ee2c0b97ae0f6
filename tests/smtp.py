"""Real SMTP servers for tests, as friendly or as hostile as a test wants them (`smtp_server` is the fixture)."""

import asyncio
import base64
import datetime
import email
import email.policy
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from email.message import EmailMessage
from functools import cache
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = "250 OK"
# What it does is no news. And a line that its thread is about to write as somebody forks leaves the child a lock of a
# log handler that nobody will ever open.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class MailHost:
    """What a server received, in order, and how it behaves; tests change its attributes as they go.

    `answers`: {recipient: answer to RCPT}; `answer_to_sender`: to MAIL; `answer`: to the text of a mail; `hang_at`:
    "RCPT" or "DATA" makes it never answer there; `break_after_data`: takes the mail and hangs up without a word;
    `close_after`: so many mails.
    """

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.senders: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.connections = 0
        self.answers: dict[str, str] = {}
        self.answer_to_sender = OK
        self.answer = OK
        self.hang_at = ""
        self.break_after_data = False
        self.close_after = 0
        self.account: tuple[str, str] | None = None
        self.token: tuple[str, str] | None = None
        self.on_data: Callable[[], None] | None = None

    def __getitem__(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if not getattr(session, "is_counted", False):
            self.connections += 1
            session.is_counted = True
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.answer_to_sender == OK:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.answer_to_sender

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.hang_at == "RCPT":
            await asyncio.sleep(60)
        answer = self.answers.get(address, OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        if self.on_data is not None:
            await asyncio.get_running_loop().run_in_executor(None, self.on_data)
        if self.hang_at == "DATA":
            await asyncio.sleep(60)
        if self.answer != OK:
            return self.answer
        self.senders.append(envelope.mail_from)
        self.recipients.append(envelope.rcpt_tos)
        self.raw.append(envelope.content)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if self.break_after_data:
            server.transport.abort()
        if self.close_after and len(self.mails) % self.close_after == 0:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return OK

    def authenticate(self, server, session, envelope, mechanism, data):
        if isinstance(data, LoginPassword):
            self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=bool(self.logins) and self.logins[-1] == self.account, handled=False)

    async def auth_XOAUTH2(self, server, args):
        said = base64.b64decode(args[1]).decode()
        account, token = self.token
        if said == f"user={account}\x01auth=Bearer {token}\x01\x01":
            return AuthResult(success=True, auth_data=account)
        await server.push("334 eyJzdGF0dXMiOiI0MDEifQ==")
        await server._reader.readline()
        return AuthResult(success=False, handled=False)


@pytest.fixture
def smtp_server():
    """`host, port = smtp_server()`: a MailHost that listens on loopback; `tls` is "", "starttls" or "tls"."""
    with ExitStack() as running:

        def start(tls: str = "", certificate: ssl.SSLContext | None = None, **options):
            host = MailHost()
            host.account = options.pop("account", None)
            host.token = options.pop("token", None)
            if host.account:
                options |= {
                    "auth_required": True,
                    "auth_require_tls": False,
                    "authenticator": host.authenticate,
                }
            if host.token:
                options |= {"auth_required": True, "auth_require_tls": False}
                options["auth_exclude_mechanism"] = ["LOGIN", "PLAIN"]
            else:
                options.setdefault("auth_exclude_mechanism", ["XOAUTH2"])
            if tls == "starttls":
                options |= {"tls_context": certificate, "require_starttls": True}
            elif tls:
                options["ssl_context"] = certificate
            controller = OnSocket(host, **options)
            controller.start()
            running.callback(controller.stop, no_assert=True)
            return host, controller.port

        yield start


class OnSocket(Controller):
    """A controller that listens on a socket opened beforehand, so that its port is known and nobody else's."""

    def __init__(self, handler: Any, **options: Any):
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        super().__init__(handler, hostname=host, port=port, **options)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=self.ssl_context)

    def _trigger_server(self):
        # A server with a certificate of its own making is up as soon as its port answers.
        with socket.create_connection((self.hostname, self.port), timeout=5):
            pass


@cache
def dead_port() -> int:
    """A port that nobody answers at, nor ever will: it is bound to a socket that never listens."""
    _bound.bind(("127.0.0.1", 0))
    return _bound.getsockname()[1]


_bound = socket.socket()


def free_port() -> int:
    """For a program that is told its port: somebody else may take it first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def make_certificate(tmp_path_factory):
    """`make_certificate(name, ends=…)`: (SSLContext of a server with it, the file that makes a client trust it)."""

    def make(*names: x509.GeneralName, ends=datetime.timedelta(days=1)):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=10))
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        folder = tmp_path_factory.mktemp("certificate")
        public, private = folder / "certificate.pem", folder / "key.pem"
        public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(public, private)
        return context, public

    return make


@pytest.fixture(scope="session")
def own_certificate(make_certificate):
    """(SSLContext of a server on 127.0.0.1, the file that makes a client trust it)."""
    return make_certificate(x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


@pytest.fixture
def mail_host(smtp_server, settings):
    """A MailHost that the Ops I notification function sends through."""
    host, port = smtp_server()
    use_smtp(settings, port)
    return host


def use_smtp(settings, port: int, timeout: float = 5) -> None:
    options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
    settings.MAILERS = {
        alias: {"BACKEND": "opsi.smtp.EmailBackend", "OPTIONS": options} for alias in ("default", "opsi")
    }

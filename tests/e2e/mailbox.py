"""A real SMTP server on loopback that keeps what it is sent."""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.smtp import OnSocket


@dataclass(frozen=True)
class Received:
    """One mail as the server took it. `login` is the account that sent it, "" without authentication."""

    recipients: tuple[str, ...]
    message: EmailMessage
    login: str
    encrypted: bool

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part else ""


class Mailbox:
    """Takes mail for everybody. With `login` and `password` only from who signs in; with `certificates`, a folder to
    make them in, only after STARTTLS (the sender must trust `ca_file`)."""

    def __init__(self, login: str = "", password: str = "", certificates: Path | None = None):
        self.login = login
        self.password = password
        self.ca_file = certificates / "ca.pem" if certificates else None
        self.mails: list[Received] = []
        self._news = threading.Condition()
        self._comes = threading.Event()
        options: dict[str, Any] = {"decode_data": False}
        if login:
            options |= {"authenticator": self._authenticate, "auth_required": True}
            options["auth_require_tls"] = certificates is not None
        if certificates:
            options |= {"tls_context": self_signed(certificates / "ca.pem"), "require_starttls": True}
        self._controller = OnSocket(self, **options)
        self.port = self._controller.port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """What OPSI_MAIL_URL is to be."""
        account = f"{self.login}:{self.password}@" if self.login else ""
        return f"smtp{'+tls' if self.ca_file else ''}://{account}127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Received]:
        """What `address` has got so far, in the order it came."""
        with self._news:
            return [mail for mail in self.mails if address in mail.recipients]

    def wait_for(self, enough: Callable[[list[Received]], Any], limit: float = 20.0) -> list[Received]:
        """All mails, as soon as `enough` is true of them. Raises AssertionError naming what came instead."""
        deadline = time.monotonic() + limit
        with self._news:
            while not enough(self.mails):
                if not self._news.wait(deadline - time.monotonic()):
                    came = "\n".join(f"  {', '.join(mail.recipients)}: {mail.subject}" for mail in self.mails)
                    raise AssertionError(
                        f"The awaited mail did not come within {limit} seconds. What came:\n{came}"
                    )
            return list(self.mails)

    def wait_for_mail(self, address: str, count: int = 1, limit: float = 20.0) -> list[Received]:
        """What `address` has got, as soon as that is `count` mails."""
        self.wait_for(lambda mails: sum(address in mail.recipients for mail in mails) >= count, limit)
        return self.to(address)

    @contextmanager
    def keeping_all_waiting(self) -> Iterator[None]:
        """Mail that comes is taken, and its sender told so, only after the block."""
        with self._news:
            yield

    def wait_until_one_waits(self, limit: float = 60.0) -> None:
        assert self._comes.wait(limit), f"No mail came within {limit} seconds"

    def clear(self) -> None:
        with self._news:
            self.mails.clear()

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        expected = LoginPassword(self.login.encode(), self.password.encode())
        good = isinstance(data, LoginPassword) and data == expected
        return AuthResult(success=good, handled=False, auth_data=self.login if good else None)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        login = str(session.auth_data or "")
        received = Received(tuple(envelope.rcpt_tos), message, login, encrypted=session.ssl is not None)
        self._comes.set()
        await asyncio.to_thread(self._keep, received)
        return "250 OK"

    def _keep(self, received: Received) -> None:
        with self._news:
            self.mails.append(received)
            self._news.notify_all()


def self_signed(file: Path) -> ssl.SSLContext:
    """A server context for 127.0.0.1 whose own certificate, written to `file`, is its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file = file.with_name("key.pem")
    key_file.write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    file.write_bytes(certificate.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key_file)
    return context

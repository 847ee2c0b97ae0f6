"""What went wrong between us and a mail server: a Cause, and what the server or the system said."""

import smtplib
import socket
import ssl

from notifications.causes import Cause
from notifications.mail_hosts import HostRefused
from opsi.secrets import SecretUnreadable

LONGEST = 300  # characters of what a server says: enough for a reason, little of anything else
# As OpenSSL counts them (x509_vfy.h).
EXPIRED, OTHER_NAMES = 10, {62, 64}

type Explained = tuple[Cause, str]


def answer(code: int, text: bytes | str) -> str:
    """A server's answer on one line, such as "550 5.1.1 No such user"."""
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return cut(f"{code} {words}")


def cut(words: str) -> str:
    """`words` on one line, as far as they are kept."""
    words = " ".join(words.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def explain(error: BaseException) -> Explained:
    """Why there is nobody to hand mails over to. The words never hold a password, only what the server said."""
    for cause in _causes(error):
        if found := _explained(cause):
            return found
    match error:
        case smtplib.SMTPServerDisconnected() | ConnectionResetError() | BrokenPipeError():
            return Cause.CLOSED, ""
        case smtplib.SMTPResponseException():
            return Cause.TURNED_AWAY, answer(error.smtp_code, error.smtp_error)
        case OSError() if error.strerror:
            return Cause.UNREACHABLE, cut(error.strerror)
    return Cause.NOT_SET_UP, cut(str(error)) or type(error).__name__


def timed_out(error: BaseException) -> bool:
    return any(isinstance(cause, TimeoutError) for cause in _causes(error))


def _causes(error):
    """`error` and what led to it: smtplib hides a timeout behind a closed connection."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _explained(error) -> Explained | None:
    match error:
        case SecretUnreadable():
            return Cause.SECRET, ""
        case HostRefused():
            return Cause.NOT_ALLOWED, str(error)
        case smtplib.SMTPConnectError() if error.smtp_code < 200:
            # Whatever listens there is not to be read out here.
            return Cause.NO_MAIL_SERVER, ""
        case UnicodeEncodeError():
            return Cause.NO_ASCII, ""
        case smtplib.SMTPAuthenticationError():
            return Cause.ACCOUNT, answer(error.smtp_code, error.smtp_error)
        case smtplib.SMTPException() if "No suitable authentication method" in str(error):
            return Cause.NO_KNOWN_SIGN_IN, ""
        case smtplib.SMTPNotSupportedError():
            return _not_offered(error)
        case ssl.SSLCertVerificationError():
            return _of_certificate(error)
        case ssl.SSLError():
            return Cause.NO_ENCRYPTION, error.reason or "TLS"
        case ConnectionRefusedError():
            return Cause.REFUSED, ""
        case socket.gaierror():
            return Cause.NO_NAME, ""
        case TimeoutError():
            return Cause.NO_ANSWER, ""
    return None


def _not_offered(error):
    if "STARTTLS" in str(error):
        return Cause.NO_STARTTLS, ""
    if "AUTH" in str(error):
        return Cause.NO_SIGN_IN, ""
    return Cause.TURNED_AWAY, cut(str(error))


def _of_certificate(error):
    said = error.verify_message or error.reason or ""
    if error.verify_code == EXPIRED:
        return Cause.CERTIFICATE_EXPIRED, said
    if error.verify_code in OTHER_NAMES:
        return Cause.CERTIFICATE_OF_ANOTHER, said
    return Cause.CERTIFICATE, said

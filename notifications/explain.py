"""What went wrong between us and a mail server, as a sentence an administrator can act on."""

import smtplib
import socket
import ssl

from django.utils.translation import gettext as _

from notifications.mail_hosts import HostRefused
from opsi.secrets import SecretUnreadable

LONGEST = 300  # characters of what a server says: enough for a reason, little of anything else


def answer(code: int, text: bytes | str) -> str:
    """A server's answer on one line, such as "550 5.1.1 No such user"."""
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return _cut(f"{code} {words}")


def _cut(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def explain(error: BaseException) -> str:
    """The sentence for `error`, in the active language; it never holds a password, only what the server said."""
    for cause in _causes(error):
        if sentence := _sentence(cause):
            return sentence
    match error:
        case smtplib.SMTPServerDisconnected():
            return _("The server closed the connection. Do the port and the security fit each other?")
        case smtplib.SMTPResponseException():
            return _("The server answered: %(answer)s") % {
                "answer": answer(error.smtp_code, error.smtp_error)
            }
        case OSError() if error.strerror:
            return _("The server could not be reached: %(reason)s.") % {"reason": error.strerror}
    return _cut(str(error)) or type(error).__name__


def timed_out(error: BaseException) -> bool:
    return any(isinstance(cause, TimeoutError) for cause in _causes(error))


def _causes(error):
    """`error` and what led to it: smtplib hides a timeout behind a closed connection."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _sentence(error):
    match error:
        case SecretUnreadable() | HostRefused():
            return str(error)
        case smtplib.SMTPConnectError() if error.smtp_code < 200:
            # Whatever listens there is not to be read out here.
            return _("What answers there is no mail server.")
        case UnicodeEncodeError():
            return _("Account and password may only hold characters of ASCII for this server.")
        case smtplib.SMTPAuthenticationError():
            return _("The server refused the account or the password or token: %(answer)s") % {
                "answer": answer(error.smtp_code, error.smtp_error)
            }
        case smtplib.SMTPException() if "No suitable authentication method" in str(error):
            return _("The server offers none of the ways to sign in that are known here.")
        case smtplib.SMTPNotSupportedError():
            return _not_offered(error)
        case ssl.SSLCertVerificationError():
            return _("The server's certificate is not trusted: %(reason)s.") % {
                "reason": error.verify_message or error.reason
            }
        case ssl.SSLError():
            return _("No encrypted connection came about. Does the port fit the security? (%(reason)s)") % {
                "reason": error.reason or "TLS"
            }
        case ConnectionRefusedError():
            return _("The server refused the connection. Is the port right, and is the mail server running?")
        case socket.gaierror():
            return _("There is no server of this name, or the name could not be looked up.")
        case TimeoutError():
            return _("The server did not answer in time.")
    return ""


def _not_offered(error):
    if "STARTTLS" in str(error):
        return _("The server does not offer STARTTLS. Choose another security.")
    if "AUTH" in str(error):
        return _("The server takes no account and password, at least not with this security.")
    return _cut(str(error))

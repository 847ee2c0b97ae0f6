"""What an administrator can do when a test mail failed; the error itself says what happened (notifications.explain)."""

import re
import smtplib
import socket
import ssl

from django.utils.translation import gettext as _

from notifications.choices import Security
from notifications.models import MailServer
from notifications.transports import AUTHENTICATION_CODES, DeliveryFailed

USUAL_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}
CODE = re.compile(r"([2-5]\d\d)[ -]")


def what_to_do(error: DeliveryFailed) -> str:
    """A sentence or two; "" where the error says it itself."""
    for cause in _causes(error):
        if sentence := _about(cause):
            return sentence
    code = CODE.match(str(error))
    return _about_answer(int(code[1])) if code else ""


def port_and_security(server: MailServer) -> str:
    """A warning where the port is the usual one of another security; "" where they fit."""
    for security, port in USUAL_PORTS.items():
        # Some servers offer STARTTLS on port 25 as well.
        if server.port == port and security != server.security and security != Security.NONE:
            return _("Port %(port)d is usually that of %(other)s; with %(chosen)s try %(usual)d.") % {
                "port": port,
                "other": security.label,
                "chosen": server.get_security_display(),
                "usual": USUAL_PORTS[Security(server.security)],
            }
    return ""


def _causes(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _about(error):
    match error:
        case smtplib.SMTPAuthenticationError():
            return _(
                "Enter account and password again. Many providers want an app password, or OAuth2, instead of the "
                "password people sign in with, and the account must be allowed to send by SMTP."
            )
        case ssl.SSLCertVerificationError():
            return _(
                "Enter the server by the name its certificate was made out for. If the certificate is of your own "
                "organisation, whoever runs this installation must have its issuer trusted here."
            )
        case ssl.SSLError():
            return _(
                "Port 465 goes with TLS, port 587 with STARTTLS. Choose the pair your mail server offers."
            )
        case ConnectionRefusedError():
            return _("Ask whoever runs the mail server for name and port. Usual ports are 25, 465 and 587.")
        case socket.gaierror():
            return _(
                "Check the spelling. The name is what the mail server's handbook calls outgoing or SMTP server."
            )
        case TimeoutError():
            return _(
                "Often a firewall lets nothing through: ask whether this installation may connect to the server's port."
            )
        case smtplib.SMTPServerDisconnected():
            return _(
                "Port 465 goes with TLS, port 587 with STARTTLS. Choose the pair your mail server offers."
            )
    return ""


def _about_answer(code):
    if code in AUTHENTICATION_CODES:
        return _("The server wants an account before it takes mail: choose an authentication and enter it.")
    if 400 <= code < 500:
        return _("The server takes nothing right now. Try again in a few minutes.")
    return _(
        "The server knows you and refuses this mail: usually the account may not send as this sender address, or the "
        "server passes nothing on to your own address."
    )

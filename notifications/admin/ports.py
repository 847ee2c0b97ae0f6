"""The usual ports of mail servers, and a warning where one goes with another security than the chosen."""

from django.utils.translation import gettext as _

from notifications.choices import Security
from notifications.models import MailServer

USUAL_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


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

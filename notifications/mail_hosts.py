"""Which servers the mail server function may connect to, so that its host field opens no way into the network
the program runs in (docs/security.md).

A name says nothing: it is its addresses that are judged, when the settings are saved and again at every connection,
which goes to the very address that was judged. The Ops I function's route comes from the environment and is the
operator's own.
"""

import ipaddress
import socket
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from opsi import smtp

PORTS = frozenset({25, 465, 587, 2525})
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
# Where clouds keep what a machine signs in with; those in 169.254.0.0/16 are refused as link-local.
METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254")))
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class HostRefused(OSError):
    """The installation does not let mail go to this server; the text says why and what would."""


class PortRefused(HostRefused):
    """As HostRefused, for the port."""


def check(host: str, port: int) -> list[str]:
    """The addresses of `host` that may be connected to. Raises HostRefused, and OSError where the name has none."""
    check_port(port)
    return [str(found[0]) for *_rest, found in _looked_up(host, port)]


def check_port(port: int) -> None:
    allowed = settings.OPSI_MAIL_SERVER_PORTS
    if allowed is not None and port not in PORTS | allowed:
        ports = ", ".join(str(one) for one in sorted(PORTS | allowed))
        raise PortRefused(
            _("Port %(port)d is not allowed for mail here: %(ports)s are.") % {"port": port, "ports": ports}
        )


def connect(host: str, port: int, timeout: float | None, source_address=None) -> socket.socket:
    """A connection to an address of `host` that was judged, with no second look-up that could answer differently."""
    check_port(port)
    problem: OSError | None = None
    for family, kind, protocol, _name, address in _looked_up(host, port):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            if source_address:
                connection.bind(source_address)
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
        else:
            return connection
    raise problem or OSError(_("There is no server of this name, or the name could not be looked up."))


def _looked_up(host, port):
    """What `getaddrinfo` says. One address that is not allowed refuses them all: a name that mixes them is a trick."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_rest, address in found:
        _judge(ipaddress.ip_address(str(address[0]).partition("%")[0]))
    return found


def _judge(address: Ip) -> None:
    for one in _meant(address):
        if _is_never_a_server(one):
            raise HostRefused(_("No mail server may be at %(address)s.") % {"address": address})
        if not one.is_global and not settings.OPSI_MAIL_SERVER_PRIVATE:
            raise HostRefused(
                _(
                    "This server is inside the network (%(address)s), which this installation does not allow. Its"
                    " operator can allow it with OPSI_MAIL_SERVER_PRIVATE."
                )
                % {"address": address}
            )


def _meant(address: Ip) -> Iterator[Ip]:
    """The address, and the one that it is another way of writing."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            yield inner
            if address.sixtofour is None:
                return
    yield address


def _is_never_a_server(address: Ip) -> bool:
    if address.is_loopback:
        return False
    return (
        address in METADATA
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or getattr(address, "is_site_local", False)
    )


class Smtp(smtp.Smtp):
    """Connects to a judged address only; everything else, such as whose certificate is asked for, goes by the name."""

    def _get_socket(self, host, port, timeout):
        return connect(host, port, timeout, self.source_address)


class SmtpOverTls(smtp.SmtpOverTls):
    def _get_socket(self, host, port, timeout):
        plain = connect(host, port, timeout, self.source_address)
        try:
            return self.context.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise

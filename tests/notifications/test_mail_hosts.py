"""The mail server's host field opens no way into the network the program runs in (docs/security.md)."""

import socket
import threading

import pytest

from notifications import mail_hosts
from notifications.choices import MailState
from notifications.delivery_failures import Unreachable
from notifications.models import DeliveryAttempt, Mail, MailServer, NotificationFunction
from tests.smtp import use_smtp
from tests.waiting import mail_server

pytestmark = pytest.mark.django_db

PAGE = "/admin/notifications/notificationfunction/"
METADATA = "169.254.169.254"
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
]
NEVER = [
    METADATA,
    f"::ffff:{METADATA}",
    f"64:ff9b::{METADATA}",
    "2002:a9fe:a9fe::",
    "100.100.100.200",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "0.0.0.0",  # noqa: S104
    "::",
    "::127.0.0.1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
]


@pytest.fixture
def closed(settings):
    """As an installation is unless its operator says otherwise."""
    settings.OPSI_MAIL_SERVER_PRIVATE = False
    settings.OPSI_MAIL_SERVER_PORTS = frozenset()


@pytest.fixture
def names(monkeypatch):
    """`names[host] = [address, …]`: what a look-up answers; a list of lists answers one after the other."""
    known: dict[str, list] = {}
    real = socket.getaddrinfo

    def look_up(host, port, *args, **kwargs):
        if host not in known:
            return real(host, port, *args, **kwargs)
        answers = known[host]
        now = answers.pop(0) if len(answers) > 1 and isinstance(answers[0], list) else answers
        now = now[0] if isinstance(now[0], list) else now
        return [found for address in now for found in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def form_of(host, port=587):
    return {
        "host": host,
        "port": port,
        "security": "none",
        "authentication": "none",
        "sender": "desk@example.org",
    }


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_the_network_is_refused_unless_the_operator_allows_it(closed, settings, address):
    with pytest.raises(mail_hosts.HostRefused, match="inside the network"):
        mail_hosts.check(address, 587)
    settings.OPSI_MAIL_SERVER_PRIVATE = True
    assert mail_hosts.check(address, 587)


@pytest.mark.parametrize("address", NEVER)
def test_what_is_no_mail_server_is_refused_even_then(closed, settings, address):
    settings.OPSI_MAIL_SERVER_PRIVATE = True
    with pytest.raises(mail_hosts.HostRefused, match="No mail server may be at"):
        mail_hosts.check(address, 587)


@pytest.mark.parametrize("written", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1"])
def test_other_ways_of_writing_loopback_are_no_way_round(closed, written):
    with pytest.raises(mail_hosts.HostRefused):
        mail_hosts.check(written, 587)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_a_server_on_the_internet_is_taken(closed, address):
    assert mail_hosts.check(address, 587)


def test_one_address_inside_refuses_the_name(closed, names):
    names["mixed.example.net"] = ["8.8.8.8", "10.0.0.1"]
    with pytest.raises(mail_hosts.HostRefused):
        mail_hosts.check("mixed.example.net", 587)


@pytest.mark.parametrize("port", [25, 465, 587, 2525])
def test_the_ports_of_mail(closed, port):
    mail_hosts.check_port(port)


def test_other_ports_need_the_operator(closed, settings):
    with pytest.raises(mail_hosts.PortRefused, match="25, 465, 587, 2525 are"):
        mail_hosts.check_port(6379)
    settings.OPSI_MAIL_SERVER_PORTS = frozenset({6379})
    mail_hosts.check_port(6379)
    settings.OPSI_MAIL_SERVER_PORTS = None
    mail_hosts.check_port(22)


# In the admin


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (form_of("127.0.0.1"), "host"),
        (form_of("localhost"), "host"),
        (form_of(METADATA), "host"),
        (form_of("inside.example.net"), "host"),
        (form_of("0x7f000001"), "host"),
        (form_of("[::ffff:127.0.0.1]"), "host"),
        (form_of("8.8.8.8", 6379), "port"),
    ],
)
def test_saving_says_so_beside_the_field(closed, names, ada, signed_in, sent, field):
    names["inside.example.net"] = ["192.168.0.5"]
    response = signed_in(ada).post(f"{PAGE}server/", sent)
    assert response.status_code == 422
    assert list(response.context["server_form"].errors) == [field]
    assert not MailServer.objects.exists()


def test_a_name_that_cannot_be_looked_up_now_may_be_saved(closed, ada, signed_in):
    assert signed_in(ada).post(f"{PAGE}server/", form_of("smtp.example.invalid")).status_code == 302


def test_the_test_button_does_not_connect(closed, ada, signed_in, smtp_server, settings):
    host, port = smtp_server()
    settings.OPSI_MAIL_SERVER_PORTS = None
    mail_server(port)
    response = signed_in(ada).post(f"{PAGE}mail_server/test/")
    assert response.status_code == 422
    assert "OPSI_MAIL_SERVER_PRIVATE" in response.context["server_failed"]
    assert host.connections == 0


def test_what_answers_is_not_read_out_where_it_is_no_mail_server(ada, signed_in):
    with socket.create_server(("127.0.0.1", 0)) as other:
        mail_server(other.getsockname()[1])

        def greet():
            connection, _address = other.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.9 secret-banner\r\n")
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        response = signed_in(ada).post(f"{PAGE}mail_server/test/")
        thread.join()
    assert response.context["server_failed"] == "What answers there is no mail server."
    assert "secret-banner" not in response.content.decode()


def test_a_long_answer_is_cut(ada, signed_in, smtp_server):
    host, port = smtp_server()
    host.answers["ada@example.com"] = "550 " + "x" * 450
    mail_server(port)
    response = signed_in(ada).post(f"{PAGE}mail_server/test/")
    words = response.context["server_failed"].removeprefix("The server refuses mail to this address: ")
    assert len(words) == 300


# At sending


def test_a_name_that_turns_inside_after_the_check_is_not_followed(closed, names, smtp_server, settings):
    """DNS rebinding: judged as one address, connected to as another."""
    host, port = smtp_server()
    settings.OPSI_MAIL_SERVER_PORTS = None
    names["turning.example.net"] = [["8.8.8.8"], ["127.0.0.1"]]
    assert mail_hosts.check("turning.example.net", port) == ["8.8.8.8"]
    with pytest.raises(mail_hosts.HostRefused):
        mail_hosts.connect("turning.example.net", port, 1)
    assert host.connections == 0


def test_the_connection_asks_for_the_address_once(names, smtp_server):
    host, port = smtp_server()
    names["turning.example.net"] = [["127.0.0.1"], ["192.0.2.1"]]
    server = mail_server(port, host="turning.example.net")
    server.test("ada@example.com")
    assert len(host.mails) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("other.example.net", False)])
def test_tls_still_goes_by_the_name(names, smtp_server, own_certificate, monkeypatch, tls, name, trusted):
    certificate, public = own_certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    names[name] = ["127.0.0.1"]
    host, port = smtp_server(tls=tls, certificate=certificate)
    server = mail_server(port, host=name, security=tls)
    if trusted:
        server.test("ada@example.com")
        assert len(host.mails) == 1
    else:
        with pytest.raises(Unreachable, match="certificate"):
            server.test("ada@example.com")
        assert host.mails == []


def test_mail_to_a_refused_server_waits_and_the_log_says_why(
    closed, settings, smtp_server, ticket, uma, wait, after_window
):
    host, port = smtp_server()
    settings.OPSI_MAIL_SERVER_PORTS = None
    mail_server(port)
    NotificationFunction(function="mail_server").save()
    wait(uma, ticket)
    after_window()
    mail = Mail.objects.get()
    assert (mail.state, host.connections) == (MailState.DUE, 0)
    assert "OPSI_MAIL_SERVER_PRIVATE" in DeliveryAttempt.objects.get().answer


def test_the_operators_own_route_is_not_restricted(closed, settings, ada, signed_in, smtp_server):
    host, port = smtp_server()
    use_smtp(settings, port)
    assert signed_in(ada).post(f"{PAGE}opsi/test/").status_code == 302
    assert len(host.mails) == 1

"""What `manage.py doctor` says of mail: how far it gets, by which way, and what to do where it does not."""

import datetime
import socket
import time

import pytest
from django.utils import timezone

from notifications import diagnosis
from notifications.choices import Authentication, Function, Security
from notifications.models import MailServer, NotificationFunction, WorkerSign
from opsi.doctor import Asked, Verdict, bad, ok
from opsi.environment import Environment
from tests.smtp import dead_port


def said(check, **asked):
    return list(check(Asked(**asked)))


@pytest.fixture
def route(settings):
    """`route(url)`: the Ops I function sends so."""

    def use(url):
        mailer = Environment({"OPSI_MAIL_URL": url}).mailer("OPSI_MAIL_URL", settings.OPSI_DATA_DIR / "mail")
        settings.MAILERS = {"default": mailer, "opsi": mailer}
        settings.OPSI_MAIL_REACHES_NOBODY = url == "file:"

    return use


@pytest.fixture
def own_server(db):
    """`own_server(port, …)`: the mail server entered in the admin, in use."""

    def use(port, **entered):
        entered = {"security": Security.NONE, "authentication": Authentication.NONE} | entered
        server = MailServer(host="127.0.0.1", port=port, sender="desk@example.com", **entered)
        server.save()
        NotificationFunction(function=Function.MAIL_SERVER).save()
        return server

    return use


@pytest.mark.django_db
class TestTheOpsRoute:
    def test_well_and_no_mail_was_sent(self, smtp_server, route):
        host, port = smtp_server()
        route(f"smtp://127.0.0.1:{port}")
        assert said(diagnosis.mail_route) == [ok("The server takes mail from Ops I <ops-i@localhost>.")]
        assert (host.connections, host.mails) == (1, [])

    def test_it_signs_in(self, smtp_server, route):
        host, port = smtp_server(account=("desk", "sesame"))
        route(f"smtp://desk:sesame@127.0.0.1:{port}")
        assert [one.verdict for one in said(diagnosis.mail_route)] == ["ok"]
        assert host.logins == [("desk", "sesame")]

    def test_a_wrong_password(self, smtp_server, route):
        _host, port = smtp_server(account=("desk", "sesame"))
        route(f"smtp://desk:hidden@127.0.0.1:{port}")
        [found] = said(diagnosis.mail_route)
        assert found.verdict == Verdict.BAD
        assert "The server refused the account or the password or token: 535" in found.words
        assert "It is set by OPSI_MAIL_URL" in found.words
        assert "hidden" not in found.words

    def test_a_server_that_wants_to_be_signed_in_to(self, smtp_server, route):
        _host, port = smtp_server(account=("desk", "sesame"))
        route(f"smtp://127.0.0.1:{port}")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "wants to be signed in to" in found.words) == (Verdict.BAD, True)

    def test_a_sender_that_may_not_send(self, smtp_server, route):
        host, port = smtp_server()
        host.answer_to_sender = "553 5.7.1 Not you"
        route(f"smtp://127.0.0.1:{port}")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "553 5.7.1 Not you" in found.words) == (Verdict.BAD, True)

    def test_no_encryption(self, smtp_server, route):
        _host, port = smtp_server()
        route(f"smtp+tls://127.0.0.1:{port}")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "does not offer STARTTLS" in found.words) == (Verdict.BAD, True)

    def test_a_certificate_nobody_trusts(self, smtp_server, route, own_certificate):
        context, _public = own_certificate
        _host, port = smtp_server(tls="tls", certificate=context)
        route(f"smtps://127.0.0.1:{port}")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "certificate is not trusted" in found.words) == (Verdict.BAD, True)

    def test_nobody_there(self, route):
        route(f"smtp://127.0.0.1:{dead_port()}")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "refused the connection" in found.words) == (Verdict.BAD, True)

    def test_a_server_that_says_nothing(self, route, monkeypatch):
        monkeypatch.setattr(diagnosis, "TEST_TIMEOUT", 0.3)
        with socket.create_server(("127.0.0.1", 0)) as mute:
            route(f"smtp://127.0.0.1:{mute.getsockname()[1]}")
            began = time.monotonic()
            [found] = said(diagnosis.mail_route)
        assert (found.verdict, "did not answer in time" in found.words) == (Verdict.BAD, True)
        assert time.monotonic() - began < 5

    def test_files_that_nobody_receives(self, route):
        route("file:")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "reaches nobody" in found.words) == (Verdict.WARNING, True)

    def test_a_password_in_the_clear(self, route):
        route("smtp://desk:hidden@mail.invalid")
        found = said(diagnosis.mail_route)
        assert [one.verdict for one in found] == ["bad", "warning"]
        assert "travels unencrypted" in found[1].words

    def test_a_provider(self, route, settings):
        settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "t"}
        route("anymail:postmark")
        [found] = said(diagnosis.mail_route)
        assert (found.verdict, "postmark is set up" in found.words) == (Verdict.OK, True)


class TestTheMailServer:
    def test_not_in_use(self, db):
        assert said(diagnosis.mail_server) == [ok("Not in use.")]

    def test_in_use(self, smtp_server, route, own_server):
        host, port = smtp_server()
        own_server(port)
        route(f"smtp://127.0.0.1:{dead_port()}")
        assert said(diagnosis.mail_server) == [ok("The server takes mail from desk@example.com.")]
        assert host.mails == []
        # What is not in use alarms nobody.
        assert [one.verdict for one in said(diagnosis.mail_route)] == ["warning"]

    def test_one_that_this_installation_does_not_allow(self, smtp_server, own_server, settings):
        _host, port = smtp_server()
        own_server(port)
        settings.OPSI_MAIL_SERVER_PRIVATE = False
        [found] = said(diagnosis.mail_server)
        assert (found.verdict, "OPSI_MAIL_SERVER_PRIVATE" in found.words) == (Verdict.BAD, True)

    def test_a_password_that_no_key_reads(self, smtp_server, own_server, settings):
        _host, port = smtp_server()
        own_server(port, authentication=Authentication.PASSWORD, account="desk", secret="sesame")
        settings.SECRET_KEY = "another"
        found = said(diagnosis.mail_server)
        assert [one.verdict for one in found] == ["bad", "warning"]
        assert "saved under another OPSI_SECRET_KEY" in found[0].words
        assert "It is set on the page Notification function." in found[0].words

    def test_half_entered(self, own_server):
        own_server(25, authentication=Authentication.PASSWORD)
        assert said(diagnosis.mail_server) == [
            bad(
                "The account is missing. The password or token is missing. Enter it on the page Notification function."
            )
        ]


@pytest.mark.django_db
class TestATestMail:
    def test_only_where_it_is_asked_for(self):
        [found] = said(diagnosis.test_mail)
        assert found.verdict == Verdict.OK

    def test_by_the_ops_route(self, smtp_server, route):
        host, port = smtp_server()
        route(f"smtp://127.0.0.1:{port}")
        found = said(diagnosis.test_mail, mail_to="ops@example.com", tables=False)
        assert found == [ok("It was accepted for ops@example.com.")]
        assert [mail["Subject"] for mail in host["ops@example.com"]] == [
            "Test mail of the notification function"
        ]

    def test_by_the_mail_server_that_then_counts_as_tested(self, smtp_server, route, own_server):
        host, port = smtp_server()
        own_server(port)
        route(f"smtp://127.0.0.1:{dead_port()}")
        assert said(diagnosis.test_mail, mail_to="ops@example.com") == [
            ok("It was accepted for ops@example.com.")
        ]
        assert host.senders == ["desk@example.com"]
        assert MailServer.load().is_tested

    def test_an_address_that_is_refused(self, smtp_server, route):
        host, port = smtp_server()
        host.answers["ops@example.com"] = "550 5.1.1 Nobody here"
        route(f"smtp://127.0.0.1:{port}")
        [found] = said(diagnosis.test_mail, mail_to="ops@example.com")
        assert (found.verdict, "550 5.1.1 Nobody here" in found.words) == (Verdict.BAD, True)

    def test_one_that_is_kept(self, route):
        route("file:")
        assert said(diagnosis.test_mail, mail_to="ops@example.com") == [ok("It was kept as a file.")]


@pytest.mark.django_db
class TestAWorkersClock:
    def test_none_was_heard_of(self):
        assert [one.verdict for one in said(diagnosis.workers_clock)] == ["ok"]

    def test_ahead(self):
        WorkerSign(heard_at=timezone.now() + datetime.timedelta(minutes=5)).save()
        [found] = said(diagnosis.workers_clock)
        assert (found.verdict, "in the future" in found.words) == (Verdict.BAD, True)

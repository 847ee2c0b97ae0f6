"""A mail server whose encryption or sign-in fails: nothing goes in the clear, no mail fails, and the log says why."""

import datetime

import pytest
from cryptography import x509

from notifications.choices import MailState
from notifications.models import DeliveryAttempt
from tests.faults.delivery_log import PORTS, PORTS_JA, SET_HERE, SET_HERE_JA, log_says, states
from tests.faults.hostile import NOTHING, hostile
from tests.faults.mail_faults import five, through_own_server

__all__ = ["five", "hostile", "through_own_server"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestEncryption:
    def test_without_starttls_nothing_is_said_in_the_clear(
        self, five, after_window, hostile, through_own_server
    ):
        """Guard: whoever asks for STARTTLS gets no plain connection instead."""
        plain = hostile(EHLO=b"250 mail.example.org\r\n")
        through_own_server(plain.port, security="starttls", account="desk", secret="s3cret")
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert plain.heard == ["EHLO"]
        assert log_says() == (
            "The server does not offer STARTTLS. Choose another security.",
            "Port 465 goes with TLS. If the server did offer it before, ask whoever runs it: mail is not sent "
            "unencrypted instead." + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーは STARTTLS に対応していません。別のセキュリティを選択してください。",
            "ポート 465 は TLS と組み合わせます。以前は対応していた場合は、サーバーの管理者に確認してください。"
            "代わりに暗号化せずに送ることはありません。" + SET_HERE_JA,
        )

    def test_starttls_that_is_announced_and_then_fails(self, five, after_window, hostile, through_own_server):
        """Guard: the handshake is part of opening the connection: no mail fails, nothing is said in the clear."""
        broken = hostile(
            EHLO=b"250-mail.example.org\r\n250 STARTTLS\r\n",
            STARTTLS=b"220 Go on\r\n",
            HANDSHAKE=b"250 This is no handshake\r\n",
        )
        through_own_server(broken.port, security="starttls", account="desk", secret="s3cret")
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert broken.heard == ["EHLO", "STARTTLS"]
        assert log_says() == (
            "No encrypted connection came about. Does the port fit the security? (WRONG_VERSION_NUMBER)",
            PORTS + SET_HERE,
        )
        assert log_says(language="ja") == (
            "暗号化接続を確立できませんでした。ポートとセキュリティの組み合わせは正しいですか?(WRONG_VERSION_NUMBER)",
            PORTS_JA + SET_HERE_JA,
        )

    def test_starttls_that_is_announced_and_then_hangs_up(
        self, five, after_window, hostile, through_own_server
    ):
        broken = hostile(EHLO=b"250-mail.example.org\r\n250 STARTTLS\r\n", STARTTLS=NOTHING)
        through_own_server(broken.port, security="starttls")
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            "The server closed the connection. Do the port and the security fit each other?",
            PORTS + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーが接続を閉じました。ポートとセキュリティの組み合わせは正しいですか?",
            PORTS_JA + SET_HERE_JA,
        )

    def test_starttls_that_is_announced_and_then_refused(
        self, five, after_window, hostile, through_own_server
    ):
        broken = hostile(
            EHLO=b"250-mail.example.org\r\n250 STARTTLS\r\n",
            STARTTLS=b"454 4.7.0 TLS not available due to local problem\r\n",
        )
        through_own_server(broken.port, security="starttls")
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            "The server answered: 454 4.7.0 TLS not available due to local problem",
            "Give this answer to whoever runs the mail server: it takes nothing from this installation.",
        )

    @pytest.mark.parametrize("tls", ["starttls", "tls"])
    def test_a_certificate_nobody_vouches_for(
        self, five, after_window, smtp_server, own_certificate, through_own_server, tls
    ):
        """Guard: Django's mailer checks certificates; mail is neither sent nor failed."""
        host, port = smtp_server(tls=tls, certificate=own_certificate[0])
        through_own_server(port, host="localhost", security=tls)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert host.mails == []
        assert log_says() == (
            "The server's certificate is not trusted: self-signed certificate.",
            "Enter the server by the name its certificate was made out for. If the certificate is of your own "
            "organisation, whoever runs this installation must have its issuer trusted here." + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーの証明書を信頼できません:self-signed certificate。",
            "証明書に書かれている名前でサーバーを入力してください。自組織の証明書の場合は、このシステムの運用担当者が発行元を"
            "信頼済みにする必要があります。" + SET_HERE_JA,
        )

    @pytest.mark.parametrize("tls", ["starttls", "tls"])
    def test_a_certificate_that_has_expired(
        self, five, after_window, smtp_server, make_certificate, through_own_server, monkeypatch, tls
    ):
        expired = make_certificate(x509.DNSName("localhost"), ends=datetime.timedelta(days=-1))
        monkeypatch.setenv("SSL_CERT_FILE", str(expired[1]))
        host, port = smtp_server(tls=tls, certificate=expired[0])
        through_own_server(port, host="localhost", security=tls)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert host.mails == []
        assert log_says() == (
            "The server's certificate has expired.",
            "Whoever runs the mail server must renew it. Is the clock of this machine right?",
        )
        assert log_says(language="ja") == (
            "サーバーの証明書の有効期限が切れています。",
            "メールサーバーの管理者による更新が必要です。このサーバー機の時計は合っていますか?",
        )

    @pytest.mark.parametrize("tls", ["starttls", "tls"])
    def test_a_certificate_of_another_host(
        self, five, after_window, smtp_server, make_certificate, through_own_server, monkeypatch, tls
    ):
        other = make_certificate(x509.DNSName("mail.example.net"))
        monkeypatch.setenv("SSL_CERT_FILE", str(other[1]))
        host, port = smtp_server(tls=tls, certificate=other[0])
        through_own_server(port, host="localhost", security=tls)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert host.mails == []
        reason = "Hostname mismatch, certificate is not valid for 'localhost'."
        assert log_says() == (
            f"The server's certificate is that of another server: {reason}",
            "Enter the server by the name its certificate was made out for." + SET_HERE,
        )
        assert log_says(language="ja") == (
            f"サーバーの証明書は別のサーバーのものです:{reason}",
            "証明書に書かれている名前でサーバーを入力してください。" + SET_HERE_JA,
        )


class TestSigningIn:
    def test_a_password_that_is_refused_fails_nobodys_mail(
        self, five, after_window, smtp_server, through_own_server
    ):
        """Guard: Unreachable; one try, since accounts are locked after a few."""
        host, port = smtp_server(account=("desk", "right"))
        through_own_server(port, account="desk", secret="wr0ng")
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert set(host.logins) == {("desk", "wr0ng")}
        assert host.connections == 1
        said = "535 5.7.8 Authentication credentials invalid"
        assert log_says() == (
            f"The server refused the account or the password or token: {said}",
            "Enter account and password again. Many providers want an app password, or OAuth2, instead of the password "
            "people sign in with, and the account must be allowed to send by SMTP." + SET_HERE,
        )
        assert log_says(language="ja") == (
            f"サーバーがアカウント、パスワードまたはトークンを拒否しました:{said}",
            "アカウントとパスワードを入力し直してください。多くのサービスでは、通常のサインインのパスワードではなく、アプリ"
            "パスワードか OAuth2 が必要です。また、アカウントに SMTP での送信が許可されている必要があります。"
            + SET_HERE_JA,
        )
        assert not DeliveryAttempt.objects.filter(answer__contains="wr0ng").exists()

    def test_a_server_that_offers_none(self, five, after_window, hostile, through_own_server):
        plain = hostile(EHLO=b"250 mail.example.org\r\n", QUIT=b"221 Bye\r\n")
        through_own_server(plain.port, account="desk", secret="s3cret")
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            "The server takes no account and password, at least not with this security.",
            "Choose STARTTLS or TLS, or no authentication if the server takes mail without." + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーは、少なくともこのセキュリティではアカウントとパスワードを受け付けません。",
            "STARTTLS または TLS を選んでください。サーバーが認証なしで受け付ける場合は、認証なしを選べます。"
            + SET_HERE_JA,
        )

    def test_a_server_that_offers_only_ways_nobody_here_knows(
        self, five, after_window, hostile, through_own_server
    ):
        odd = hostile(EHLO=b"250-mail.example.org\r\n250 AUTH GSSAPI\r\n", QUIT=b"221 Bye\r\n")
        through_own_server(odd.port, account="desk", secret="s3cret")
        assert after_window() == 0
        assert log_says() == (
            "The server offers none of the ways to sign in that are known here.",
            "Ask whoever runs the mail server to allow PLAIN or LOGIN over an encrypted connection."
            + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーは対応している認証方式を提供していません。",
            "メールサーバーの管理者に、暗号化接続での PLAIN または LOGIN を許可してもらってください。"
            + SET_HERE_JA,
        )

    def test_a_server_that_wants_a_sign_in_we_do_not_make(
        self, five, after_window, smtp_server, through_own_server
    ):
        _host, port = smtp_server(account=("desk", "right"))
        through_own_server(port)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            "The server wants to be signed in to: 530 5.7.0 Authentication required",
            "The server wants an account before it takes mail: choose an authentication and enter it."
            + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーは認証を求めています:530 5.7.0 Authentication required",
            "サーバーはメールを受け取る前にアカウントを求めています。認証方式を選び、アカウントを入力してください。"
            + SET_HERE_JA,
        )

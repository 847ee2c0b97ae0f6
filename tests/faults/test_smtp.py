"""A mail server that fails in every way there is: what becomes of the mail, and what an administrator reads.

Each sentence stands whole, in English and in Japanese. What is held elsewhere is named in docs/reliability.md.
"""

import time

import pytest

from notifications.choices import ItemState, MailState, Outcome
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, Mail, MailItem, MailServer
from notifications.outcomes import MOST_ATTEMPTS
from tests.faults.delivery_log import (
    AS_ONE,
    AS_ONE_JA,
    BY_ITSELF,
    BY_ITSELF_JA,
    SET_BY_ENVIRONMENT,
    SET_BY_ENVIRONMENT_JA,
    SET_HERE,
    SET_HERE_JA,
    last_line,
    log_says,
    states,
)  # fmt: skip
from tests.faults.desk import crowd
from tests.faults.hostile import DRIPS, hostile
from tests.faults.mail_faults import five, through_own_server
from tests.smtp import dead_port, use_smtp
from tests.waiting import minutes

__all__ = ["five", "hostile", "through_own_server"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PATIENCE = 2.0  # seconds that a hanging server is waited for, once for each mail that is tried


@pytest.fixture
def waiting(ticket, uma, wait):
    """A mail to uma that is due in 10 minutes."""
    return wait(uma, ticket)


class TestNobodyThere:
    def test_a_refused_connection_lets_all_wait_until_it_is_back(
        self, five, after_window, clock, mail_host, settings
    ):
        """Guard: Unreachable, which ends the run instead of failing mails."""
        back = settings.MAILERS
        use_smtp(settings, dead_port())
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            "The server refused the connection. Is the port right, and is the mail server running?",
            "Ask whoever runs the mail server for name and port. Usual ports are 25, 465 and 587."
            + SET_BY_ENVIRONMENT,
        )
        assert log_says(language="ja") == (
            "サーバーが接続を拒否しました。ポートは正しいですか? メールサーバーは稼働していますか?",
            "メールサーバーの管理者に、名前とポートを確認してください。通常のポートは 25、465、587 です。"
            + SET_BY_ENVIRONMENT_JA,
        )
        settings.MAILERS = back
        clock.shift(minutes(2))
        assert send_due() == 5

    def test_a_server_that_takes_the_connection_and_says_nothing(self, five, after_window, hostile, settings):
        """Guard: Unreachable; without it each of the five would wait for the server."""
        silent = hostile(None)
        use_smtp(settings, silent.port, timeout=PATIENCE)
        assert after_window() == 0
        assert silent.connections == 1
        assert set(states().values()) == {MailState.DUE}
        assert log_says("vera@example.com") == (
            "The server did not answer in time.",
            "Often a firewall lets nothing through: ask whether this installation may connect to the server's port."
            + SET_BY_ENVIRONMENT,
        )
        assert log_says("vera@example.com", "ja") == (
            "サーバーから時間内に応答がありませんでした。",
            "多くはファイアウォールが通信を止めています。このシステムからサーバーのポートに接続できるか、確認してください。"
            + SET_BY_ENVIRONMENT_JA,
        )

    def test_a_server_that_turns_us_away_at_the_door(self, five, after_window, hostile, settings):
        door = hostile(b"554 5.7.1 Your address is on a block list\r\n", QUIT=b"221 Bye\r\n")
        use_smtp(settings, door.port)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            "The server answered: 554 5.7.1 Your address is on a block list",
            "Give this answer to whoever runs the mail server: it takes nothing from this installation.",
        )
        assert log_says(language="ja") == (
            "サーバーの応答:554 5.7.1 Your address is on a block list",
            "この応答をメールサーバーの管理者に伝えてください。このシステムからは何も受け付けていません。",
        )


class TestNotNow:
    @pytest.mark.parametrize("answer", ["450 4.7.1 Greylisted", "451 4.3.0 Local error"])
    def test_greylisting_is_waited_for(self, waiting, after_window, mail_host, answer):
        mail_host.answers["uma@example.com"] = answer
        assert after_window() == 0
        assert states() == {"uma": MailState.DUE}
        assert log_says() == (f"The server does not take this mail now: {answer}", BY_ITSELF)
        assert log_says(language="ja") == (f"サーバーは今はこのメールを受け付けません:{answer}", BY_ITSELF_JA)

    def test_a_server_that_shuts_down_is_waited_for(self, waiting, after_window, mail_host):
        mail_host.answers["uma@example.com"] = "421 4.3.2 Going down"
        assert after_window() == 0
        assert states() == {"uma": MailState.DUE}
        assert log_says() == ("The server broke off before it had the mail: 421 4.3.2 Going down", BY_ITSELF)
        assert log_says(language="ja") == (
            "サーバーは、メールを受け取る前に接続を切りました:421 4.3.2 Going down",
            BY_ITSELF_JA,
        )

    def test_the_last_line_of_what_is_given_up_promises_no_other_try(self, waiting, after_window, mail_host):
        """Guard: Result names the end GIVEN_UP."""
        Mail.objects.update(attempts=MOST_ATTEMPTS - 1)
        mail_host.answers["uma@example.com"] = "450 4.7.1 Greylisted"
        after_window()
        assert states() == {"uma": MailState.FAILED}
        assert last_line().get_outcome_display() == "not now either, and given up"


class TestRefusedForGood:
    def test_one_of_fifty_stops_none_of_the_others(self, ticket, wait, after_window, mail_host):
        """Guard: Permanent is this mail's alone; the connection goes on after RSET."""
        for person in crowd(50):
            wait(person, ticket)
        mail_host.answers["person7@example.com"] = "550 5.1.1 No such user"
        assert after_window() == 49
        assert {login for login, state in states().items() if state != MailState.SENT} == {"person7"}
        assert (mail_host.connections, DeliveryAttempt.objects.count()) == (1, 50)
        assert states()["person7"] == MailState.FAILED
        [told] = ticket.events.filter(name="EmailDeliveryFailure")
        assert told.new["name"] == "Person 7"
        assert log_says("person7@example.com") == (
            "The server refuses mail to this address: 550 5.1.1 No such user",
            "Usually the address no longer exists: correct it on its person's page, then try again. Where all "
            "addresses are refused, the account may not send as this sender address, or the server passes nothing on.",
        )
        assert log_says("person7@example.com", "ja") == (
            "サーバーは、このアドレスへのメールを拒否しました:550 5.1.1 No such user",
            "多くはアドレスがもう存在しません。本人のページで直し、もう一度送信してください。すべてのアドレスが拒否される場合は、"
            "アカウントにこの差出人アドレスでの送信が許可されていないか、サーバーが転送を行いません。",
        )

    def test_a_text_it_takes_for_spam(self, waiting, after_window, mail_host):
        mail_host.answer = "554 5.7.1 Looks like spam"
        after_window()
        assert states() == {"uma": MailState.FAILED}
        assert log_says() == (
            "The server refuses what the mail says: 554 5.7.1 Looks like spam",
            "Usually a spam filter: have whoever runs the mail server let mail of the sender address pass, then try "
            "again.",
        )
        assert log_says(language="ja") == (
            "サーバーは、メールの内容を拒否しました:554 5.7.1 Looks like spam",
            "多くは迷惑メールフィルターによるものです。メールサーバーの管理者に、差出人アドレスからのメールを通してもらい、"
            "もう一度送信してください。",
        )

    def test_a_refused_sender_fails_nobodys_mail(
        self, five, ticket, after_window, smtp_server, through_own_server
    ):
        """Guard: Cause.SENDER is Unreachable; else each mail would fail for a setting that is wrong."""
        host, port = smtp_server()
        host.answer_to_sender = "553 5.7.1 You may not send as desk@example.org"
        through_own_server(port)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert not ticket.events.filter(name="EmailDeliveryFailure").exists()
        assert log_says() == (
            "The server refuses the sender address: 553 5.7.1 You may not send as desk@example.org",
            "Enter a sender address that the account may send as, or have the server allow this one."
            + SET_HERE,
        )
        assert log_says(language="ja") == (
            "サーバーが差出人アドレスを拒否しました:553 5.7.1 You may not send as desk@example.org",
            "アカウントに許可されている差出人アドレスを入力するか、このアドレスをサーバーで許可してもらってください。"
            + SET_HERE_JA,
        )


class TestHanging:
    def test_before_the_text_three_mails_are_enough(self, five, after_window, smtp_server, settings):
        """Guard: MOST_HANG_UPS, for HungUp."""
        host, port = smtp_server()
        use_smtp(settings, port, timeout=PATIENCE)
        host.hang_at = "RCPT"
        assert after_window() == 0
        assert host.connections == 3
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == ("The server fell silent before it had the mail.", BY_ITSELF)
        assert log_says(language="ja") == (
            "サーバーは、メールを受け取る前に応答しなくなりました。",
            BY_ITSELF_JA,
        )
        assert log_says("vera@example.com") == (
            "It was not tried: the server failed with three mails before it "
            "(Connection unexpectedly closed: timed out).",
            "See what the log says of the mails before it. It is tried again by itself.",
        )
        assert log_says("vera@example.com", "ja") == (
            "このメールは試されませんでした。その前の3通でサーバーが失敗しています"
            "(Connection unexpectedly closed: timed out)。",
            "その前のメールについてのログを確認してください。このメールは自動で再送されます。",
        )

    def test_behind_the_text_three_mails_are_enough_and_come_again_as_the_same(
        self, five, after_window, clock, smtp_server, settings
    ):
        """Guards: MOST_HANG_UPS, for Unknown; the frozen Message-ID."""
        host, port = smtp_server()
        use_smtp(settings, port, timeout=PATIENCE)
        host.hang_at = "DATA"
        assert after_window() == 0
        assert host.connections == 3
        assert last_line().outcome == Outcome.UNKNOWN
        assert log_says() == (
            "The server fell silent when it had the mail: it may have kept it, or not.",
            AS_ONE,
        )
        assert log_says(language="ja") == (
            "サーバーは、メールの本文を受け取ったところで応答しなくなりました。受け付けられたかどうかは分かりません。",
            AS_ONE_JA,
        )
        assert last_line("vera@example.com").outcome == Outcome.TEMPORARY
        frozen = dict(Mail.objects.values_list("address", "message_id"))
        host.hang_at = ""
        use_smtp(settings, port)
        clock.shift(minutes(2))
        assert send_due() == 5
        assert {mail["To"]: mail["Message-ID"] for mail in host.mails} == frozen

    @pytest.mark.parametrize("own", [False, True], ids=["through Ops I", "through the own server"])
    def test_an_answer_that_drips_is_waited_for_no_longer_than_one_that_never_comes(
        self, own, waiting, after_window, hostile, settings, through_own_server, monkeypatch
    ):
        """Guard: the deadline of a whole answer (opsi/smtp.py); a drip is not an answer."""
        server = hostile(EHLO=b"250 mail.example.org\r\n", MAIL=DRIPS)
        if own:
            monkeypatch.setattr(MailServer.transport, "__defaults__", (PATIENCE,))
            through_own_server(server.port)
        else:
            use_smtp(settings, server.port, timeout=PATIENCE)
        began = time.monotonic()
        assert after_window() == 0
        assert PATIENCE <= time.monotonic() - began < 5 * PATIENCE
        assert states() == {"uma": MailState.DUE}
        assert log_says()[0] == "The server fell silent before it had the mail."

    def test_it_closes_the_connection_when_it_has_the_text(self, waiting, after_window, clock, mail_host):
        """Guard: Unknown, and the frozen Message-ID."""
        mail_host.break_after_data = True
        assert after_window() == 0
        assert (states(), last_line().outcome) == ({"uma": MailState.DUE}, Outcome.UNKNOWN)
        assert log_says() == (
            "The server broke off when it had the mail: it may have kept it, or not (Connection unexpectedly closed).",
            AS_ONE,
        )
        assert log_says(language="ja") == (
            "サーバーは、メールの本文を受け取ったところで接続を切りました。受け付けられたかどうかは分かりません"
            "(Connection unexpectedly closed)。",
            AS_ONE_JA,
        )
        mail_host.break_after_data = False
        clock.shift(minutes(2))
        assert send_due() == 1
        assert len({mail["Message-ID"] for mail in mail_host.mails}) == 1


@pytest.mark.parametrize(
    ("language", "happened", "what_to_do"),
    [
        ("en", "The server does not take this mail now: 450 4.7.1 Greylisted", BY_ITSELF),
        ("ja", "サーバーは今はこのメールを受け付けません:450 4.7.1 Greylisted", BY_ITSELF_JA),
    ],
)
def test_the_delivery_log_says_it_to_each_administrator_in_their_language(
    waiting, after_window, mail_host, ada, signed_in, language, happened, what_to_do
):
    mail_host.answers["uma@example.com"] = "450 4.7.1 Greylisted"
    after_window()
    ada.language = language
    ada.save()
    admin, log = signed_in(ada), "/admin/notifications/mail/"
    assert happened in admin.get(log).text
    page = admin.get(f"{log}{Mail.objects.get().pk}/change/").text
    assert happened in page
    assert what_to_do in page
    assert MailItem.objects.get().state == ItemState.WAITING

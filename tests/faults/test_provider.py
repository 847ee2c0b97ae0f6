"""A mail provider that fails: what becomes of the mail, and what an administrator reads, in English and Japanese.

The provider is a real server on loopback that answers as Brevo's API does.
"""

import pytest

from notifications.choices import MailState, Outcome
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, Mail
from tests.faults.delivery_log import (
    AS_ONE,
    AS_ONE_JA,
    SET_BY_ENVIRONMENT,
    SET_BY_ENVIRONMENT_JA,
    last_line,
    log_says,
    states,
)  # fmt: skip
from tests.faults.mail_faults import five
from tests.mail_provider import hesitate
from tests.waiting import START, minutes

__all__ = ["five"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def waiting(ticket, uma, wait):
    """A mail to uma that is due in 10 minutes."""
    return wait(uma, ticket)


class TestTooMuch:
    SAID = '429 Too Many Requests: {"message": "Rate limit"}'

    @pytest.fixture(autouse=True)
    def limit(self, provider):
        provider.status, provider.body = 429, b'{"message": "Rate limit"}'

    def test_one_answer_is_enough_for_the_batch(self, five, after_window, clock, provider):
        """Guard: Unreachable, which ends the run."""
        assert after_window() == 0
        assert len(provider.received) == 1
        assert set(states().values()) == {MailState.DUE}
        assert log_says("vera@example.com") == (
            f"The mail provider takes no more for now: {self.SAID}",
            "Mail waits and leaves by itself. If it happens often, set fewer mails a minute or book more at the "
            "provider.",
        )
        assert log_says("vera@example.com", "ja") == (
            f"メール配信サービスが、今はこれ以上受け付けません:{self.SAID}",
            "メールは待機し、自動で送信されます。たびたび起きる場合は、1分あたりの通数を減らすか、サービスの契約を増やしてください。",
        )
        provider.status, provider.body = 201, b'{"messageId": "<1@provider>"}'
        clock.shift(minutes(2))
        assert send_due() == 5

    @pytest.mark.parametrize(
        ("retry_after", "at_least"),
        [
            ("600", 10),
            ("Mon, 23 Nov 2026 09:30:00 GMT", 20),  # it is 09:10
            ("86400", 60),  # no longer than any other mail
            ("Mon, 23 Nov 2026 08:00:00 GMT", 1),
            ("-5", 1),
            ("soon", 1),
            ("²", 1),
        ],
    )
    def test_it_is_left_alone_as_long_as_it_asks(self, five, after_window, provider, retry_after, at_least):
        """Guard: `delay_after` asks what the server asked for."""
        provider.headers = {"Retry-After": retry_after.encode().decode("latin-1")}
        after_window()
        now = START + minutes(10)
        for mail in Mail.objects.all():
            assert minutes(at_least) <= mail.closes_at - now <= minutes(at_least * 1.25)


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "name"), [(500, "Internal Server Error"), (503, "Service Unavailable")]
    )
    def test_a_fault_of_its_own(self, five, after_window, provider, status, name):
        provider.status, provider.body = status, b""
        assert after_window() == 0
        assert len(provider.received) == 1
        assert set(states().values()) == {MailState.DUE}
        assert log_says() == (
            f"The mail provider has a fault of its own: {status} {name}",
            "Nothing: mail waits and leaves by itself. The provider's status page says more.",
        )
        assert log_says(language="ja") == (
            f"メール配信サービス側で障害が起きています:{status} {name}",
            "何もする必要はありません。メールは待機し、自動で送信されます。詳しくは、サービスの稼働状況のページをご覧ください。",
        )

    def test_it_does_not_answer_in_time_three_times(self, five, after_window, provider, settings):
        """Guard: Unknown, and MOST_HANG_UPS: five would cost five times the patience."""
        hesitate(provider, settings)
        assert after_window() == 0
        assert set(states().values()) == {MailState.DUE}
        assert list(DeliveryAttempt.objects.order_by("pk").values_list("outcome", flat=True)) == [
            *[Outcome.UNKNOWN] * 3,
            *[Outcome.TEMPORARY] * 2,
        ]
        assert log_says() == (
            "The mail provider had the mail and did not answer in time: it may have kept it, or not.",
            AS_ONE,
        )
        assert log_says(language="ja") == (
            "メール配信サービスは、メールを受け取りましたが時間内に応答しませんでした。受け付けられたかどうかは分かりません。",
            AS_ONE_JA,
        )

    def test_it_hangs_up_when_it_has_the_mail(self, waiting, after_window, clock, provider):
        """Guard: Unknown; it comes again with the same marks, by which the provider's reports are known."""
        provider.hangs_up = True
        assert after_window() == 0
        assert last_line().outcome == Outcome.UNKNOWN
        assert log_says() == (
            "The mail provider broke off when it had the mail: it may have kept it, or not.",
            AS_ONE,
        )
        assert log_says(language="ja") == (
            "メール配信サービスは、メールを受け取ったところで接続を切りました。受け付けられたかどうかは分かりません。",
            AS_ONE_JA,
        )
        provider.hangs_up = False
        clock.shift(minutes(2))
        assert send_due() == 1
        first, *_others, last = provider.received
        assert first["headers"]["X-Mailin-custom"] == last["headers"]["X-Mailin-custom"]
        assert first["headers"]["Message-ID"] == last["headers"]["Message-ID"]

    def test_it_answers_what_nobody_understands(self, waiting, after_window, provider):
        provider.body = b"OK"
        assert after_window() == 0
        assert last_line().outcome == Outcome.UNKNOWN
        assert log_says() == (
            "The mail provider gave an answer that says nothing: it may have kept the mail, or not (201 Created: OK).",
            AS_ONE,
        )
        assert log_says(language="ja") == (
            "メール配信サービスの応答は意味が分かりません。受け付けられたかどうかは分かりません(201 Created: OK)。",
            AS_ONE_JA,
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "name"),
        [(401, "Unauthorized"), (402, "Payment Required"), (403, "Forbidden"), (404, "Not Found")],
    )
    def test_a_key_or_a_bill_fails_nobodys_mail(self, five, ticket, after_window, provider, status, name):
        """Guard: what is not OF_ONE_MAIL is Unreachable."""
        provider.status, provider.body = status, b""
        assert after_window() == 0
        assert len(provider.received) == 1
        assert set(states().values()) == {MailState.DUE}
        assert not ticket.events.filter(name="EmailDeliveryFailure").exists()
        assert log_says() == (
            f"The mail provider refuses this installation: {status} {name}",
            "Check the provider's key and, with the provider, whether the account is open and paid for."
            + SET_BY_ENVIRONMENT,
        )
        assert log_says(language="ja") == (
            f"メール配信サービスが、このシステムからの送信を拒否しました:{status} {name}",
            "サービスのキーを確認し、アカウントが有効で支払いが済んでいるかをサービスに確認してください。"
            + SET_BY_ENVIRONMENT_JA,
        )

    def test_one_recipient_that_it_refuses_stops_nobody_else(self, five, ticket, after_window, provider):
        """Guard: Permanent is this mail's alone."""
        provider.answers["uma@example.com"] = (400, b'{"message": "email is not valid"}')
        assert after_window() == 4
        assert {login for login, state in states().items() if state == MailState.FAILED} == {"uma"}
        assert ticket.events.filter(name="EmailDeliveryFailure").count() == 1
        said = '400 Bad Request: {"message": "email is not valid"}'
        assert log_says() == (
            f"The mail provider refuses this mail: {said}",
            "Usually the address is wrong: correct it on its person's page, then try again. Where all addresses are "
            "refused, ask the provider whether it knows the sender address.",
        )
        assert log_says(language="ja") == (
            f"メール配信サービスが、このメールを拒否しました:{said}",
            "多くはアドレスの誤りです。本人のページで直し、もう一度送信してください。すべてのアドレスが拒否される場合は、"
            "差出人アドレスが登録されているかをサービスに確認してください。",
        )

    @pytest.mark.parametrize("status", [400, 401, 429, 500])
    def test_its_key_stands_in_no_log(self, waiting, after_window, provider, status, caplog):
        caplog.set_level("DEBUG")
        provider.status = status
        after_window()
        assert "key-nobody-sees" not in last_line().answer
        assert "key-nobody-sees" not in caplog.text

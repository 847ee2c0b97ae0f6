"""A provider's reports come forged, twice, and before we know that the mail has left: all over real connections.

What each report does to a mail is held in tests/notifications/test_webhooks.py.
"""

import hashlib
import hmac
import itertools

import pytest
import requests

from notifications.choices import MailState, Outcome
from notifications.mailing import send_due
from notifications.models import AddressPause, DeliveryAttempt, Mail
from tests.faults.delivery_log import last_line, log_says
from tests.waiting import minutes
from tickets.models import TicketEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

USER, PASSWORD = "opsi", "a-long-random-text"
SIGNING_KEY = "key-of-the-provider"
GONE = "550 5.1.1 No such user"


@pytest.fixture
def report(live_server, settings):
    """`report("delivered", …)`: the provider POSTs it; returns the status of the answer."""
    settings.ANYMAIL = getattr(settings, "ANYMAIL", {}) | {"WEBHOOK_SECRET": f"{USER}:{PASSWORD}"}

    def post(event, auth=(USER, PASSWORD), **said):
        said = {
            "message-id": "<1@provider>",
            "email": "uma@example.com",
            "ts_epoch": 1,
            "event": event,
        } | said
        return requests.post(
            f"{live_server.url}/anymail/brevo/tracking/", json=said, auth=auth, timeout=60
        ).status_code

    return post


@pytest.fixture
def sent(ticket, uma, wait, after_window, provider, report):
    """A mail to uma that the provider accepted, and called <1@provider>."""
    wait(uma, ticket)
    assert after_window() == 1
    return Mail.objects.get()


def known():
    """All that reports may change."""
    return (
        list(Mail.objects.order_by("pk").values()),
        list(DeliveryAttempt.objects.order_by("pk").values()),
        list(AddressPause.objects.order_by("pk").values()),
        TicketEvent.objects.count(),
    )


class TestForged:
    @pytest.mark.parametrize(
        "auth", [None, (USER, "wrong"), ("other", PASSWORD), (USER, ""), (USER, PASSWORD.upper())]
    )
    @pytest.mark.parametrize("event", ["delivered", "hard_bounce", "spam"])
    def test_without_the_secret_it_changes_nothing(self, sent, report, event, auth):
        """Guard: WEBHOOK_SECRET; a forged bounce would pause anybody's mail."""
        before = known()
        assert report(event, auth=auth) == 400
        assert known() == before

    @pytest.fixture
    def signed(self, sent, provider, live_server, settings):
        """`signed(key)`: a bounce as Mailgun reports it, signed with `key`; returns the status of the answer."""
        settings.MAILERS = {"opsi": {"BACKEND": "anymail.backends.mailgun.EmailBackend"}}
        settings.ANYMAIL = settings.ANYMAIL | {
            "MAILGUN_API_KEY": "key",
            "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY,
        }
        Mail.objects.update(provider_id="<1@mailgun>")

        def post(key, **changed):
            stamp, token = "1795000000", "t" * 50
            made = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
            signature = {"timestamp": stamp, "token": token, "signature": made} | changed
            data = {
                "event": "failed",
                "severity": "permanent",
                "reason": "bounce",
                "timestamp": 1795000000.0,
                "id": "1",
                "message": {"headers": {"message-id": "1@mailgun"}},
                "recipient": "uma@example.com",
                "delivery-status": {"code": 550, "message": GONE},
            }
            return requests.post(
                f"{live_server.url}/anymail/mailgun/tracking/",
                json={"signature": signature, "event-data": data},
                auth=(USER, PASSWORD),
                timeout=60,
            ).status_code

        return post

    def test_a_wrong_signature_changes_nothing_though_the_secret_is_right(self, signed):
        """Guard: MAILGUN_WEBHOOK_SIGNING_KEY."""
        before = known()
        assert signed("another key") == 400
        assert signed(SIGNING_KEY, token="u" * 50) == 400
        assert signed(SIGNING_KEY, signature="") == 400
        assert known() == before

    def test_the_right_signature_counts_once_however_often_it_comes(self, signed):
        assert signed(SIGNING_KEY) == 200
        assert Mail.objects.get().state == MailState.BOUNCED
        before = known()
        assert signed(SIGNING_KEY) == 200
        assert known() == before

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1]", b'"x"', b'{"event": ["delivered"]}'])
    def test_what_cannot_be_read_is_refused_and_changes_nothing(self, sent, live_server, body):
        """Guard: the view's own; else each is a 500, which a provider sends again for days."""
        before = known()
        answer = requests.post(
            f"{live_server.url}/anymail/brevo/tracking/", data=body, auth=(USER, PASSWORD), timeout=60
        )
        assert answer.status_code == 400
        assert known() == before

    @pytest.mark.parametrize("marks", ["[1]", '"x"', "7", '{"mail": {"no": "number"}}'])
    def test_marks_that_make_no_sense_are_taken_once_and_logged(self, sent, report, caplog, marks):
        """Guard: `reported` raises nothing but what the database does."""
        before = known()
        assert report("hard_bounce", **{"message-id": "<2@provider>", "X-Mailin-custom": marks}) == 200
        assert known() == before
        assert "<2@provider>" in caplog.text

    @pytest.mark.parametrize("reason", ["550 Gone \0away", "550 Gone \ud83d"], ids=ascii)
    def test_words_that_no_database_keeps_lose_no_bounce(self, sent, report, reason):
        """Guard: `_words`; else the report would be logged as nonsense, and mail go on to an address that is gone."""
        assert report("hard_bounce", reason=reason) == 200
        assert Mail.objects.get().state == MailState.BOUNCED
        assert last_line().answer.startswith("550 Gone ")
        assert AddressPause.objects.filter(address="uma@example.com").exists()


class TestAgain:
    @pytest.mark.parametrize("event", ["delivered", "hard_bounce", "soft_bounce", "spam"])
    def test_a_replay_changes_nothing(self, sent, report, clock, event):
        """Guard: `_move_on`, whose conditional update counts only the first."""
        assert report(event, reason=GONE) == 200
        before = known()
        clock.shift(minutes(5))
        assert report(event, reason=GONE) == 200
        assert known() == before

    def test_what_somebody_resumed_a_replay_does_not_pause_again(self, sent, report):
        report("hard_bounce", reason=GONE)
        AddressPause.objects.all().delete()
        report("hard_bounce", reason=GONE)
        assert not AddressPause.objects.exists()


class TestOrder:
    WEIGHT = ("delivered", "hard_bounce", "spam")
    ENDS = (MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED)

    @pytest.mark.parametrize("events", list(itertools.permutations(WEIGHT)), ids=" ".join)
    def test_in_any_order_the_gravest_stays(self, sent, report, events):
        """Guard: WEIGHS_MORE; each is written down only where it moves the mail on."""
        gravest = -1
        for event in events:
            report(event, reason=GONE)
            gravest = max(gravest, self.WEIGHT.index(event))
            assert Mail.objects.get().state == self.ENDS[gravest]
        assert Mail.objects.get().state == MailState.COMPLAINED
        assert AddressPause.objects.count() == 1

    @pytest.mark.parametrize(
        ("event", "state"), [("delivered", MailState.DELIVERED), ("hard_bounce", MailState.BOUNCED)]
    )
    def test_a_report_that_is_quicker_than_the_answer_stands(
        self, ticket, uma, wait, after_window, clock, provider, report, event, state
    ):
        """The provider reports it before it has answered us. Guard: `_accepted` leaves REPORTED states alone."""

        def tell(said):
            marks = said["headers"]["X-Mailin-custom"]
            assert report(event, reason=GONE, **{"X-Mailin-custom": marks}) == 200

        provider.before_answer = tell
        wait(uma, ticket)
        after_window()
        mail = Mail.objects.get()
        assert (mail.state, mail.provider_id, mail.lease_owner) == (state, "<1@provider>", "")
        clock.shift(minutes(60))
        assert send_due() == 0
        assert len(provider.received) == 1

    def test_of_unknown_fate_and_reported_as_delivered_it_does_not_go_again(
        self, ticket, uma, wait, after_window, clock, provider, report
    ):
        """Guard: `_move_on` takes mails that wait for another try."""
        provider.hangs_up = True
        wait(uma, ticket)
        after_window()
        assert last_line().outcome == Outcome.UNKNOWN
        marks = provider.received[0]["headers"]["X-Mailin-custom"]
        assert report("delivered", **{"X-Mailin-custom": marks}) == 200
        clock.shift(minutes(60))
        assert send_due() == 0
        assert Mail.objects.get().state == MailState.DELIVERED


class TestWhatTheLogSays:
    def test_of_a_mail_that_came_back_for_good(self, sent, report):
        report("hard_bounce", reason=GONE)
        assert log_says() == (
            f"The mail came back for good, and the address is paused: {GONE} – bounced",
            "Usually the address no longer exists: correct it on its person's page. If it is right, they can send "
            "themselves a test and go on.",
        )
        assert log_says(language="ja") == (
            f"メールは届かずに戻り、このアドレスへの送信は一時停止されました:{GONE} – bounced",
            "多くはアドレスがもう存在しません。本人のページで直してください。アドレスが正しい場合は、"
            "本人がテストメールを送って再開できます。",
        )

    def test_of_a_full_mailbox(self, sent, report):
        report("soft_bounce", reason="452 4.2.2 Mailbox full")
        assert log_says() == (
            "The mail came back: 452 4.2.2 Mailbox full – bounced",
            "Often a full mailbox: ask its person. Send it again once there is room.",
        )
        assert log_says(language="ja") == (
            "メールは届かずに戻りました:452 4.2.2 Mailbox full – bounced",
            "多くはメールボックスがいっぱいです。本人に確認し、空きができてから再送してください。",
        )

    def test_of_a_complaint(self, sent, report):
        report("spam")
        assert log_says() == (
            "Who got it reported the mail as spam, and the address is paused: spam",
            "Ask its person whether they want mail: they can go on, or turn mail off, in their preferences.",
        )
        assert log_says(language="ja") == (
            "受信者がメールを迷惑メールとして報告したため、このアドレスへの送信は一時停止されました:spam",
            "本人にメールが必要かどうか確認してください。本人が個人設定で再開するか、メールを止めることができます。",
        )

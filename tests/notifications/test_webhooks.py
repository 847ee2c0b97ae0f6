"""What the mail provider reports: signed, late, twice and in any order, and what comes of it (domain §7)."""

import base64
import json

import pytest
from django.test import Client

from notifications.choices import MailState
from notifications.mailing import send_due
from notifications.models import AddressPause, DeliveryAttempt, Mail
from tests.waiting import minutes
from tickets.models import TicketEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

URL = "/anymail/brevo/tracking/"
SECRET = "opsi:a-long-random-text"


@pytest.fixture
def sent(ticket, uma, wait, after_window, provider, settings):
    """A mail to uma that the provider accepted, and called <1@provider>."""
    settings.ANYMAIL = settings.ANYMAIL | {"WEBHOOK_SECRET": SECRET}
    wait(uma, ticket)
    after_window()
    return Mail.objects.get()


@pytest.fixture
def report():
    """`report("delivered")`: the provider's request; returns the answer."""

    def post(event, secret=SECRET, **said):
        said = {"message-id": "<1@provider>", "email": "uma@example.com", "ts_epoch": 1} | said
        signed = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
        return Client(enforce_csrf_checks=True).post(
            URL, json.dumps({"event": event, **said}), content_type="application/json", headers=signed
        )

    return post


def state():
    return Mail.objects.get().state


def test_the_providers_id_is_kept_with_the_mail(sent):
    assert sent.provider_id == "<1@provider>"


def test_our_own_marks_go_along(sent, provider):
    """Guard: compose.compose, whose metadata a provider gives back."""
    marks = json.loads(provider.received[0]["headers"]["X-Mailin-custom"])
    assert marks == {"mail": str(sent.pk), "message_id": sent.message_id}


class TestSigning:
    @pytest.mark.parametrize("secret", ["", "opsi:wrong", "a-long-random-text"])
    def test_what_is_not_signed_is_refused(self, sent, report, secret):
        assert report("delivered", secret=secret).status_code == 400
        assert state() == MailState.SENT

    def test_while_it_changes_both_secrets_hold(self, sent, report, settings):
        settings.ANYMAIL = settings.ANYMAIL | {"WEBHOOK_SECRET": ["opsi:new", SECRET]}
        assert report("delivered", secret="opsi:other").status_code == 400
        assert report("delivered", secret=SECRET).status_code == 200
        assert report("delivered", secret="opsi:new").status_code == 200

    def test_without_a_secret_it_is_not_there(self, sent, report, settings):
        settings.ANYMAIL = {
            name: value for name, value in settings.ANYMAIL.items() if name != "WEBHOOK_SECRET"
        }
        assert report("hard_bounce").status_code == 404
        assert state() == MailState.SENT

    @pytest.mark.parametrize("path", ["/anymail/postmark/tracking/", "/anymail/nobody/tracking/"])
    def test_other_providers_are_not_there(self, sent, client, path):
        assert client.post(path).status_code == 404

    def test_nor_is_any_where_mail_goes_another_way(self, sent, report, settings, mail_host):
        assert report("delivered").status_code == 404

    def test_a_get_shows_nothing(self, sent, client):
        assert client.get(URL).status_code == 405

    def test_nothing_signed_but_meaningless_breaks_it(self, sent, report):
        assert report("opened").status_code == 200
        assert report("no such event").status_code == 200
        assert state() == MailState.SENT


class TestWhatComesOfIt:
    def test_delivered(self, sent, report, clock):
        clock.shift(minutes(1))
        assert report("delivered").status_code == 200
        mail = Mail.objects.get()
        assert mail.state == MailState.DELIVERED
        assert DeliveryAttempt.objects.last().outcome == "delivered"
        assert not AddressPause.objects.exists()

    def test_a_hard_bounce_pauses_the_address_and_is_told(self, sent, report, ticket):
        report("hard_bounce", reason="550 5.1.1 No such user")
        assert state() == MailState.BOUNCED
        pause = AddressPause.objects.get()
        assert (pause.address, pause.reason) == ("uma@example.com", "bounced")
        assert "No such user" in pause.words
        failure = ticket.events.get(name="EmailDeliveryFailure")
        assert failure.new["name"] == "Uma Ogawa"

    def test_a_soft_bounce_is_told_and_pauses_nothing(self, sent, report, ticket):
        report("soft_bounce", reason="452 4.2.2 Mailbox full")
        assert state() == MailState.BOUNCED
        assert not AddressPause.objects.exists()
        assert ticket.events.filter(name="EmailDeliveryFailure").exists()

    def test_a_soft_bounce_without_a_code_is_known_by_its_name(self, sent, report):
        report("soft_bounce")
        assert not AddressPause.objects.exists()

    def test_a_complaint_pauses_the_address(self, sent, report, ticket):
        report("spam")
        assert state() == MailState.COMPLAINED
        assert AddressPause.objects.get().reason == "complained"
        assert not ticket.events.filter(name="EmailDeliveryFailure").exists()

    def test_a_mail_of_a_failure_that_comes_back_is_not_told_of(
        self,
        ticket,
        uma,
        mika,
        wait,
        after_window,
        provider,
        settings,
        report,
    ):
        from tickets.models.history import record
        from tickets.operations import operation

        settings.ANYMAIL = settings.ANYMAIL | {"WEBHOOK_SECRET": SECRET}
        with operation(mika) as under_way:
            event = record(ticket, "EmailDeliveryFailure", under_way)
        wait(uma, ticket, event=event)
        after_window()
        report("hard_bounce")
        assert state() == MailState.BOUNCED
        assert TicketEvent.objects.filter(name="EmailDeliveryFailure").count() == 1


class TestOrder:
    ALL = ("delivered", "hard_bounce", "spam")

    @pytest.mark.parametrize(
        ("events", "end"),
        [
            (("hard_bounce", "delivered"), MailState.BOUNCED),
            (("delivered", "hard_bounce"), MailState.BOUNCED),
            (("delivered", "spam"), MailState.COMPLAINED),
            (("spam", "delivered"), MailState.COMPLAINED),
            (("spam", "hard_bounce", "delivered"), MailState.COMPLAINED),
        ],
    )
    def test_what_weighs_more_stays(self, sent, report, events, end):
        for event in events:
            report(event)
        assert state() == end

    @pytest.mark.parametrize("event", ALL)
    def test_a_replay_changes_nothing(self, sent, report, ticket, event, clock):
        report(event)
        before = (
            list(Mail.objects.values()),
            list(DeliveryAttempt.objects.values()),
            TicketEvent.objects.count(),
        )
        clock.shift(minutes(5))
        AddressPause.objects.all().delete()
        assert report(event).status_code == 200
        assert before == (
            list(Mail.objects.values()),
            list(DeliveryAttempt.objects.values()),
            TicketEvent.objects.count(),
        )
        assert not AddressPause.objects.exists()

    def test_an_unknown_id_is_ignored_and_logged(self, sent, report, caplog):
        assert report("hard_bounce", **{"message-id": "<2@provider>"}).status_code == 200
        assert state() == MailState.SENT
        assert not AddressPause.objects.exists()
        assert "<2@provider>" in caplog.text

    def test_a_report_before_our_own_note_is_known_by_our_marks(self, sent, report):
        Mail.objects.update(provider_id="", state=MailState.SENDING)
        marks = json.dumps({"mail": str(sent.pk), "message_id": sent.message_id})
        report("delivered", **{"X-Mailin-custom": marks})
        assert state() == MailState.DELIVERED

    def test_marks_of_another_installation_are_not_ours(self, sent, report):
        Mail.objects.update(provider_id="")
        marks = json.dumps({"mail": str(sent.pk), "message_id": "<x@test.example.com>"})
        report("hard_bounce", **{"X-Mailin-custom": marks})
        assert state() == MailState.SENT

    def test_what_is_reported_while_we_mark_it_as_sent_stands(
        self,
        ticket,
        uma,
        wait,
        after_window,
        provider,
        monkeypatch,
    ):
        from notifications import outcomes

        write_down = outcomes.write_down

        def late(results, owner):
            Mail.objects.filter(pk__in=[result.mail.pk for result in results]).update(state=MailState.BOUNCED)
            write_down(results, owner)

        monkeypatch.setattr("notifications.mailing.write_down", late)
        wait(uma, ticket)
        after_window()
        assert state() == MailState.BOUNCED

    def test_a_mail_of_unknown_fate_that_was_delivered_is_not_sent_again(
        self,
        sent,
        report,
        clock,
        provider,
    ):
        Mail.objects.update(state=MailState.DUE, provider_id="")
        marks = json.dumps({"mail": str(sent.pk), "message_id": sent.message_id})
        report("delivered", **{"X-Mailin-custom": marks})
        clock.shift(minutes(60))
        assert send_due() == 0
        assert len(provider.received) == 1

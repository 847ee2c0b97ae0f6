"""The Ops I function by other routes than SMTP: a provider's API through anymail, and files (domain §4)."""

import email
import email.policy

import pytest

from notifications.choices import MailState, Outcome
from notifications.models import DeliveryAttempt, Mail
from tests.mail_provider import hesitate, use_provider
from tests.smtp import dead_port
from tests.waiting import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def outcome(ticket, uma, wait, after_window):
    """`outcome()`: (state of the mail, outcome of the attempt) after one was sent."""

    def send():
        wait(uma, ticket)
        after_window()
        return Mail.objects.get().state, DeliveryAttempt.objects.get().outcome

    return send


def test_a_provider_takes_the_mail_with_its_headers(outcome, provider):
    assert outcome() == (MailState.SENT, Outcome.SENT)
    [said] = provider.received
    assert said["to"] == [{"email": "uma@example.com"}]
    assert said["headers"]["Auto-Submitted"] == "auto-generated"
    assert said["headers"]["References"].startswith("<ticket.")
    assert "Mail stops at the gateway" in said["textContent"]
    assert "Mail stops at the gateway" in said["htmlContent"]


def test_an_answer_nobody_understands_leaves_it_unknown(outcome, provider):
    provider.body = b"OK"
    assert outcome() == (MailState.DUE, Outcome.UNKNOWN)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_provider_that_cannot_now_lets_the_mail_wait(outcome, provider, status):
    provider.status = status
    assert outcome() == (MailState.DUE, Outcome.TEMPORARY)
    assert str(status) in DeliveryAttempt.objects.get().answer
    assert "key-nobody-sees" not in DeliveryAttempt.objects.get().answer


def test_a_provider_that_refuses_the_mail_fails_it(outcome, provider):
    provider.status, provider.body = 400, b'{"errors": [{"message": "Does not contain a valid address."}]}'
    assert outcome() == (MailState.FAILED, Outcome.PERMANENT)
    assert "Does not contain a valid address." in DeliveryAttempt.objects.get().answer


def test_a_provider_that_does_not_answer_leaves_it_unknown(outcome, provider, settings):
    hesitate(provider, settings)
    assert outcome() == (MailState.DUE, Outcome.UNKNOWN)


def test_a_provider_that_is_not_there_lets_the_mail_wait(outcome, settings):
    use_provider(settings, dead_port())
    assert outcome() == (MailState.DUE, Outcome.TEMPORARY)


def test_mail_kept_as_files_is_whole(outcome, settings, tmp_path):
    settings.MAILERS = {
        "opsi": {"BACKEND": "opsi.mailers.EmlFileBackend", "OPTIONS": {"file_path": str(tmp_path / "mail")}}
    }
    assert outcome() == (MailState.SENT, Outcome.SENT)
    [file] = (tmp_path / "mail").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "uma@example.com"
    assert mail["Message-ID"] == Mail.objects.get().message_id
    assert "Mail stops at the gateway" in text_of(mail)


def test_a_folder_that_cannot_be_written_lets_the_mail_wait(outcome, settings, tmp_path):
    (tmp_path / "mail").write_text("a file, not a folder")
    settings.MAILERS = {
        "opsi": {"BACKEND": "opsi.mailers.EmlFileBackend", "OPTIONS": {"file_path": str(tmp_path / "mail")}}
    }
    assert outcome() == (MailState.DUE, Outcome.TEMPORARY)


def test_a_route_that_is_no_route_lets_the_mail_wait(outcome, settings):
    settings.MAILERS = {"opsi": {"BACKEND": "no.such.Backend"}}
    assert outcome() == (MailState.DUE, Outcome.TEMPORARY)

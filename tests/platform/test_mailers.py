"""Mail kept as files: one whole file a mail, in the order of sending; and providers that are not set up."""

import email
import email.policy

import pytest
from django.core.mail import EmailMessage, InvalidMailer, mailers

from opsi.mailers import insist_on_provider


@pytest.fixture
def mailer(settings):
    """`mailer(folder)`: the backend as settings would name it."""

    def configured(folder):
        backend = {"BACKEND": "opsi.mailers.EmlFileBackend", "OPTIONS": {"file_path": str(folder)}}
        settings.MAILERS = {"opsi": backend}
        return mailers["opsi"]

    return configured


def test_one_file_a_mail_in_order(mailer, tmp_path):
    folder = tmp_path / "made" / "mail"
    messages = [
        EmailMessage(f"Nº {number} 通知", "Text", "o@example.com", ["uma@example.com"]) for number in range(3)
    ]
    assert mailer(folder).send_messages(messages) == 3
    files = sorted(folder.iterdir())
    kept = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    assert [message["Subject"] for message in kept] == ["Nº 0 通知", "Nº 1 通知", "Nº 2 通知"]
    assert {file.suffix for file in files} == {".eml"}


def test_mail_to_nobody_is_not_kept(mailer, tmp_path):
    assert mailer(tmp_path).send_messages([EmailMessage("Hello", "Text", "o@example.com", [])]) == 0
    assert list(tmp_path.iterdir()) == []


def test_folder_is_required(mailer):
    with pytest.raises(InvalidMailer, match="file_path"):
        mailer("")


def test_a_long_address_in_a_header_stays_whole(mailer, tmp_path):
    url = f"<https://tickets.example.com/unsubscribe/{'x' * 200}/>"
    message = EmailMessage(
        "通知", "Text", "o@example.com", ["uma@example.com"], headers={"List-Unsubscribe": url}
    )
    mailer(tmp_path).send_messages([message])
    [file] = tmp_path.iterdir()
    assert f"List-Unsubscribe: {url}\n".encode() in file.read_bytes()


@pytest.mark.parametrize(
    ("provider", "variables", "sentence"),
    [
        (
            "postmark",
            {},
            "ANYMAIL_POSTMARK_SERVER_TOKEN is not set: the mail provider that OPSI_MAIL_URL names",
        ),
        ("unisender_go", {}, "ANYMAIL_UNISENDER_GO_API_KEY is not set"),
        (
            "amazon_ses",
            {},
            "OPSI_MAIL_URL names the mail provider amazon_ses, which cannot be used: The boto3",
        ),
        ("postmark", {"POSTMARK_SERVER_TOKEN": "t"}, ""),
    ],
)
def test_a_provider_that_lacks_something_stops_the_start(settings, provider, variables, sentence):
    settings.MAILERS = {"opsi": {"BACKEND": f"anymail.backends.{provider}.EmailBackend"}}
    settings.ANYMAIL = variables
    if not sentence:
        insist_on_provider()
        return
    with pytest.raises(SystemExit) as ended:
        insist_on_provider()
    assert ended.value.code.startswith(sentence)
    assert ended.value.code.endswith(".")
    assert "\n" not in ended.value.code

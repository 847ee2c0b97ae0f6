"""What an administrator reads in the delivery log: what happened and what to do, in either language."""

from django.utils import translation

from notifications.models import DeliveryAttempt, Mail

SET_HERE = " It is set on the page Notification function."
SET_HERE_JA = " 「通知機能」のページで設定します。"
SET_BY_ENVIRONMENT = " It is set by OPSI_MAIL_URL and OPSI_MAIL_FROM, where the program is started."
SET_BY_ENVIRONMENT_JA = " プログラムの起動時に OPSI_MAIL_URL と OPSI_MAIL_FROM で設定します。"
BY_ITSELF = "Nothing: it is tried again by itself, for more than a day."
BY_ITSELF_JA = "何もする必要はありません。1日以上にわたって自動で再送されます。"
AS_ONE = "Nothing: it is tried again by itself, and should the server have kept it, mail programs show the two as one."
AS_ONE_JA = (
    "何もする必要はありません。自動で再送されます。サーバーが受け付けていた場合も、メールソフトは2通を1通として"
    "表示します。"
)
PORTS = "Port 465 goes with TLS, port 587 with STARTTLS. Choose the pair your mail server offers."
PORTS_JA = (
    "ポート 465 は TLS、ポート 587 は STARTTLS と組み合わせます。メールサーバーが対応している組み合わせを"
    "選んでください。"
)


def last_line(address: str = "uma@example.com") -> DeliveryAttempt:
    return DeliveryAttempt.objects.filter(mail__address=address).latest("pk")


def log_says(address: str = "uma@example.com", language: str = "en") -> tuple[str, str]:
    line = last_line(address)
    with translation.override(language):
        return line.happened, line.what_to_do


def states() -> dict[str, str]:
    """{login: state of their mail}."""
    return {mail.address.partition("@")[0]: mail.state for mail in Mail.objects.all()}

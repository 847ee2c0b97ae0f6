"""What `manage.py doctor` says of notifications beside what /readyz does: whether mail gets out, and by which clock."""

import datetime
from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from notifications import transports
from notifications.causes import SET
from notifications.choices import Authentication, Function, Security
from notifications.delivery_failures import DeliveryFailed
from notifications.models import MailServer, NotificationFunction, WorkerSign
from notifications.models.function import TEST_TIMEOUT
from opsi import doctor
from opsi.doctor import Asked, Said, bad, ok, warning
from opsi.environment import is_loopback

AHEAD = datetime.timedelta(seconds=30)


def register() -> None:
    doctor.register("mail route", mail_route)
    doctor.register("mail server", mail_server, reads_tables=True)
    doctor.register("test mail", test_mail)
    doctor.register("worker's clock", workers_clock, reads_tables=True)


def mail_route(asked: Asked) -> Iterator[Said]:
    """The Ops I function's, by OPSI_MAIL_URL. Out of use it need not work, but one might change over to it."""
    in_use = _in_use(asked)
    if settings.OPSI_MAIL_REACHES_NOBODY:
        words = "OPSI_MAIL_URL is file:, so that mail is kept in files and reaches nobody"
        yield (
            warning(f"{words}: set it to how mail leaves.")
            if in_use == Function.OPSI
            else ok(f"{words}; the mail server is in use.")
        )
        return
    mailer = settings.MAILERS["opsi"]
    options = mailer.get("OPTIONS", {})
    said = _tried(transports.through_opsi(TEST_TIMEOUT), in_use)
    if "host" not in options and said.verdict == doctor.Verdict.OK:
        provider = mailer["BACKEND"].split(".")[2]
        said = ok(
            f"The mail provider {provider} is set up; only a mail tries it: --mail-to ADDRESS sends one."
        )
    yield said
    encrypted = options.get("use_tls") or options.get("use_ssl")
    if options.get("username") and not encrypted and not is_loopback(options["host"]):
        yield warning(
            "The password of OPSI_MAIL_URL travels unencrypted: write smtp+tls:// or smtps://, as the server offers."
        )


def mail_server(asked: Asked) -> Iterator[Said]:
    """The one entered in the admin, where it is the function in use."""
    if _in_use(asked) != Function.MAIL_SERVER:
        yield ok("Not in use.")
        return
    server = MailServer.load()
    if missing := server.missing():
        yield bad(f"{' '.join(missing)} Enter it on the page Notification function.")
        return
    yield _tried(server.transport(TEST_TIMEOUT), Function.MAIL_SERVER)
    if server.security == Security.NONE and server.authentication != Authentication.NONE:
        yield warning(
            "Its password travels unencrypted: choose STARTTLS or TLS on the page Notification function."
        )


def test_mail(asked: Asked) -> Iterator[Said]:
    """By the function in use, as the admin's own test."""
    if not asked.mail_to:
        yield ok("Not asked for: --mail-to ADDRESS sends one.")
        return
    in_use = _in_use(asked)
    try:
        NotificationFunction(function=in_use).test(in_use, asked.mail_to)
    except DeliveryFailed as error:
        yield bad(_what_to_do(error, in_use))
    else:
        kept = in_use == Function.OPSI and settings.OPSI_MAIL_REACHES_NOBODY
        yield ok(f"It was {'kept as a file' if kept else f'accepted for {asked.mail_to}'}.")


def workers_clock(_asked: Asked) -> Iterator[Said]:
    """A worker on another machine writes down its own time."""
    heard = WorkerSign.objects.values_list("heard_at", flat=True).first()
    ahead = heard - timezone.now() if heard else datetime.timedelta(0)
    if ahead > AHEAD:
        yield bad(
            f"A worker was heard of {ahead.total_seconds():.0f} s in the future: have the clocks of its machine and"
            " this one set by a time server (NTP)."
        )
    else:
        yield ok("Not ahead of this machine's.")


def _in_use(asked: Asked) -> Function:
    """Without tables nobody can have chosen another than the first."""
    return Function(NotificationFunction.load().function) if asked.tables else Function.OPSI


def _tried(transport: transports.Transport, in_use: Function) -> Said:
    try:
        transport.try_out()
    except DeliveryFailed as error:
        return (bad if transport.function == in_use else warning)(_what_to_do(error, transport.function))
    finally:
        transport.close()
    return ok(f"The server takes mail from {transport.sender}.")


def _what_to_do(error: DeliveryFailed, function: Function) -> str:
    cause = error.cause
    advice = cause.what_to_do_about(function) if cause in SET else cause.what_to_do_after_test
    happened = str(error)
    return f"{happened if happened.endswith(('.', '?', '!')) else happened + '.'} {advice}"

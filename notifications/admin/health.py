"""The page *Notification health*: numbers, the lists behind them, what is wrong, what to do (docs/operations.md)."""

from typing import NamedTuple

from django.conf import settings
from django.contrib import admin
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from notifications.admin.chart import Chart
from notifications.choices import MailState
from notifications.health import Health
from opsi.sessions import unattended
from opsi.templatetags.moments import ago

SPANS = (24, 72)
LOG, QUEUE, PAUSES = (
    f"admin:notifications_{model}_changelist" for model in ("mail", "outbox", "addresspause")
)


class Trouble(NamedTuple):
    """What is wrong, what to do about it, and the list to look into."""

    grave: bool
    what: str
    what_to_do: str
    url: str = ""


class Figure(NamedTuple):
    name: str
    value: object
    url: str
    note: str = ""
    is_bad: bool = False


def troubles(health: Health) -> list[Trouble]:
    """What needs somebody, the gravest first."""
    found = [*_grave(health), *_went_wrong(health)]
    if health.reaches_nobody:
        found.append(
            Trouble(
                False,
                _("Mail is kept as files: nobody receives it."),
                _("Set OPSI_MAIL_URL and start again, or change over to a mail server."),
                reverse("admin:notifications_notificationfunction_changelist"),
            )
        )
    return sorted(found, key=lambda trouble: not trouble.grave)


def _grave(health):
    """What leaves people untold; read in three statements."""
    if health.worker_is_silent:
        yield Trouble(
            True,
            _("No worker was heard of for more than two minutes."),
            _("Without one nobody is told of anything. Start the worker; nothing is lost meanwhile."),
        )
    if health.events_are_late:
        yield Trouble(
            True,
            _("Events wait for more than ten minutes."),
            _("Is the worker running? If it is, there is more to do than one can manage: start another."),
            reverse(QUEUE) + "?state=waiting",
        )
    if health.mail_is_late:
        yield Trouble(
            True,
            _("Mail should have left more than ten minutes ago."),
            _(
                "Is the worker running? Do the mails a minute suffice that are set on the notification function's page?"
            ),
            reverse(LOG) + "?state=due",
        )
    if count := health.events.failed:
        yield Trouble(
            True,
            ngettext("%(count)s event was given up.", "%(count)s events were given up.", count)
            % {"count": count},
            _("Nobody was told of them. See the error in the list, mend it, and try them again."),
            reverse(QUEUE) + "?state=failed",
        )


def _went_wrong(health):
    if count := health.mail.retrying:
        text = ngettext(
            "%(count)s mail waits for another try.", "%(count)s mails wait for another try.", count
        )
        yield Trouble(
            False,
            text % {"count": count},
            _("The list says what the mail server answered. Test it on the notification function's page."),
            reverse(LOG) + "?state=retrying",
        )
    if count := health.failed.get(MailState.FAILED, 0):
        text = ngettext("%(count)d mail failed within a day.", "%(count)d mails failed within a day.", count)
        yield Trouble(
            False,
            text % {"count": count},
            _(
                "Its last answer says why: often an address that no longer exists. Correct it, then send again."
            ),
            reverse(LOG) + "?state=failed",
        )


def _dispatching(health):
    return _("Working out who is told"), [
        Figure(
            _("Worker last heard of"), ago(health.worker_heard_at) or _("never"), "", "", health.worker_is_silent
        ),
        Figure(
            _("Events waiting"), health.events.waiting, f"{reverse(QUEUE)}?state=waiting",
            _since(health.events.oldest), health.events_are_late,
        ),
        Figure(
            _("Events given up"), health.events.failed, f"{reverse(QUEUE)}?state=failed", "",
            bool(health.events.failed),
        ),
        Figure(
            _("Definitions that never fired"), len(health.never_fired), "#never-fired" if health.never_fired else ""
        ),
    ]  # fmt: skip


def _on_its_way(health):
    mail, log = health.mail, reverse(LOG)
    return _("Mail on its way"), [
        Figure(
            _("Collecting in windows"), mail.collecting, f"{log}?state=open", _since(mail.collecting_since)
        ),
        Figure(_("Held for later by their people"), mail.held, f"{log}?state=held"),
        Figure(_("Due"), mail.due, f"{log}?state=due", _since(mail.overdue_since), health.mail_is_late),
        Figure(
            _("Waiting for another try"), mail.retrying, f"{log}?state=retrying", _since(mail.retrying_since)
        ),
        Figure(_("Of these with unknown fate"), health.unknown, f"{log}?state=unknown"),
        Figure(_("Being sent now"), mail.sending, f"{log}?state=sending"),
    ]


def _gone_wrong(health):
    failed, log = health.failed, reverse(LOG)
    count = failed.get(MailState.FAILED, 0)
    return _("Gone wrong within a day"), [
        Figure(_("Failed"), count, f"{log}?state=failed", "", bool(count)),
        Figure(_("Came back"), failed.get(MailState.BOUNCED, 0), f"{log}?state=bounced"),
        Figure(_("Reported as spam"), failed.get(MailState.COMPLAINED, 0), f"{log}?state=complained"),
        Figure(_("Paused addresses"), health.paused, reverse(PAUSES)),
    ]


def _since(moment):
    return format_html(_("oldest: {time}"), time=ago(moment)) if moment else ""


def _context(request):
    health = Health()
    asked = request.GET.get("hours", "")
    span = int(asked) if asked in map(str, SPANS) else SPANS[0]
    return {
        "now": health.now,
        "troubles": troubles(health),
        "groups": [_dispatching(health), _on_its_way(health), _gone_wrong(health)],
        "never_fired": health.never_fired,
        "chart": Chart(health.hours(span)),
        "span": span,
        "spans": SPANS,
        "zone": timezone.get_current_timezone_name(),
    }


@require_safe
def page(request):
    context = {
        **admin.site.each_context(request),
        **_context(request),
        "title": _("Notification health"),
        "window_seconds": settings.OPSI_WINDOW_SECONDS,
    }
    return render(request, "admin/notifications/health.html", context)


@unattended
@require_safe
def now(request):
    """What changes of the page, which asks for it by itself."""
    return render(request, "admin/notifications/health_now.html", _context(request))


def banner(request, **context) -> str:
    """Above the front page of the admin, only where something is wrong."""
    return _banner(troubles(Health()))


def banner_of_what_is_grave(request, **context) -> str:
    """Above every other page of the admin, but for the one that says it all."""
    says_it_itself = (reverse("admin:index"), reverse("admin:notifications_mail_health"))
    return "" if request.path in says_it_itself else _banner(list(_grave(Health())))


def _banner(found):
    context = {"troubles": found, "leads": True}
    return render_to_string("admin/notifications/troubles.html", context) if found else ""

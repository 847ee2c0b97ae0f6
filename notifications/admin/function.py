"""The one global choice, both functions side by side (domain §4): what each needs, tests, and the change-over."""

from copy import copy

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from notifications import addresses, channels
from notifications.admin.definition_words import both
from notifications.admin.forms import ChangeOverForm, CombiningForm, MailServerForm
from notifications.admin.ports import port_and_security
from notifications.choices import Authentication, Function, Security
from notifications.delivery_failures import DeliveryFailed
from notifications.health import waiting_mail
from notifications.models import MailServer, NotificationFunction
from opsi.audit_admin import history_of

PAGE = "admin:notifications_notificationfunction_changelist"


class OnePageAdmin(admin.ModelAdmin):
    """Nothing to add, to delete or to list."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, *args, **kwargs):
        return redirect(PAGE)


@admin.register(MailServer)
class MailServerAdmin(OnePageAdmin):
    def changelist_view(self, request, extra_context=None):
        return redirect(PAGE)


@admin.register(NotificationFunction)
class NotificationFunctionAdmin(OnePageAdmin):
    def get_urls(self):
        def posted(route, view, name):
            view = require_POST(self.admin_site.admin_view(view))
            return path(route, view, name=f"notifications_notificationfunction_{name}")

        return [
            posted("server/", self.server_view, "server"),
            posted("combining/", self.combining_view, "combining"),
            posted("<slug:function>/test/", self.test_view, "test"),
            posted("<slug:function>/change-over/", self.change_over_view, "change_over"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        return self._show(request)

    @method_decorator(sensitive_post_parameters("secret"))
    @method_decorator(sensitive_variables("form"))
    def server_view(self, request):
        form = MailServerForm(request.POST, instance=MailServer.load())
        if not form.is_valid():
            return self._show(request, server_form=form, status=422)
        changed = form.changed_data
        server = form.save()
        if changed:
            self.log_change(request, server, [{"changed": {"fields": sorted(changed)}}])
        if "and_test" in request.POST:
            return self._test(request, Function.MAIL_SERVER)
        messages.success(request, _("The mail server's settings were saved."))
        return redirect(PAGE)

    def combining_view(self, request):
        form = CombiningForm(request.POST, instance=NotificationFunction.load())
        if not form.is_valid():
            return self._show(request, combining_form=form, status=422)
        function = form.save()
        self.log_change(request, function, [{"changed": {"fields": sorted(form.changed_data)}}])
        messages.success(request, _("The settings were saved."))
        return redirect(PAGE)

    def test_view(self, request, function):
        return self._test(request, _function(function))

    def change_over_view(self, request, function):
        function, form = _function(function), ChangeOverForm(request.POST)
        in_use = NotificationFunction.load()
        waits = waiting_mail(timezone.now()).all
        anyway = form.is_valid() and form.cleaned_data["anyway"]
        try:
            in_use.change_over(function, by=request.user, anyway=anyway)
        except ValidationError as error:
            return self._show(request, refused={function: error.messages}, status=422)
        self.log_change(request, in_use, f"→ {function.value}")
        messages.success(
            request, _("“%(function)s” is in use now.") % {"function": in_use.get_function_display()}
        )
        if waits:
            messages.info(request, _leaving(waits, in_use))
        return redirect(PAGE)

    def _test(self, request, function):
        to = addresses.of_person(request.user)
        if not to:
            problem = _("You have no e-mail address that a test mail could go to.")
            return self._show(request, failed={function: problem}, status=422)
        try:
            NotificationFunction.load().test(function, to)
        except DeliveryFailed as error:
            failed = {function: str(error)}
            return self._show(request, failed=failed, advice=error.cause.what_to_do_after_test, status=422)
        if function == Function.OPSI and settings.OPSI_MAIL_REACHES_NOBODY:
            text = _("The test mail to %(address)s was kept as a file: nobody receives it.")
        else:
            text = _("The test mail to %(address)s was accepted.")
        messages.success(request, text % {"address": to})
        return redirect(PAGE)

    def _show(
        self, request, *, server_form=None, combining_form=None, failed=(), refused=(), advice="", status=200
    ):
        in_use, server = NotificationFunction.load(), MailServer.load()
        failed, refused = dict(failed), dict(refused)
        waiting = waiting_mail(timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Notification function"),
            "in_use": in_use,
            "in_use_since": None if in_use._state.adding else in_use.changed_at,
            "server": server,
            "missing": server.missing(),
            "waiting": waiting,
            "leaving": _leaving(waiting.all, in_use),
            "leaving_after": _leaving(waiting.all, _other(in_use)),
            "advice": advice,
            "misfit": port_and_security(server) if server.host else "",
            "server_rows": _of_server(server, in_use),
            "opsi_rows": _of_opsi(in_use),
            "sends_password_in_the_clear": server.security == Security.NONE
            and server.authentication != Authentication.NONE
            and server.host,
            "server_form": server_form or MailServerForm(instance=server),
            "combining_form": combining_form or CombiningForm(instance=in_use),
            "opsi_failed": failed.get(Function.OPSI),
            "opsi_refused": refused.get(Function.OPSI),
            "server_failed": failed.get(Function.MAIL_SERVER),
            "server_refused": refused.get(Function.MAIL_SERVER),
            "reaches_nobody": settings.OPSI_MAIL_REACHES_NOBODY,
            "history": history_of("notifications.notificationfunction"),
            "server_history": history_of("notifications.mailserver"),
            "window_seconds": settings.OPSI_WINDOW_SECONDS,
        }
        return render(request, "admin/notifications/function.html", context, status=status)


def _function(name):
    if name not in Function.values:
        raise Http404
    return Function(name)


def _other(in_use):
    to = Function.OPSI if in_use.uses_mail_server else Function.MAIL_SERVER
    return NotificationFunction(function=to)


def _leaving(count, function):
    """What becomes of the mail that waits; "" where none does."""
    if not count:
        return ""
    if function.uses_mail_server:
        text = ngettext(
            "%(count)s mail waits; it will leave by the mail server.",
            "%(count)s mails wait; they will leave by the mail server.",
            count,
        )
    else:
        text = ngettext(
            "%(count)s mail waits; it will leave by the Ops I function.",
            "%(count)s mails wait; they will leave by the Ops I function.",
            count,
        )
    return text % {"count": count}


def _of_opsi(function):
    """[(what, how)], in the order of `_of_server`, so that the two can be compared line by line (domain §4)."""
    return [
        (_("Channels"), _through(Function.OPSI, function)),
        (
            _("Server"),
            _("None to prepare: mail leaves by this installation's own route (%(route)s).")
            % {"route": _route()},
        ),
        (_("Sender"), settings.DEFAULT_FROM_EMAIL),
        (_("Signing in"), _("Nothing to enter.")),
        (_("Combining"), _one_mail_within(function)),
        (
            _("Order"),
            _(
                "The most important first; mail may come as long after the notice in the app as mails are combined."
            ),
        ),
        (_("Rate"), _rate(function.rate_per_minute)),
    ]


def _of_server(server, function):
    signing_in = server.get_authentication_display()
    if server.authentication != Authentication.NONE and server.account:
        signing_in = f"{signing_in}: {server.account}"
    combined = _one_mail_within(function) if function.combine_on_mail_server else _("One mail each.")
    return [
        (_("Channels"), _through(Function.MAIL_SERVER, function)),
        (
            _("Server"),
            f"{server} ({server.get_security_display()})" if server.host else _("Your own: not entered yet."),
        ),
        (_("Sender"), server.sender or _("Not entered yet.")),
        (_("Signing in"), signing_in if server.host else _("Not entered yet.")),
        (_("Combining"), combined),
        (_("Order"), _("The most important first among what waits.")),
        (_("Rate"), _rate(server.rate_per_minute)),
    ]


def _through(one, function):
    """The channels there are once `one` is in use, with the settings of `function`."""
    then = copy(function)
    then.function = one
    return both([str(channel.label) for channel in channels.all_channels() if channel.available(then)])


def _one_mail_within(function):
    if not function.window_minutes:
        return _("Off: each notification is a mail of its own.")
    text = ngettext(
        "Notifications to one address within %(count)d minute become one mail.",
        "Notifications to one address within %(count)d minutes become one mail.",
        function.window_minutes,
    )
    return text % {"count": function.window_minutes}


def _rate(number):
    if not number:
        return _("As many mails as it takes.")
    text = ngettext("%(count)d mail a minute at most.", "%(count)d mails a minute at most.", number)
    return text % {"count": number}


def _route():
    """Where the Ops I function's mail goes, without what it signs in with."""
    if settings.OPSI_MAIL_REACHES_NOBODY:
        return _("files")
    mailer = settings.MAILERS["opsi"]
    options = mailer.get("OPTIONS", {})
    if "host" in options:
        return f"{options['host']}:{options.get('port', 25)}"
    return mailer["BACKEND"].rpartition(".")[0].rpartition(".")[2]

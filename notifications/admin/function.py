"""The one global choice, both functions side by side (domain §4): what each needs, tests, and the change-over."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from notifications import addresses
from notifications.admin.forms import ChangeOverForm, CombiningForm, MailServerForm
from notifications.choices import Authentication, Function, Security
from notifications.models import MailServer, NotificationFunction
from notifications.transports import DeliveryFailed
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
        anyway = form.is_valid() and form.cleaned_data["anyway"]
        try:
            in_use.change_over(function, by=request.user, anyway=anyway)
        except ValidationError as error:
            return self._show(request, refused={function: error.messages}, status=422)
        self.log_change(request, in_use, f"→ {function.value}")
        messages.success(
            request, _("“%(function)s” is in use now.") % {"function": in_use.get_function_display()}
        )
        return redirect(PAGE)

    def _test(self, request, function):
        to = addresses.of_person(request.user)
        if not to:
            problem = _("You have no e-mail address that a test mail could go to.")
            return self._show(request, failed={function: problem}, status=422)
        try:
            NotificationFunction.load().test(function, to)
        except DeliveryFailed as error:
            return self._show(request, failed={function: str(error)}, status=422)
        if function == Function.OPSI and settings.OPSI_MAIL_REACHES_NOBODY:
            text = _("The test mail to %(address)s was kept as a file: nobody receives it.")
        else:
            text = _("The test mail to %(address)s was accepted.")
        messages.success(request, text % {"address": to})
        return redirect(PAGE)

    def _show(self, request, *, server_form=None, combining_form=None, failed=(), refused=(), status=200):
        in_use, server = NotificationFunction.load(), MailServer.load()
        failed, refused = dict(failed), dict(refused)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Notification function"),
            "in_use": in_use,
            "server": server,
            "missing": server.missing(),
            "sends_password_in_the_clear": server.security == Security.NONE
            and server.authentication != Authentication.NONE
            and server.host,
            "server_form": server_form or MailServerForm(instance=server),
            "combining_form": combining_form or CombiningForm(instance=in_use),
            "opsi_failed": failed.get(Function.OPSI),
            "opsi_refused": refused.get(Function.OPSI),
            "server_failed": failed.get(Function.MAIL_SERVER),
            "server_refused": refused.get(Function.MAIL_SERVER),
            "route": _route(),
            "sender": settings.DEFAULT_FROM_EMAIL,
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


def _route():
    """Where the Ops I function's mail goes, without what it signs in with."""
    mailer = settings.MAILERS["opsi"]
    options = mailer.get("OPTIONS", {})
    if "host" in options:
        return f"{options['host']}:{options.get('port', 25)}"
    return mailer["BACKEND"].rpartition(".")[0].rpartition(".")[2]

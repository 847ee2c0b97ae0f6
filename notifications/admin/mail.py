"""The delivery log: each mail, who is told what by it, each attempt with the server's answer (domain §7)."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from notifications import health
from notifications.admin import health as health_pages
from notifications.admin.letter import wording
from notifications.admin.mail_finding import (
    HELD,
    RETRYING,
    UNKNOWN,
    CappedPaginator,
    DefinitionFilter,
    OpenedFilter,
    StateFilter,
    found_by,
)
from notifications.choices import MailState, Outcome
from notifications.models import DeliveryAttempt, Mail, MailItem
from notifications.models.mail import SENT, happened
from opsi.admin_kinds import LookedAtOnly
from opsi.fields import is_id
from opsi.first_hour import Link
from opsi.spreadsheets import file_of
from opsi.templatetags.moments import at

LOG = "admin:notifications_mail_changelist"


class ItemInline(LookedAtOnly, admin.TabularInline):
    model = MailItem
    can_delete, extra = False, 0
    fields = ("person", "ticket", "told", "severity", "state", "withdrawal", "created_at", "finished_at")
    readonly_fields = ("ticket", "told")
    verbose_name_plural = _("notifications")

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("person", "event", "notice__person", "notice__ticket", "notice__event")
        )

    @admin.display(description=_("ticket"), empty_value="–")
    def ticket(self, item):
        if item.notice.ticket is None:
            return None
        return format_html(
            '<a href="{}">{}</a>', item.notice.ticket.get_absolute_url(), item.notice.ticket.number
        )

    @admin.display(description=_("event"))
    def told(self, item):
        return item.told_event.type.label


class AttemptInline(LookedAtOnly, admin.TabularInline):
    model = DeliveryAttempt
    can_delete, extra = False, 0
    fields = readonly_fields = ("at", "function", "outcome", "happened", "what_to_do")

    @admin.display(description=_("what happened"))
    def happened(self, attempt):
        return attempt.happened

    @admin.display(description=_("what to do"))
    def what_to_do(self, attempt):
        return attempt.what_to_do


def _act_for(mail):
    """The name of the list's action that does something to a mail in this state; "" for none."""
    if mail.state in SENT:
        return "send_again"
    return "try_again" if mail.state in (MailState.FAILED, MailState.DUE) else ""


def _said(moment):
    """As spreadsheets know a moment, in the time zone in force."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


@admin.register(Mail)
class MailAdmin(LookedAtOnly, admin.ModelAdmin):
    list_display = (
        "address", "standing", "moment", "subject", "answer", "severity", "notifications", "attempts",
    )  # fmt: skip
    list_filter = (StateFilter, OpenedFilter, "severity", "function", DefinitionFilter)
    search_fields = ("address",)  # what it searches decides `found_by`
    search_help_text = _("Address, person, ticket number, Message-ID, or words of a recent subject")
    sortable_by = ()
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/notifications/mail.html"
    change_list_template = "admin/notifications/mails.html"
    when_empty = _(
        "No mail was made yet. One is as soon as something happens on a ticket that somebody is told of by mail; a "
        "test mail is not listed. If you expect one, see whether the worker runs and what a dry run says."
    )
    when_empty_links = (
        Link(_("Notification health"), "admin:notifications_mail_health"),
        Link(_("Dry run of all"), "admin:notifications_definition_rehearsal"),
        Link(_("Choose and test how mail leaves"), "admin:notifications_notificationfunction_changelist"),
    )
    fields = (
        "address", "standing", "severity", "function", "subject", "message_id", "provider_id", "opened_at", "due",
        "attempts", "finished_at",
    )  # fmt: skip
    inlines = (ItemInline, AttemptInline)
    actions = ("try_again", "send_again")
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self):
        def shown(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"notifications_mail_{name}")

        return [
            shown("health/", health_pages.page, "health"),
            shown("health/now/", health_pages.now, "health_now"),
            shown("file/", require_safe(self.file_view), "file"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        last = DeliveryAttempt.objects.filter(mail=OuterRef("pk")).order_by("-pk")
        count = (
            MailItem.objects.filter(mail=OuterRef("pk")).values("mail").annotate(n=Count("pk")).values("n")
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                last_cause=Subquery(last.values("cause")[:1]),
                last_answer=Subquery(last.values("answer")[:1]),
                last_outcome=Subquery(last.values("outcome")[:1]),
                item_count=Subquery(count),
            )
        )

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (queryset.filter(found_by(term)) if term else queryset), False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        mail = Mail.objects.filter(pk=object_id).first() if is_id(object_id) else None
        known = mail is not None and request.method == "GET" and self.has_view_permission(request)
        context = {"wording": wording(mail, request.user), "act": _act_for(mail)} if known else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def file_view(self, request):
        """What the list finds, all pages of it, as a file for spreadsheets."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect(LOG)
        return file_of("delivery-log", self._lines(found))

    def _lines(self, mails):
        yield [
            _("address"), _("state"), _("severity"), _("subject"), _("notifications"), _("attempts"), _("last answer"),
            _("function"), _("opened"), _("due"), _("finished"), _("time zone"), "Message-ID",
        ]  # fmt: skip
        zone = timezone.get_current_timezone_name()
        for mail in mails.iterator():
            yield [
                mail.address, self.standing(mail), mail.get_severity_display(), mail.subject, mail.item_count or 0,
                mail.attempts, happened(mail.last_cause, mail.last_answer), mail.get_function_display(),
                _said(mail.opened_at), "" if mail.finished_at else _said(mail.closes_at), _said(mail.finished_at), zone,
                mail.message_id,
            ]  # fmt: skip

    @admin.display(description=_("state"))
    def standing(self, mail):
        if mail.state == MailState.OPEN and mail.closes_at <= timezone.now():
            return MailState.DUE.label
        if mail.state == MailState.OPEN and mail.lane:
            return HELD
        if mail.state != MailState.DUE or not mail.attempts:
            return mail.get_state_display()
        return UNKNOWN if mail.last_outcome == Outcome.UNKNOWN else RETRYING

    @admin.display(description=_("notifications"))
    def notifications(self, mail):
        return mail.item_count or 0

    @admin.display(description=_("due"), empty_value="–")
    def due(self, mail):
        return at(mail.closes_at) if mail.state in (MailState.OPEN, MailState.DUE) else "–"

    @admin.display(description=_("time"))
    def moment(self, mail):
        """When it ended, or when it is due."""
        if mail.finished_at:
            return at(mail.finished_at)
        return format_html(gettext("due {time}"), time=at(mail.closes_at))

    @admin.display(description=_("last answer"), empty_value="–")
    def answer(self, mail):
        return happened(mail.last_cause, mail.last_answer) or None

    def _chosen(self, request, queryset):
        """None of them where they are more than can be done at once, which is said."""
        found = list(queryset.values_list("pk", flat=True)[: health.MOST + 1])
        if len(found) > health.MOST:
            text = gettext("These are more than %(count)d: narrow them down first.")
            messages.error(request, text % {"count": health.MOST})
            return Mail.objects.none()
        return Mail.objects.filter(pk__in=found)

    @admin.action(description=_("Try again now"))
    def try_again(self, request, queryset):
        """What failed or waits for another try."""
        number = self._chosen(request, queryset).try_again()
        text = ngettext("%(count)d mail is tried again now.", "%(count)d mails are tried again now.", number)
        messages.success(request, text % {"count": number})

    @admin.action(description=_("Send again what was sent"))
    def send_again(self, request, queryset):
        """A mail of its own with what may still be told; who asked for it stands in its history."""
        sent = list(self._chosen(request, queryset).filter(state__in=SENT))
        number = Mail.objects.filter(pk__in=[mail.pk for mail in sent]).send_again()
        LogEntry.objects.log_actions(request.user.pk, sent, CHANGE, gettext("Sent again."))
        text = ngettext("%(count)d mail is sent again.", "%(count)d mails are sent again.", number)
        messages.success(request, text % {"count": number})

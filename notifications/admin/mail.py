"""The delivery log: each mail, who is told what by it, each attempt with the server's answer (domain §7)."""

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications.choices import MailState, Outcome
from notifications.models import DeliveryAttempt, Mail, MailItem
from notifications.models.mail import SENT

RETRYING = _("waiting for another try")
UNKNOWN = _("unknown, waiting for another try")


class ReadOnly:
    can_delete = False
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ItemInline(ReadOnly, admin.TabularInline):
    model = MailItem
    fields = ("person", "ticket", "told", "severity", "state", "withdrawal", "created_at", "finished_at")
    readonly_fields = ("ticket", "told")
    verbose_name_plural = _("notifications")

    def get_queryset(self, request):
        return (
            super().get_queryset(request).select_related("person", "event", "notice__ticket", "notice__event")
        )

    @admin.display(description=_("ticket"), empty_value="–")
    def ticket(self, item):
        return item.notice.ticket and item.notice.ticket.number

    @admin.display(description=_("event"))
    def told(self, item):
        return item.told_event.type.label


class AttemptInline(ReadOnly, admin.TabularInline):
    model = DeliveryAttempt
    fields = ("at", "function", "outcome", "answer")


class StateFilter(admin.SimpleListFilter):
    """States, and what waits after an attempt: how it went then tells more than that it is due."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*MailState.choices, ("retrying", RETRYING), ("unknown", UNKNOWN)]

    def queryset(self, request, queryset):
        match self.value():
            case "retrying":
                return queryset.tried()
            case "unknown":
                return queryset.tried().filter(last_outcome=Outcome.UNKNOWN)
            case state if state in MailState.values:
                return queryset.filter(state=state)
        return queryset


@admin.register(Mail)
class MailAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "address", "subject", "standing", "severity", "notifications", "function", "attempts", "due", "finished_at",
        "answer",
    )  # fmt: skip
    list_filter = (StateFilter, "severity", "function", "closes_at")
    search_fields = ("=address", "subject", "=message_id", "=items__notice__ticket__number")
    search_help_text = _("Address, words of the subject, Message-ID or ticket number")
    fields = (
        "address", "standing", "severity", "function", "subject", "message_id", "provider_id", "opened_at", "due",
        "attempts", "finished_at",
    )  # fmt: skip
    inlines = (ItemInline, AttemptInline)
    date_hierarchy = "closes_at"
    actions = ("try_again", "send_again")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request):
        last = DeliveryAttempt.objects.filter(mail=OuterRef("pk")).order_by("-pk")
        count = (
            MailItem.objects.filter(mail=OuterRef("pk")).values("mail").annotate(n=Count("pk")).values("n")
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                last_answer=Subquery(last.values("answer")[:1]),
                last_outcome=Subquery(last.values("outcome")[:1]),
                item_count=Subquery(count),
            )
        )

    @admin.display(description=_("state"), ordering="state")
    def standing(self, mail):
        if mail.state != MailState.DUE or not mail.attempts:
            return mail.get_state_display()
        return UNKNOWN if mail.last_outcome == Outcome.UNKNOWN else RETRYING

    @admin.display(description=_("notifications"))
    def notifications(self, mail):
        return mail.item_count or 0

    @admin.display(description=_("due"), ordering="closes_at", empty_value="–")
    def due(self, mail):
        if mail.state not in (MailState.OPEN, MailState.DUE):
            return None
        return date_format(timezone.localtime(mail.closes_at), "DATETIME_FORMAT")

    @admin.display(description=_("last answer"), empty_value="–")
    def answer(self, mail):
        return mail.last_answer

    @admin.action(description=_("Try again now"))
    def try_again(self, request, queryset):
        """What failed or waits for another try."""
        number = Mail.objects.filter(pk__in=queryset.values("pk")).try_again()
        text = ngettext("%(count)d mail is tried again now.", "%(count)d mails are tried again now.", number)
        messages.success(request, text % {"count": number})

    @admin.action(description=_("Send again what was sent"))
    def send_again(self, request, queryset):
        """A mail of its own with what may still be told; who asked for it stands in its history."""
        chosen = Mail.objects.filter(pk__in=queryset.values("pk"))
        sent = list(chosen.filter(state__in=SENT))
        number = chosen.filter(pk__in=[mail.pk for mail in sent]).send_again()
        for mail in sent:
            self.log_change(request, mail, gettext("Sent again."))
        text = ngettext("%(count)d mail is sent again.", "%(count)d mails are sent again.", number)
        messages.success(request, text % {"count": number})

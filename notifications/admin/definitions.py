"""Ticket notifications in the admin: which events, to whom, through what, in which words (docs/definitions.md)."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications import channels, recipients
from notifications.admin.definition_fields import FindingWidget
from notifications.admin.definition_form import DefinitionForm
from notifications.admin.exchanging import Exchanging
from notifications.admin.rehearsing import Rehearsing
from notifications.admin.texts import TextInline
from notifications.choices import Validity
from notifications.models import Definition
from notifications.tags import all_tags
from notifications.wording import unknown_tags
from opsi import auditing
from opsi.audit_admin import Audited
from opsi.fields import SomeRows, is_id
from tickets import events


@admin.register(Definition)
class DefinitionAdmin(Audited, Exchanging, Rehearsing, admin.ModelAdmin):
    change_form_template = "admin/notifications/definition.html"
    change_list_template = "admin/notifications/definitions.html"
    form = DefinitionForm
    inlines = (TextInline,)
    list_display = ("name", "events_shown", "recipients_shown", "channels_shown", "severity", "validity")
    list_filter = ("validity", "severity", "show_in_preferences")
    search_fields = ("name", "comment")
    autocomplete_fields = ("named_users", "named_groups")
    actions = ("make_valid", "make_invalid", "make_invalid_temporarily", "copy", "export")
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("name", "comment", "validity", "severity")}),
        (_("When"), {"fields": ("events",)}),
        (
            _("Ticket filter: one value of each field that has any"),
            {
                "classes": ("collapse",),
                "fields": (
                    "ticket_state", "ticket_priority", "ticket_type", "ticket_is_locked", "ticket_queue",
                    "ticket_service", "ticket_sla", "ticket_customer", "ticket_customer_user",
                ),
            },
        ),
        (
            _("Changed from → to: asked of the events that change the field, one value each"),
            {
                "classes": ("collapse",),
                "fields": (
                    ("from_state", "to_state"), ("from_priority", "to_priority"), ("from_type", "to_type"),
                    ("from_queue", "to_queue"), ("from_service", "to_service"), ("from_sla", "to_sla"),
                    ("from_owner", "to_owner"), ("from_responsible", "to_responsible"),
                    ("from_assignment_group", "to_assignment_group"), ("from_customer", "to_customer"),
                    ("from_is_locked", "to_is_locked"), ("from_nothing", "to_nothing"),
                ),
            },
        ),
        (
            _("Article filter: for every event that has an article"),
            {
                "classes": ("collapse",),
                "fields": (
                    "article_sender_type", "article_channel", "article_visible_for_customer",
                    "article_has_attachment", "article_from", "article_to", "article_cc", "article_subject",
                    "article_body",
                ),
            },
        ),
        (
            _("To whom"),
            {
                "fields": (
                    "recipients", "named_users", "named_groups", "roles", "extra_addresses", "also_notify_actor",
                    "send_out_of_office", "once_per_day",
                )
            },
        ),
        (
            _("How"),
            {
                "fields": (
                    "channels", "on_by_default", "critical_skips_window", "show_in_preferences", "tooltip",
                )
            },
        ),
    )  # fmt: skip

    @admin.display(description=_("events"))
    def events_shown(self, definition):
        return _joined(definition.events, dict(events.choices()))

    @admin.display(description=_("recipients"))
    def recipients_shown(self, definition):
        return _joined(definition.recipients, dict(recipients.choices()))

    @admin.display(description=_("channels"))
    def channels_shown(self, definition):
        return _joined(definition.channels, dict(channels.choices()))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        widget = FindingWidget(db_field, self.admin_site)
        return super().formfield_for_manytomany(
            db_field, request, form_class=SomeRows, widget=widget, **kwargs
        )

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = {"tags": all_tags(), **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def response_action(self, request, *args, **kwargs):
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(is_id(pk) for pk in chosen):
            messages.error(request, gettext("There is no such ticket notification."))
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, *args, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.publish()
        self.warn(request, [form.instance])

    def warn(self, request, definitions):
        """Say what is allowed but hardly meant."""
        texts = [text for one in definitions for text in one.texts.all()]
        written = [text.subject + text.body for text in texts] + [one.extra_addresses for one in definitions]
        if unknown := sorted({tag for text in written for tag in unknown_tags(text)}):
            messages.warning(
                request,
                gettext("These are no tags, each will read “-”: %(tags)s")
                % {"tags": ", ".join(f"{{{{{tag}}}}}" for tag in unknown)},
            )
        if nobody := [one.name for one in definitions if not one.names_anybody()]:
            messages.warning(
                request,
                gettext("This notification names nobody to tell: %(names)s") % {"names": ", ".join(nobody)},
            )

    def _set_validity(self, request, queryset, validity):
        chosen = list(queryset)
        changed = auditing.update(queryset, validity=validity)
        for definition in chosen:
            self.log_change(request, definition, [{"changed": {"fields": [str(_("validity"))]}}])
        message = ngettext(
            "%(count)d ticket notification is now: %(validity)s.",
            "%(count)d ticket notifications are now: %(validity)s.",
            changed,
        )
        messages.success(request, message % {"count": changed, "validity": validity.label})

    @admin.action(description=_("Make valid"))
    def make_valid(self, request, queryset):
        self._set_validity(request, queryset, Validity.VALID)

    @admin.action(description=_("Make invalid"))
    def make_invalid(self, request, queryset):
        self._set_validity(request, queryset, Validity.INVALID)

    @admin.action(description=_("Make invalid temporarily"))
    def make_invalid_temporarily(self, request, queryset):
        self._set_validity(request, queryset, Validity.INVALID_TEMPORARILY)

    @admin.action(description=_("Copy"))
    def copy(self, request, queryset):
        copies = [definition.copy() for definition in queryset]
        messages.success(
            request,
            gettext("Copied, as invalid until you are done: %(names)s")
            % {"names": ", ".join(copy.name for copy in copies)},
        )
        if len(copies) == 1:
            return HttpResponseRedirect(reverse("admin:notifications_definition_change", args=[copies[0].pk]))
        return None


def _joined(names, labels):
    return ", ".join(str(labels.get(name, name)) for name in names) or "–"

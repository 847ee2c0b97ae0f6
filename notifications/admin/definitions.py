"""Ticket notifications in the admin: which events, to whom, through what, in which words (docs/definitions.md)."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten
from django.db.models import ProtectedError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications import recipients
from notifications.admin import definition_help
from notifications.admin.definition_fields import FindingWidget
from notifications.admin.definition_form import DefinitionForm
from notifications.admin.definition_list import (
    ChannelFilter,
    EventFilter,
    Listing,
    RecipientFilter,
    ToldFilter,
)
from notifications.admin.definition_words import RowNames, sentence
from notifications.admin.exchanging import Exchanging
from notifications.admin.foreseeing_pages import Foreseeing
from notifications.admin.plan_pages import Planning
from notifications.admin.rehearsing import Rehearsing, page_of
from notifications.admin.texts import TextInline
from notifications.choices import Validity
from notifications.models import Candidate, Definition, Notice
from notifications.tags import all_tags
from notifications.wording import unknown_tags
from opsi import auditing
from opsi.audit_admin import Audited
from opsi.fields import SomeRows, is_id
from tickets import access, events
from tickets.models import Ticket


@admin.register(Definition)
class DefinitionAdmin(Audited, Listing, Planning, Foreseeing, Exchanging, Rehearsing, admin.ModelAdmin):
    change_form_template = "admin/notifications/definition.html"
    change_list_template = "admin/notifications/definitions.html"
    delete_confirmation_template = "admin/notifications/delete_definition.html"
    delete_selected_confirmation_template = "admin/notifications/delete_definitions.html"
    form = DefinitionForm
    inlines = (TextInline,)
    list_display = ("shown_name", "what", "told", "acts")
    list_filter = ("validity", EventFilter, RecipientFilter, ChannelFilter, "severity", ToldFilter)
    search_fields = ("name", "comment", "tooltip", "texts__subject")
    autocomplete_fields = ("named_users", "named_groups")
    actions = ("make_valid", "make_invalid", "make_invalid_temporarily", "copy", "export")
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("name", "comment", "validity")}),
        (_("When"), {"fields": ("events",)}),
        (
            _("Only when the ticket …"),
            {
                "classes": ("collapse",),
                "description": definition_help.TICKET_FILTER,
                "fields": (
                    "ticket_state", "ticket_priority", "ticket_type", "ticket_is_locked", "ticket_queue",
                    "ticket_service", "ticket_sla", "ticket_customer", "ticket_customer_user",
                ),
            },
        ),
        (
            _("Only when it changes from … to …"),
            {
                "classes": ("collapse",),
                "description": definition_help.CHANGE_FILTER,
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
            _("Only when the article …"),
            {
                "classes": ("collapse",),
                "description": definition_help.ARTICLE_FILTER,
                "fields": (
                    "article_sender_type", "article_channel", "article_visible_for_customer",
                    "article_has_attachment", "article_from", "article_to", "article_cc", "article_subject",
                    "article_body",
                ),
            },
        ),
        (_("To whom"), {"fields": ("recipients", "also_notify_actor")}),
        (
            _("To certain people, groups, roles and addresses"),
            {
                "classes": ("collapse",),
                "description": definition_help.NAMED,
                "fields": ("named_users", "named_groups", "roles", "extra_addresses"),
            },
        ),
        (
            _("How"),
            {
                "fields": (
                    "channels", "severity", "critical_skips_window", "send_out_of_office", "once_per_day",
                )
            },
        ),
        (
            _("What people may choose"),
            {"fields": ("show_in_preferences", "on_by_default", "tooltip")},
        ),
    )  # fmt: skip

    def get_fieldsets(self, request, obj=None):
        """A group in which something is set, or was and is wrong now, stands open."""
        filled = set(DefinitionForm.filled(obj) if obj else ())
        filled |= {name for name in DefinitionForm.base_fields if any(request.POST.getlist(name))}
        return [
            (name, options | {"classes": ()})
            if "classes" in options and not filled.isdisjoint(flatten(options["fields"]))
            else (name, options)
            for name, options in self.fieldsets
        ]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        widget = FindingWidget(db_field, self.admin_site)
        return super().formfield_for_manytomany(
            db_field, request, form_class=SomeRows, widget=widget, **kwargs
        )

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        newest = Ticket.objects.filter(access.tickets_of(request.user)).order_by("-pk")
        context = {
            "tags": all_tags(),
            "example": newest.values_list("number", flat=True).first() or "",
            **(extra_context or {}),
        }
        if object_id is None or is_id(object_id):
            context["live_url"] = page_of("preview_live", object_id)
            context["preview_url"] = page_of("preview", object_id)
        if object_id and is_id(object_id):
            rows = Definition.objects.filter(pk=object_id).for_dispatch()
            if definition := rows.prefetch_related("named_users", "named_groups").first():
                context["sentence"] = sentence(definition, RowNames([definition]))
        return super().changeform_view(request, object_id, form_url, context)

    def get_changeform_initial_data(self, request):
        """What a link to a new one fills in, such as those of the plan; nothing else of the address counts."""
        return {
            name: [one for one in request.GET.get(name, "").split(",") if one in known]
            for name, known in (
                ("events", dict(events.choices())),
                ("recipients", dict(recipients.choices())),
            )
            if name in request.GET
        } | {"also_notify_actor": "also_notify_actor" in request.GET}

    def get_deleted_objects(self, objs, request):
        """What told or would have told somebody stays: who was notified, and why not, could not be said without it."""
        names = [definition.name for definition in objs]
        used = [definition.name for definition in objs if _is_used(definition)]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), used

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            return HttpResponseRedirect(request.get_full_path())  # told meanwhile: the page says so now

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
        copies = self.copied(request, queryset)
        if len(copies) == 1:
            return HttpResponseRedirect(reverse("admin:notifications_definition_change", args=[copies[0].pk]))
        return None


def _is_used(definition):
    """Whether anybody was told, or not told, by it."""
    return (
        Candidate.objects.filter(definition=definition).exists()
        or Notice.objects.filter(definition_version__definition=definition).exists()
    )

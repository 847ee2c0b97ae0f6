"""Ticket notifications in the admin: which events, to whom, through what, in which words (domain §5)."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications import channels, recipients
from notifications.admin.definition_form import DefinitionForm
from notifications.choices import Validity
from notifications.models import Definition, DefinitionText
from notifications.tags import all_tags
from notifications.wording import unknown_tags
from tickets import events


class TextFormSet(BaseInlineFormSet):
    def __init__(self, *args, instance=None, **kwargs):
        # An empty form stands ready for each language that has no text yet; left empty, it asks nothing.
        kwargs["initial"] = [{"language": language} for language in _missing_languages(instance)]
        super().__init__(*args, instance=instance, **kwargs)

    def clean(self):
        super().clean()
        written = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if not any(form not in self.deleted_forms for form in written):
            raise ValidationError(_("Write the text in at least one language."))


class TextInline(admin.StackedInline):
    model = DefinitionText
    formset = TextFormSet
    max_num = len(settings.LANGUAGES)
    fields = (("language", "frame"), "subject", "body")

    def get_extra(self, request, obj=None, **kwargs):
        return len(_missing_languages(obj))

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields["subject"].widget.attrs |= {"size": 90, "class": ""}
        formset.form.base_fields["body"].widget = forms.Textarea(attrs={"rows": 12, "cols": 90})
        return formset


@admin.register(Definition)
class DefinitionAdmin(admin.ModelAdmin):
    form = DefinitionForm
    inlines = (TextInline,)
    list_display = ("name", "events_shown", "recipients_shown", "channels_shown", "severity", "validity")
    list_filter = ("validity", "severity", "show_in_preferences")
    search_fields = ("name", "comment")
    autocomplete_fields = ("named_users", "named_groups")
    readonly_fields = ("tags_shown",)
    actions = ("make_valid", "make_invalid", "make_invalid_temporarily", "copy")
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("name", "comment", "validity", "severity")}),
        (_("When"), {"fields": ("events", ("changed_from", "changed_to"))}),
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
        (_("Tags for the texts below"), {"classes": ("collapse",), "fields": ("tags_shown",)}),
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

    @admin.display(description=_("tags"))
    def tags_shown(self, definition):
        rows = format_html_join(
            "",
            "<tr><td><code>{{{{{}}}}}</code></td><td>{}</td></tr>",
            ((tag.name, tag.label) for tag in all_tags()),
        )
        return format_html("<table>{}</table>", rows)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        definition = form.instance
        definition.publish()
        if unknown := sorted(
            {tag for text in definition.texts.all() for tag in unknown_tags(text.subject + text.body)}
        ):
            messages.warning(
                request,
                gettext("These are no tags, each will read “-”: %(tags)s")
                % {"tags": ", ".join(f"{{{{{tag}}}}}" for tag in unknown)},
            )
        if not definition.names_anybody():
            messages.warning(request, gettext("This notification names nobody to tell."))

    def _set_validity(self, request, queryset, validity):
        changed = queryset.update(validity=validity)
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


def _missing_languages(definition):
    written = (
        set(definition.texts.values_list("language", flat=True)) if definition and definition.pk else set()
    )
    return [code for code, _name in settings.LANGUAGES if code not in written]


def _joined(names, labels):
    return ", ".join(str(labels.get(name, name)) for name in names) or "–"

"""What administrators changed, to look at only; each object's “History” leads here (docs/security.md)."""

import json

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsi.admin_kinds import LookedAtOnly
from opsi.admin_sections import SAFETY
from opsi.audit_entry import Act, AuditEntry
from opsi.auditing import audited, is_secret
from opsi.fields import is_id

LIST = "admin:opsi_auditentry_changelist"


def history_of(kind: str, pk: int | str | None = None) -> str:
    """Where the entries of `kind`, such as "tickets.queue", are listed; of one row with `pk`."""
    query = {"kind": kind} if pk is None else {"kind": kind, "object": str(pk)}
    return f"{reverse(LIST)}?{urlencode(query)}"


class Audited:
    """For a ModelAdmin: its history is the audit's."""

    def history_view(self, request, object_id, extra_context=None):
        if not self.has_view_or_change_permission(request):
            return super().history_view(request, object_id, extra_context)
        return redirect(history_of(self.opts.label_lower, object_id))


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        kinds = {model._meta for model, one in audited.items() if not one.of}
        return sorted(((one.label_lower, one.verbose_name) for one in kinds), key=lambda two: str(two[1]))

    def queryset(self, request, queryset):
        known = dict(self.lookup_choices)
        return queryset.filter(kind=self.value()) if self.value() in known else queryset


class ObjectFilter(admin.SimpleListFilter):
    """Only there while one object's history is shown."""

    title = _("object")
    parameter_name = "object"

    def lookups(self, request, model_admin):
        asked = request.GET.get(self.parameter_name, "")
        return [(asked, f"#{asked}")] if is_id(asked) else []

    def queryset(self, request, queryset):
        return queryset.filter(object_id=self.value()) if is_id(self.value() or "") else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(LookedAtOnly, admin.ModelAdmin):
    # Few columns: what became of what is read here, so it must not begin out of sight.
    list_display = ("moment", "what", "old_to_new")
    list_filter = (KindFilter, ObjectFilter, "act", "at", ("actor", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("actor",)
    search_fields = ("object_name", "row_name", "actor_name")
    search_help_text = _("Name of what was changed, or who changed it")
    fields = ("at", "who", "act", "what", "whole_change")
    readonly_fields = ("who", "what", "whole_change")
    empty_value_display = _("system")  # in the filter by who
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("time and who"), ordering="at")
    def moment(self, entry):
        at = date_format(timezone.localtime(entry.at), "SHORT_DATETIME_FORMAT")
        return format_html("{}<br>{}", at, self.who(entry))

    @admin.display(description=_("who"), ordering="actor_name")
    def who(self, entry):
        return entry.actor_name or gettext("system")

    @admin.display(description=_("what"), ordering="object_name")
    def what(self, entry):
        meta = _meta(entry.kind)
        kind, name = (meta.verbose_name if meta else entry.kind), entry.object_name
        try:
            page = reverse(f"admin:{entry.kind.replace('.', '_')}_change", args=[entry.object_id])
        except NoReverseMatch:
            page = ""
        if page and not (entry.act == Act.DELETED and entry.row == entry.kind):
            name = format_html('<a href="{}">{}</a>', page, name)
        part = entry.row_name and f" – {entry.row_name}"
        return format_html("{}: {}{} ({})", kind, name, part, entry.get_act_display())

    @admin.display(description=_("old → new"), empty_value="–")
    def old_to_new(self, entry):
        return self._lines(entry, 120)

    @admin.display(description=_("old → new"), empty_value="–")
    def whole_change(self, entry):
        return self._lines(entry, None)

    def _lines(self, entry, longest):
        meta = _meta(entry.row)
        lines = (
            (_label(meta, name), _told(meta, name, old, new, longest)) for name, old, new in entry.changes
        )
        return format_html_join("", "<div>{}: {}</div>", lines) or None


SAFETY.put(AuditEntry, _("Who changed which setting when, old → new."))


def _meta(label):
    try:
        return apps.get_model(label)._meta
    except LookupError:
        return None


def _field(meta, name):
    try:
        return meta.get_field(name) if meta else None
    except FieldDoesNotExist:
        return None


def _label(meta, name):
    field = _field(meta, name)
    if field is None:
        return name
    return gettext("password or token") if is_secret(field) else field.verbose_name


def _told(meta, name, old, new, longest):
    field = _field(meta, name)
    if field is not None and is_secret(field):
        return gettext("changed (never shown)")
    return f"{_text(field, old, longest)} → {_text(field, new, longest)}"


def _text(field, value, longest):
    match value:
        case None:
            return "–"
        case True:
            return gettext("Yes")
        case False:
            return gettext("No")
        case list() if all(isinstance(one, str) for one in value):
            text = ", ".join(value) or "–"
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False)
        case _:
            text = str(dict(getattr(field, "flatchoices", ())).get(value, value))
    return Truncator(text).chars(longest) if longest else text

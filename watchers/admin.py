"""The Watcher policy as a grid with its presets, and the watcher settings (domain §3)."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from opsi.admin_kinds import OneRow
from opsi.audit_admin import Audited, history_of
from watchers.choices import TargetKind
from watchers.forms import VERBS, PolicyForm, log_changes
from watchers.models import PolicyCell, WatcherSettings
from watchers.only_watching import OnlyWatching
from watchers.presets import Preset

GRID = "admin:watchers_policycell_changelist"


@admin.register(PolicyCell)
class PolicyAdmin(admin.ModelAdmin):
    """One page for the whole table: a cell means nothing without its neighbours."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        switching = path(
            "preset/<slug:name>/",
            self.admin_site.admin_view(self.preset_view),
            name="watchers_policycell_preset",
        )
        return [switching, *super().get_urls()]

    def change_view(self, request, *args, **kwargs):
        return redirect(GRID)

    def changelist_view(self, request, extra_context=None):
        form = PolicyForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            self._say(request, form.save(by=request.user))
            return redirect(GRID)
        context = {
            "title": _("Watcher policy"),
            "form": form,
            "targets": TargetKind,
            "history": history_of("watchers.policycell"),
            "presets": [(preset, self._is_in_force(preset, form.before, form.cells)) for preset in Preset],
        }
        return self._show(request, "watchers/admin/policy.html", context, 422 if form.problem else 200)

    def preset_view(self, request, name):
        """GET shows what switching to the preset would change, POST switches."""
        if name not in Preset.values:
            raise Http404
        preset = Preset(name)
        if request.method == "POST":
            with transaction.atomic():
                before = {cell.pk: cell.rule for cell in PolicyCell.objects.all()}
                changed = PolicyCell.objects.replace(preset.table)
                log_changes([cell for cell in changed if cell.pk in before], before, request.user)
            self._say(request, changed)
            return redirect(GRID)
        differences = [
            (cell, self._differences(cell.rule, new))
            for cell in PolicyCell.objects.all()
            if (new := preset.table[cell.setter][cell.target]) != cell.rule
        ]
        context = {"title": preset.label, "preset": preset, "differences": differences}
        return self._show(request, "watchers/admin/preset.html", context)

    def _show(self, request, template, context, status=200):
        context |= self.admin_site.each_context(request) | {"opts": self.opts}
        return render(request, template, context, status=status)

    def _differences(self, old, new):
        """(verb, extent now, extent then) for each verb whose extent differs."""
        labels = (PolicyCell._meta.get_field(verb).verbose_name for verb in VERBS)
        return [three for three in zip(labels, old, new, strict=True) if three[1] != three[2]]

    def _is_in_force(self, preset, rules, cells):
        table = preset.table
        return all(table[cell.setter][cell.target] == rules[cell.pk] for cell in cells)

    def _say(self, request, changed):
        text = ngettext(
            "%(count)d cell of the watcher policy changed.",
            "%(count)d cells of the watcher policy changed.",
            len(changed),
        )
        messages.success(request, text % {"count": len(changed)})


@admin.register(WatcherSettings)
class WatcherSettingsAdmin(Audited, OneRow, admin.ModelAdmin):
    fields = ("watching_grants_reading", "what_it_changes")
    readonly_fields = ("what_it_changes",)

    @admin.display(description=_("what turning it would change"))
    def what_it_changes(self, settings):
        """Told beforehand: how many read by watching alone, or would again."""
        found = OnlyWatching.now()
        if not found.watches:
            return _("Nothing now: everyone who watches can read without that.")
        if WatcherSettings.load().watching_grants_reading:
            text = ngettext(
                "Off: %(count)s watch rests (people: %(people)d, tickets: %(tickets)d). Its watcher can then no "
                "longer read the ticket and is told nothing.",
                "Off: %(count)s watches rest (people: %(people)d, tickets: %(tickets)d). Their watchers can then no "
                "longer read these tickets and are told nothing.",
                found.watches,
            )
        else:
            text = ngettext(
                "On: %(count)s watch that rests now lets its watcher read the ticket again (people: %(people)d, "
                "tickets: %(tickets)d).",
                "On: %(count)s watches that rest now let their watchers read the tickets again (people: %(people)d, "
                "tickets: %(tickets)d).",
                found.watches,
            )
        count = _("at least %(count)d") % {"count": found.watches} if found.is_more else str(found.watches)
        return text % {"count": count, "people": found.people, "tickets": found.tickets}

"""The Watcher policy as a grid with its presets, and the watcher settings (domain §3)."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from opsi.admin_kinds import OneRow
from opsi.admin_site import Section
from opsi.audit_admin import Audited, history_of
from opsi.first_hour import Link, State, Step, changed_by_somebody
from tickets.models import Ticket
from watchers import undoing
from watchers.choices import TargetKind
from watchers.forms import VERBS, PolicyForm, TrialForm, log_changes
from watchers.models import PolicyCell, WatcherSettings
from watchers.only_watching import OnlyWatching
from watchers.presets import Preset
from watchers.trial import MOST, Trial, examples

GRID = "admin:watchers_policycell_changelist"


@admin.register(PolicyCell)
class PolicyAdmin(admin.ModelAdmin):
    """One page for the whole table: a cell means nothing without its neighbours."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"watchers_policycell_{name}")

        return [
            at("preset/<slug:name>/", self.preset_view, "preset"),
            at("try/", require_GET(self.trial_view), "try"),
            at("undo/<int:change>/", require_POST(self.undo_view), "undo"),
            *super().get_urls(),
        ]

    def change_view(self, request, *args, **kwargs):
        return redirect(GRID)

    def changelist_view(self, request, extra_context=None):
        form = PolicyForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            self._say(request, form.save(by=request.user))
            return redirect(GRID)
        form.mark()
        context = {
            "title": _("Watcher policy"),
            "form": form,
            "targets": TargetKind,
            "history": history_of("watchers.policycell"),
            "presets": [(preset, not form.differing(preset)) for preset in Preset],
            "differing": len(form.differing(form.basis)),
            "changes": undoing.latest(),
            "trial_form": TrialForm(initial={"who": request.user.username, "ticket": self._some_ticket()}),
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

    def trial_view(self, request):
        """Whom the policy lets somebody add, see and remove on a ticket; asks, and changes nothing."""
        if not (request.GET or self._some_ticket()):
            form = TrialForm(initial={"who": request.user.username})
            context = {"title": _("Try the policy"), "form": form, "no_ticket": True}
            return self._show(request, "watchers/admin/trial.html", context)
        asked = {"who": request.user.username, "ticket": self._some_ticket(), **request.GET.dict()}
        form = TrialForm(asked)
        context = {"title": _("Try the policy"), "form": form, "examples": examples(), "most": MOST}
        if not form.is_valid():
            return self._show(request, "watchers/admin/trial.html", context, 422)
        person, ticket, preset = (form.cleaned_data[name] for name in ("who", "ticket", "preset"))
        context |= {"trial": Trial(person, ticket, preset), "preset": preset}
        return self._show(request, "watchers/admin/trial.html", context)

    def undo_view(self, request, change):
        """Put a cell back to what it was before one change of it."""
        try:
            cell = undoing.undo(change, by=request.user)
        except undoing.Overtaken as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, _("Put back: %(cell)s") % {"cell": cell})
        return redirect(GRID)

    def _some_ticket(self):
        return (
            Ticket.objects.filter(deleted_at=None).order_by("-pk").values_list("number", flat=True).first()
            or ""
        )

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


def policy_as_it_is():
    changed = changed_by_somebody("watchers.policycell")
    return State(bool(changed), changed or _("as shipped"))


Step(
    "policy",
    _("Watcher policy"),
    _("Who may add, see and remove whom as a watcher; the page tries it out on a ticket, and has presets."),
    policy_as_it_is,
    (Link(_("Watcher policy"), GRID), Link(_("Try the policy"), "admin:watchers_policycell_try")),
    order=40,
)

WATCHERS = Section("watchers", _("Watchers"), order=30)
WATCHERS.put(PolicyCell, _("Who may add, see and remove whom as a watcher."))
WATCHERS.put(WatcherSettings, _("Whether watching lets people read a ticket."))

"""What one person would be told, in the admin: whatever the ticket, and of one ticket now (docs/definitions.md)."""

from django import forms
from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from notifications import addresses, channels, foreseeing, reasons, rehearsal, standing_in
from notifications.admin.definition_words import RowNames, asks, both, conditions
from notifications.admin.rehearsing import said_misses
from notifications.choices import Drop, Rhythm
from notifications.drops import settings_of
from notifications.facts import zone_called
from notifications.models import AddressPause, Definition, NotificationFunction
from opsi.models import User
from tickets import access, events
from tickets.models import Ticket


class TicketForm(forms.Form):
    ticket = forms.CharField(label=_("Ticket number"), max_length=16)
    own = forms.BooleanField(
        label=_("As if they did it themselves"),
        required=False,
        help_text=_("Else as if the system did it."),
    )

    def __init__(self, data, viewer):
        """`viewer` finds tickets they may read, deleted ones too."""
        super().__init__(data if "ticket" in data else None)
        self.viewer = viewer

    def clean_ticket(self):
        found = Ticket.objects.filter(access.tickets_of(self.viewer), number=self.cleaned_data["ticket"])
        ticket = found.select_related("merged_into").first()
        if ticket is None:
            raise forms.ValidationError(_("There is no ticket of this number that you may read."))
        return ticket


class Foreseeing:
    """For the admin of definitions; nothing is told and nothing written."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_safe(self.person_view))
        own = path("person/<int:person>/", view, name="notifications_definition_person")
        return [own, *super().get_urls()]

    def person_view(self, request, person):
        rows = User.objects.select_related("notification_settings__stand_in", "customer")
        found = rows.filter(Q(pk=person), is_system=False).first()
        if found is None:
            raise Http404
        now = timezone.now()
        form = TicketForm(request.GET, request.user)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": gettext("What would they be told?"),
            "person": found,
            "facts": list(_facts(found, now)),
            "parts": (parts := foreseeing.parts_of(found, now) if found.is_notifiable else []),
            "labels": [reasons.label(part.kind) for part in parts],
            "groups": _grid(parts),
            "form": form,
        }
        if form.is_bound and form.is_valid():
            context |= _of_ticket(found, form.cleaned_data["ticket"], now, own=form.cleaned_data["own"])
        status = 422 if form.is_bound and form.errors else 200
        return render(request, "admin/notifications/person.html", context, status=status)


def _facts(person, now):
    """What decides beside the definitions, in sentences."""
    if not person.is_notifiable:
        yield gettext("They are told nothing: they are disabled, or existed in the past.")
    function = NotificationFunction.load()
    yield gettext("In use: %(function)s.") % {"function": function.get_function_display()}
    address = addresses.of_person(person, addresses.own())
    if not address:
        yield gettext("They have no usable e-mail address: no mail goes to them.")
    elif pause := AddressPause.objects.of(address):
        since = date_format(timezone.localtime(pause.since), "Y-m-d H:i")
        yield gettext("Mail to %(address)s is paused since %(since)s: %(reason)s.") % {
            "address": address, "since": since, "reason": pause.get_reason_display(),
        }  # fmt: skip
    else:
        yield gettext("Mail goes to %(address)s.") % {"address": address}
    yield from _absence(person, now)
    for absent in standing_in.stood_in_for(person):
        yield gettext("They stand in for %(name)s, while that person is away.") % {"name": absent}
    if not person.is_agent:
        yield gettext("Of internal articles they hear nothing.")


def _absence(person, now):
    own = settings_of(person)
    if own is None:
        return
    if own.is_away_on(timezone.localdate(now, zone_called(person.time_zone))):
        yield gettext("They are out of office: no mail goes to them but what is sent all the same.")
        if own.stand_in:
            yield gettext("%(name)s stands in for them.") % {"name": own.stand_in}
    if own.rhythm != Rhythm.EACH:
        yield gettext("Mail: %(rhythm)s.") % {"rhythm": own.get_rhythm_display()}
    if own.quiet_from is not None:
        yield gettext("They have quiet hours: mail may come later.")


def _grid(parts):
    """[(group, [(event, [what is told, part by part])])] of events that somebody of these parts is told of."""
    names = RowNames({one for part in parts for told in part.by_event.values() for one, _ways in told})
    found = []
    for group, types in events.groups():
        rows = [
            (event, [_cell(event, part.by_event.get(event.name, ()), names) for part in parts])
            for event in types
        ]
        if rows := [row for row in rows if any(row[1])]:
            found.append((group, rows))
    return found


def _cell(event, told, names):
    return [
        {
            "definition": definition,
            "through": [channels.get(name) for name, drop in ways.items() if not drop],
            "not_through": [(channels.get(name), Drop(drop).label) for name, drop in ways.items() if drop],
            "only_when": "; ".join(conditions(definition, names, event)) if asks(definition, event) else "",
        }
        for definition, ways in told
    ]


def _of_ticket(person, ticket: Ticket, now, *, own: bool):
    if ticket.deleted_at is not None:
        return {"ticket": ticket, "is_deleted": True}
    found = foreseeing.on_ticket(person, ticket, now, by=person if own else None)
    by_name = {one.event.name: one for one in found}
    # Of being added as a watcher one is told whatever one is.
    kinds = dict.fromkeys(
        kind
        for one in found
        if one.row and one.event.name not in rehearsal.ABOUT_PEOPLE
        for kind in one.row.reasons
    )
    return {
        "ticket": ticket,
        "own": own,
        "as_parts": both([reasons.label(kind) for kind in kinds]),
        "foreseen": [
            (
                group,
                [
                    (by_name[event.name], _missed(by_name[event.name]))
                    for event in types
                    if event.name in by_name
                ],
            )
            for group, types in events.groups()
        ],
    }


def _missed(foreseen) -> list[tuple[Definition, str]]:
    return [(one, " ".join(said_misses(misses))) for one, misses in foreseen.passed_over]

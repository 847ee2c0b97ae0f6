"""What a person chooses to be told of, through which channel, and what they subscribe to (domain §5; B5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from django import forms
from django.db.models import Prefetch
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import channels
from notifications.choices import ShowInPreferences
from notifications.models import (
    Definition,
    NotificationFunction,
    PersonalSettings,
    Preference,
    Subscription,
)
from opsi.models import Group, User
from opsi.roles import AgentRole
from tickets.access import queues_open_to
from tickets.choices import Level
from tickets.models import Queue, Service

AGENTS_ONLY = {
    "owner", "responsible", "assignment_group", "newly_concerned", "informed", "write_agents", "queue_subscribers",
    "service_subscribers", "queue_and_service_subscribers",
}  # fmt: skip


def reaches(definition: Definition, person: User) -> bool:
    """Whether `definition` could ever tell `person`: shown to nobody whom it cannot reach."""
    kinds = set(definition.recipients)
    if not person.is_agent:
        kinds -= AGENTS_ONLY
    elif not person.holds(AgentRole.ADMIN):
        kinds.discard("admins")
    if person.customer_id is None:
        kinds.discard("customer_user")
    if kinds - ({"admins"} if not person.is_agent else set()):
        return True
    roles = {person.customer_role} if person.customer_id else set(AgentRole.up_to(person.effective_role))
    groups = {group.pk for group in person.groups.all()}
    return (
        bool(roles & set(definition.roles))
        or any(named.pk == person.pk for named in definition.named_users.all())
        or any(group.pk in groups for group in definition.named_groups.all())
    )


@dataclass(frozen=True)
class Cell:
    """One channel of one definition; `name` is its checkbox's, "" where the definition has no such channel."""

    channel: channels.Channel
    name: str
    on: bool


@dataclass
class Row:
    definition: Definition
    cells: list[Cell]
    error: str = ""

    @property
    def is_mandatory(self) -> bool:
        return self.definition.show_in_preferences == ShowInPreferences.MANDATORY

    # What the product ships is translated; what an administrator wrote is said as it stands.
    @property
    def name(self) -> str:
        return _(self.definition.name) if self.definition.shipped_as else self.definition.name

    @property
    def tooltip(self) -> str:
        tooltip = self.definition.tooltip
        return _(tooltip) if tooltip and self.definition.shipped_as else tooltip


@dataclass
class Matrix:
    """Definitions × channels of `person`; with `data`, as they want it from now on."""

    person: User
    data: QueryDict | None = None
    error: str = field(default="", init=False)

    @cached_property
    def function(self) -> NotificationFunction:
        return NotificationFunction.load()

    def columns(self) -> Iterator[tuple[channels.Channel, bool]]:
        """Each channel, and whether the notification function in use has it."""
        available = channels.available(self.function)
        for channel in channels.all_channels():
            yield channel, channel.name in available

    @cached_property
    def definitions(self) -> list[Definition]:
        shown = Definition.objects.valid().exclude(show_in_preferences=ShowInPreferences.NO).order_by("pk")
        named = (
            Prefetch("named_users", User.objects.only("pk")),
            Prefetch("named_groups", Group.objects.only("pk")),
        )
        return [one for one in shown.prefetch_related(*named) if reaches(one, self.person)]

    @cached_property
    def own(self) -> dict[tuple[int, str], bool]:
        chosen = Preference.objects.filter(person=self.person)
        return {(one, name): on for one, name, on in chosen.values_list("definition", "channel", "enabled")}

    @cached_property
    def rows(self) -> list[Row]:
        return [self._row(definition) for definition in self.definitions]

    def _row(self, definition):
        # What was not on the page when it was filled in is not turned off by being absent.
        asked = self.data is not None and str(definition.pk) in self.data.getlist("definition")
        cells = []
        for channel in channels.all_channels():
            if channel.name not in definition.channels:
                cells.append(Cell(channel, "", False))
                continue
            name = f"{channel.name}-{definition.pk}"
            default = definition.channels[channel.name]
            kept = self.own.get((definition.pk, channel.name), default)
            cells.append(Cell(channel, name, name in self.data if asked else kept))
        row = Row(definition, cells)
        if row.is_mandatory and asked and not any(cell.on for cell in cells):
            row.error = _("Keep at least one channel on: you cannot do without this notification.")
        return row

    def is_valid(self) -> bool:
        return not any(row.error for row in self.rows)

    def save(self) -> None:
        """Store what differs from what held before; two statements at most."""
        changed = [
            Preference(
                person=self.person, definition=row.definition, channel=cell.channel.name, enabled=cell.on
            )
            for row in self.rows
            for cell in row.cells
            if cell.name and cell.on != self._before(row.definition, cell.channel.name)
        ]
        Preference.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["person", "definition", "channel"],
            update_fields=["enabled"],
        )

    def _before(self, definition, channel):
        return self.own.get((definition.pk, channel), definition.channels[channel])


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class PersonalSettingsForm(forms.ModelForm):
    class Meta:
        model = PersonalSettings
        fields = ["out_of_office_from", "out_of_office_until", "no_mail_when_read", "own_actions"]
        widgets = {"out_of_office_from": DayInput(), "out_of_office_until": DayInput()}
        labels = {
            "out_of_office_from": gettext_lazy("Out of office from"),
            "out_of_office_until": gettext_lazy("until (the last day)"),
            "no_mail_when_read": gettext_lazy("No e-mail for what I have read in the app"),
            "own_actions": gettext_lazy("Tell me of my own actions"),
        }
        help_texts = {
            "out_of_office_from": gettext_lazy("No notifications by e-mail; the app collects them."),
            "own_actions": gettext_lazy("What you do yourself on your requests and on tickets you watch."),
        }

    def __init__(self, data=None, *, person: User):
        own = PersonalSettings.objects.filter(person=person).first() or PersonalSettings(person=person)
        super().__init__(data, instance=own)
        if person.is_agent:
            # An agent is not told of what they do themselves, whatever they choose (domain §3 rule 4).
            del self.fields["own_actions"]

    def clean(self):
        cleaned = super().clean()
        begins, ends = cleaned.get("out_of_office_from"), cleaned.get("out_of_office_until")
        if begins and ends and ends < begins:
            self.add_error("out_of_office_until", _("This is before the first day."))
        return cleaned

    def save(self, commit=True):
        values = {name: getattr(self.instance, name) for name in self.fields}
        # Whoever saves in two windows at once makes one row, not an error.
        PersonalSettings.objects.update_or_create(person=self.instance.person, defaults=values)
        return self.instance


class SubscriptionsForm(forms.Form):
    """Queues and services an agent hears of; what they may not read is neither shown nor touched."""

    queues = forms.ModelMultipleChoiceField(
        Queue.objects.none(),
        label=gettext_lazy("Queues"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(),
        label=gettext_lazy("Services"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data=None, *, person: User):
        self.person = person
        own = list(Subscription.objects.filter(person=person).values_list("queue", "service"))
        self.before = {
            "queues": {queue for queue, _service in own if queue},
            "services": {service for _queue, service in own if service},
        }
        super().__init__(data, initial={name: list(ids) for name, ids in self.before.items()})
        self.offered = {
            "queues": queues_open_to(person, Level.READ).order_by("name"),
            "services": Service.objects.filter(is_active=True),
        }
        for name, offered in self.offered.items():
            cast(forms.ModelMultipleChoiceField, self.fields[name]).queryset = offered

    def save(self) -> None:
        for name, column in (("queues", "queue"), ("services", "service")):
            offered = {one.pk for one in self.offered[name]}
            wanted = {one.pk for one in self.cleaned_data[name]}
            ended = (self.before[name] & offered) - wanted
            Subscription.objects.filter(person=self.person, **{f"{column}__in": ended}).delete()
            Subscription.objects.bulk_create(
                [
                    Subscription(person=self.person, **{f"{column}_id": one})
                    for one in sorted(wanted - self.before[name])
                ],
                ignore_conflicts=True,
            )

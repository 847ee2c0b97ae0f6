"""What a person chooses to be told of, and through which channel; when they are away (domain §5; B5)."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from django import forms
from django.db.models import Prefetch, prefetch_related_objects
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import channels, standing_in
from notifications.choices import ShowInPreferences
from notifications.models import Definition, NotificationFunction, PersonalSettings, Preference
from notifications.reaching import reaches
from opsi.models import Group, User


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
        return self.definition.shown_name

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
        people = [self.person, *self.stands_in_for]
        prefetch_related_objects(people, "groups")
        return [
            one for one in shown.prefetch_related(*named) if any(reaches(one, person) for person in people)
        ]

    @cached_property
    def stands_in_for(self) -> list[User]:
        """Whose notices can come to them as well, while those are away."""
        return standing_in.stood_in_for(self.person)

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

    @property
    def turned_off(self) -> int:
        """How many of them reach the person through no channel."""
        return sum(not any(cell.on for cell in row.cells) for row in self.rows)

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


class PersonField(forms.ModelChoiceField):
    """One of some people, or nobody."""

    def __init__(self, **kwargs):
        nobody = User.objects.none()
        super().__init__(nobody, required=False, empty_label=gettext_lazy("Nobody"), **kwargs)

    def label_from_instance(self, person):
        return f"{person.full_name} ({person.username})"


def settings_to_fill(person: User) -> PersonalSettings:
    """The person's own settings, to be filled in; with all defaults where there are none."""
    own = getattr(person, "notification_settings", None)
    # A copy of its own: what is refused must not show in the rest of the page.
    return copy(own) if own else PersonalSettings(person=person)


class PersonalSettingsForm(forms.ModelForm):
    stand_in = PersonField(
        label=gettext_lazy("Stand-in"),
        help_text=gettext_lazy("While you are out of office they are told too, as far as they may read it."),
    )

    class Meta:
        model = PersonalSettings
        fields = ["out_of_office_from", "out_of_office_until", "stand_in"]
        widgets = {"out_of_office_from": DayInput(), "out_of_office_until": DayInput()}
        labels = {
            "out_of_office_from": gettext_lazy("Out of office from"),
            "out_of_office_until": gettext_lazy("until (the last day)"),
        }

    def __init__(self, data=None, *, person: User):
        super().__init__(data, instance=settings_to_fill(person))
        if person.is_agent or person.customer_id:
            cast(forms.ModelChoiceField, self.fields["stand_in"]).queryset = standing_in.choosable(person)
        else:
            del self.fields["stand_in"]

    def clean(self):
        cleaned = super().clean()
        begins, ends = cleaned.get("out_of_office_from"), cleaned.get("out_of_office_until")
        if begins and ends and ends < begins:
            self.add_error("out_of_office_until", _("This is before the first day."))
        return cleaned

    def save(self, commit=True):
        return keep(self)


class OwnActionsForm(forms.ModelForm):
    """Not for agents, who are not told of what they do themselves, whatever they choose (domain §3 rule 4)."""

    class Meta:
        model = PersonalSettings
        fields = ["own_actions"]
        labels = {"own_actions": gettext_lazy("Tell me of my own actions")}
        help_texts = {
            "own_actions": gettext_lazy("What you do yourself on your requests and on tickets you watch."),
        }

    def __init__(self, data=None, *, person: User):
        super().__init__(data, instance=settings_to_fill(person))

    def save(self, commit=True):
        return keep(self)


def keep(form: forms.ModelForm) -> PersonalSettings:
    """Store the fields of `form` and no others: whoever saves in two windows at once makes one row, not an error."""
    values = {name: getattr(form.instance, name) for name in form.fields}
    own, _new = PersonalSettings.objects.update_or_create(person=form.instance.person, defaults=values)
    return own

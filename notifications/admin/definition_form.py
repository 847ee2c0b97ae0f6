"""The form of a ticket notification: its lists and filters, kept as JSON, as fields with choices (domain §5)."""

from collections.abc import Iterator

from django import forms
from django.db.models import JSONField
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications import channels, recipients
from notifications.admin import definition_help
from notifications.admin.definition_fields import (
    EitherField,
    LinesField,
    PeopleField,
    RowsField,
    YesNoField,
    ticks,
)
from notifications.models import Definition
from opsi.models import Customer, Group, User
from opsi.roles import AgentRole, CustomerRole
from tickets import events
from tickets.choices import Channel, Priority, SenderType, State, TicketType
from tickets.models import Queue, Service, Sla

# Of these fields a change may come from nothing or leave nothing.
MAY_BE_EMPTY = (
    ("service", _("service")),
    ("sla", _("SLA")),
    ("owner", _("owner")),
    ("responsible", _("responsible")),
    ("assignment_group", _("assignment group")),
    ("customer", _("customer")),
)
LISTS = ("events", "recipients", "roles")
CHANGES = {"from_": "changed_from", "to_": "changed_to"}
FILTERS = {"ticket_": "ticket_filter", "article_": "article_filter"}


def event_choices():
    return [(group.label, [(event.name, event.label) for event in types]) for group, types in events.groups()]


def few(label, choices):
    """Some of `choices`, in a list of a few lines."""
    widget = forms.SelectMultiple(attrs={"size": 5})
    return forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=widget)


def place(field: str) -> int:
    """Where the field of this name stands in the form, behind all others if it has none.

    What is said of filters goes by it: databases keep the keys of JSON in whatever order suits them.
    """
    names = list(DefinitionForm.base_fields)
    return names.index(field) if field in names else len(names)


class DefinitionForm(forms.ModelForm):
    """Fields named ticket_…, article_…, from_… and to_… are the entries of the filters; an empty one asks nothing."""

    events = ticks(
        _("events"),
        event_choices,
        found_by=_("Find an event"),
        required=True,
        error_messages={"required": _("Choose at least one event.")},
    )
    recipients = ticks(_("recipients"), recipients.choices, explained=recipients.explanation)
    roles = ticks(_("roles"), [*AgentRole.choices, *CustomerRole.choices])
    channels = ticks(
        _("channels"),
        channels.choices,
        required=True,
        error_messages={"required": _("Choose at least one channel.")},
    )
    on_by_default = ticks(
        _("active by default"),
        channels.choices,
        help_text=_("The channels that are on until a person chooses otherwise."),
    )
    ticket_state = ticks(_("state"), State.choices)
    ticket_priority = ticks(_("priority"), Priority.choices)
    ticket_type = ticks(_("type"), TicketType.choices)
    ticket_is_locked = YesNoField(_("locked"))
    ticket_queue = RowsField(_("queue"), Queue)
    ticket_service = RowsField(_("service"), Service)
    ticket_sla = RowsField(_("SLA"), Sla)
    ticket_customer = RowsField(_("customer"), Customer)
    ticket_customer_user = PeopleField(_("customer user"), User)
    from_state = few(_("state was"), State.choices)
    to_state = few(_("state is now"), State.choices)
    from_priority = few(_("priority was"), Priority.choices)
    to_priority = few(_("priority is now"), Priority.choices)
    from_type = few(_("type was"), TicketType.choices)
    to_type = few(_("type is now"), TicketType.choices)
    from_queue = RowsField(_("queue was"), Queue)
    to_queue = RowsField(_("queue is now"), Queue)
    from_service = RowsField(_("service was"), Service)
    to_service = RowsField(_("service is now"), Service)
    from_sla = RowsField(_("SLA was"), Sla)
    to_sla = RowsField(_("SLA is now"), Sla)
    from_owner = PeopleField(_("owner was"), User)
    to_owner = PeopleField(_("owner is now"), User)
    from_responsible = PeopleField(_("responsible was"), User)
    to_responsible = PeopleField(_("responsible is now"), User)
    from_assignment_group = RowsField(_("assignment group was"), Group)
    to_assignment_group = RowsField(_("assignment group is now"), Group)
    from_customer = RowsField(_("customer was"), Customer)
    to_customer = RowsField(_("customer is now"), Customer)
    from_is_locked = YesNoField(_("was locked"))
    to_is_locked = YesNoField(_("is now locked"))
    from_nothing = ticks(_("was empty"), MAY_BE_EMPTY)
    to_nothing = ticks(_("is now empty"), MAY_BE_EMPTY)
    article_sender_type = ticks(_("sender type"), SenderType.choices)
    article_channel = ticks(_("channel"), Channel.choices)
    article_visible_for_customer = EitherField(_("visible for customer"))
    article_has_attachment = EitherField(_("has an attachment"))
    article_from = LinesField(_("from contains"))
    article_to = LinesField(_("to contains"))
    article_cc = LinesField(_("cc contains"))
    article_subject = LinesField(_("subject contains"))
    article_body = LinesField(_("text contains"))

    class Meta:
        model = Definition
        exclude = tuple(  # noqa: DJ006  (what follows from the model, so that a new field is not forgotten)
            field.name for field in Definition._meta.fields if isinstance(field, JSONField)
        )

    def __init__(self, *args, initial=None, instance=None, **kwargs):
        super().__init__(
            *args, initial={**self._stored(instance), **(initial or {})}, instance=instance, **kwargs
        )
        for name, field in self.fields.items():
            field.label = capfirst(field.label)
            field.help_text = field.help_text or definition_help.FIELDS.get(name, "")
            if isinstance(field, RowsField) and (stored := self.initial.get(name)):
                field.keep(stored)
        for name in ("name", "comment", "tooltip"):
            self.fields[name].widget.attrs |= {"size": 80, "class": ""}
        self.fields["extra_addresses"].widget.attrs |= {"rows": 3}

    @classmethod
    def filled(cls, definition: Definition) -> Iterator[str]:
        """The names of the optional fields in which `definition` has something set."""
        for name, value in cls._kept(definition).items():
            if value not in ([], "", None):
                yield name
        if definition.extra_addresses.strip():
            yield "extra_addresses"
        for name in ("named_users", "named_groups"):
            if getattr(definition, name).exists():
                yield name

    def _stored(self, definition):
        if definition is None:
            both = [name for name, _label in channels.choices()]
            return {"channels": both, "on_by_default": both}
        return self._kept(definition)

    @staticmethod
    def _kept(definition):
        stored = {name: getattr(definition, name) for name in LISTS}
        for prefix, name in FILTERS.items():
            stored |= {f"{prefix}{field}": values for field, values in getattr(definition, name).items()}
        for prefix, name in CHANGES.items():
            wanted = getattr(definition, name)
            stored[f"{prefix}nothing"] = [field for field, values in wanted.items() if None in values]
            for field, values in wanted.items():
                stored[f"{prefix}{field}"] = [value for value in values if value is not None]
        stored["channels"] = list(definition.channels)
        stored["on_by_default"] = [name for name, on in definition.channels.items() if on]
        return stored

    def clean(self):
        cleaned = super().clean()
        offered = cleaned.get("channels") or []
        if offered and (extra := set(cleaned.get("on_by_default") or []) - set(offered)):
            labels = ", ".join(str(channels.get(name).label) for name in sorted(extra))
            self.add_error(
                "on_by_default", gettext("Not among the channels above: %(channels)s") % {"channels": labels}
            )
        return cleaned

    def _post_clean(self):
        # Before the instance is checked as a whole.
        cleaned, definition = self.cleaned_data, self.instance
        for field in LISTS:
            setattr(definition, field, cleaned.get(field) or [])
        on = cleaned.get("on_by_default") or []
        definition.channels = {name: name in on for name in cleaned.get("channels") or []}
        for prefix, name in FILTERS.items():
            setattr(definition, name, self._filter(prefix, getattr(definition, name)))
        for prefix, name in CHANGES.items():
            setattr(definition, name, self._change(prefix, getattr(definition, name)))
        super()._post_clean()

    def _filter(self, prefix, stored):
        """What the fields say, beside what this form has no field for."""
        mine = {name.removeprefix(prefix) for name in self.fields if name.startswith(prefix)}
        kept = {field: value for field, value in stored.items() if field not in mine}
        said = {field: self.cleaned_data.get(prefix + field) for field in sorted(mine)}
        return kept | {field: value for field, value in said.items() if value not in (None, [], "")}

    def _change(self, prefix, stored):
        said = self._filter(prefix, stored)
        for field in said.pop("nothing", []):
            said[field] = [None, *said.get(field, [])]
        return said

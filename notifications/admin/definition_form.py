"""The form of a ticket notification: its lists and filters, kept as JSON, as fields with choices (domain §5)."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import JSONField
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications import channels, recipients
from notifications.models import Definition
from opsi.models import Customer, User
from opsi.roles import AgentRole, CustomerRole
from tickets import events
from tickets.choices import Channel, Priority, SenderType, State, TicketType
from tickets.models import Queue, Service, Sla

YES_NO = (("", _("either")), ("yes", _("yes")), ("no", _("no")))


def ticks(label, choices, **options):
    """Some of `choices`, as boxes to tick."""
    options.setdefault("required", False)
    return forms.MultipleChoiceField(
        label=label, choices=choices, widget=forms.CheckboxSelectMultiple, **options
    )


class RowsField(forms.ModelMultipleChoiceField):
    """Some rows, cleaned to their ids."""

    def __init__(self, label, model, **options):
        super().__init__(model._default_manager.all(), label=label, required=False, **options)

    def clean(self, value):
        return sorted(row.pk for row in super().clean(value))


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, label):
        super().__init__(
            label=label,
            required=False,
            help_text=_("One text a line; one of them is enough."),
            widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        )

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class EitherField(forms.ChoiceField):
    """True, False, or None for either."""

    def __init__(self, label):
        super().__init__(label=label, choices=YES_NO, required=False)

    def prepare_value(self, value):
        return {True: "yes", False: "no"}.get(value, value)

    def clean(self, value):
        return {"yes": True, "no": False}.get(super().clean(value))


class YesNoField(forms.TypedMultipleChoiceField):
    """Some of True and False."""

    def __init__(self, label):
        super().__init__(
            label=label,
            choices=YES_NO[1:],
            coerce=lambda value: value == "yes",
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def prepare_value(self, value):
        return [{True: "yes", False: "no"}.get(one, one) for one in value or ()]


def change_choices():
    """What a change may be from and to, in groups."""
    return [
        (_("State"), State.choices),
        (_("Priority"), Priority.choices),
        (_("Type"), TicketType.choices),
        (_("Queue"), [(str(queue.pk), queue.name) for queue in Queue.objects.all()]),
    ]


class DefinitionForm(forms.ModelForm):
    """Fields named ticket_… and article_… are the entries of the two filters; an empty one asks nothing."""

    events = ticks(
        _("events"),
        events.choices,
        required=True,
        error_messages={"required": _("Choose at least one event.")},
    )
    recipients = ticks(_("recipients"), recipients.choices)
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
    ticket_customer_user = RowsField(_("customer user"), User)
    changed_from = forms.MultipleChoiceField(label=_("changed from"), choices=change_choices, required=False)
    changed_to = forms.MultipleChoiceField(label=_("changed to"), choices=change_choices, required=False)
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
        for field in self.fields.values():
            field.label = capfirst(field.label)
        for name in ("name", "comment", "tooltip"):
            self.fields[name].widget.attrs |= {"size": 80, "class": ""}
        self.fields["extra_addresses"].widget.attrs |= {"rows": 3}
        self.fields["ticket_customer_user"].widget = AutocompleteSelectMultiple(
            Definition._meta.get_field("named_users"),
            admin.site,
            choices=self.fields["ticket_customer_user"].choices,
        )

    def _stored(self, definition):
        if definition is None:
            both = [name for name, _label in channels.choices()]
            return {"channels": both, "on_by_default": both}
        return {
            "events": definition.events,
            "recipients": definition.recipients,
            "roles": definition.roles,
            "channels": list(definition.channels),
            "on_by_default": [name for name, on in definition.channels.items() if on],
            "changed_from": definition.changed_from,
            "changed_to": definition.changed_to,
            **{f"ticket_{field}": values for field, values in definition.ticket_filter.items()},
            **{f"article_{field}": value for field, value in definition.article_filter.items()},
        }

    def clean_extra_addresses(self):
        text = self.cleaned_data["extra_addresses"]
        wrong = []
        for part in text.replace(",", " ").replace(";", " ").split():
            try:
                # A tag is filled later.
                "{{" in text or validate_email(part.strip("<>"))
            except ValidationError:
                wrong.append(part)
        if wrong:
            raise ValidationError(
                _("Not an e-mail address: %(wrong)s"), params={"wrong": ", ".join(wrong)}, code="invalid"
            )
        return text

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
        for field in ("events", "recipients", "roles", "changed_from", "changed_to"):
            setattr(definition, field, cleaned.get(field) or [])
        on = cleaned.get("on_by_default") or []
        definition.channels = {name: name in on for name in cleaned.get("channels") or []}
        definition.ticket_filter = self._filter("ticket_", definition.ticket_filter)
        definition.article_filter = self._filter("article_", definition.article_filter)
        super()._post_clean()

    def _filter(self, prefix, stored):
        """What the fields say, beside what this form has no field for."""
        mine = {name.removeprefix(prefix) for name in self.fields if name.startswith(prefix)}
        kept = {field: value for field, value in stored.items() if field not in mine}
        said = {field: self.cleaned_data.get(prefix + field) for field in sorted(mine)}
        return kept | {field: value for field, value in said.items() if value not in (None, [], "")}

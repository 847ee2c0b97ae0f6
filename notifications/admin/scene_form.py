"""What a rehearsal is about: a ticket, one of its events or one that might happen, and who reads it."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications import rehearsal
from notifications.admin.definition_fields import YES_NO, is_id
from notifications.facts import MODELS
from notifications.models import Definition
from opsi.models import User
from tickets import access, events
from tickets.models import Ticket, TicketEvent

MOST_EVENTS = 50
RELATED = ("ticket__merged_into", "actor", "article__ticket", "article__author")


class LoginField(forms.CharField):
    """A person, by login; None for an empty one."""

    def __init__(self, label, **options):
        super().__init__(label=label, required=False, max_length=254, **options)

    def clean(self, value):
        login = super().clean(value)
        if not login:
            return None
        person = User.objects.filter(username__iexact=login, is_system=False).first()
        return person or self._stranger(login)

    def _stranger(self, login):
        raise ValidationError(_("Nobody has the login “%(login)s”."), params={"login": login})


class ReaderField(LoginField):
    """A person by login, or an address of somebody who has no account."""

    def _stranger(self, login):
        return login if "@" in login else super()._stranger(login)


class SceneForm(forms.Form):
    """Asked step by step: what comes next depends on what stands before. Whatever is not given yet has a sample."""

    ticket = forms.CharField(label=_("Ticket number"), max_length=16)
    # The event whose details the page asked for: for another one they mean nothing.
    details_of = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict, definition: Definition | None, viewer: User, *, asks_reader: bool = True
    ):
        """`viewer` finds tickets they may read, deleted ones too: to define notifications opens no others."""
        self.definition = definition
        given = data.copy()
        number = given.get("ticket", "").replace("\x00", "").strip()
        opened = Ticket.objects.filter(access.tickets_of(viewer), number=number)
        self.found = opened.select_related("merged_into").first()
        super().__init__(given if "ticket" in given else None)
        if self.found is None:
            self._keep_event(given.get("event"))
            return
        self._ask_event(given)
        if given.get("details_of", given["event"]) != given["event"]:
            for name in ("by", "old", "new", "article"):
                given.pop(name, None)
        given["details_of"] = str(given["event"])
        if (event_type := self._imagined(given["event"])) is not None:
            self._ask_details(given, event_type)
        if asks_reader:
            self.fields["to"] = ReaderField(
                _("Read by"), help_text=_("A login, or an address without an account.")
            )
            given.setdefault("to", viewer.username)

    def clean_ticket(self):
        if self.found is None:
            raise ValidationError(_("There is no ticket of this number that you may read."))
        return self.found

    def _keep_event(self, name):
        """The event a link asked for, until there is a ticket for it."""
        if self._imagined(name) is not None:
            self.fields["event"] = forms.CharField(
                required=False, widget=forms.HiddenInput(attrs={"value": name}), initial=name
            )

    def _ask_event(self, given):
        names = self.definition.events if self.definition else [name for name, _label in events.choices()]
        happened = list(self.found.events.select_related("actor").order_by("-pk")[:MOST_EVENTS])
        mine = [event for event in happened if event.name in names]
        others = [event for event in happened if event.name not in names]
        imagined = [(event.name, event.label) for event in events.all_types() if event.name in names]
        groups = [
            (gettext("Happened on this ticket"), [_choice(event) for event in mine]),
            (gettext("Might happen"), imagined),
            (
                gettext("Happened, but is not among this notification's events"),
                [_choice(event) for event in others],
            ),
        ]
        choices = [(label, group) for label, group in groups if group]
        self.fields["event"] = forms.ChoiceField(label=_("Event"), choices=choices)
        known = {value for _group, group in choices for value, _label in group}
        # Of another ticket's events none is this one's.
        if given.get("event", "").isdigit() and given["event"] not in known:
            del given["event"]
        given.setdefault("event", choices[0][1][0][0] if choices else "")

    def _imagined(self, name):
        return next((event for event in events.all_types() if event.name == name), None)

    def _ask_details(self, given, event_type):
        self.fields["by"] = LoginField(_("Done by"), help_text=_("A login; empty for the system."))
        if event_type.field:
            now = getattr(self.found, event_type.field)
            for name, label in (("old", _("Old value")), ("new", _("New value"))):
                self.fields[name] = value_field(event_type.field, label)
            given.setdefault("new", _as_given(now))
            given.setdefault("old", _another(event_type.field, _as_given(now)))
        elif name := rehearsal.ABOUT_PEOPLE.get(event_type.name):
            self.fields[name] = LoginField(_("Whose watch"))
        elif event_type.has_article:
            self.fields["article"] = forms.IntegerField(
                label=_("Article number"),
                required=False,
                min_value=1,
                max_value=10**9,
                help_text=_("Empty for the last one."),
            )

    def clean_article(self):
        number = self.cleaned_data["article"]
        articles = self.found.articles.select_related("author", "ticket").order_by("-number")
        found = articles.filter(number=number).first() if number else articles.first()
        if number and found is None:
            raise ValidationError(_("This ticket has no such article."))
        return found

    def event(self) -> TicketEvent:
        """The event that was chosen; use once the form is valid."""
        said = self.cleaned_data
        ticket, chosen = said["ticket"], said["event"]
        if self._imagined(chosen) is None:
            return ticket.events.select_related(*RELATED).get(pk=chosen)
        old, new = said.get("old"), said.get("new")
        return rehearsal.imagine(ticket, chosen, by=said["by"], old=old, new=new, article=said.get("article"))


def _choice(event):
    at = date_format(timezone.localtime(event.at), "Y-m-d H:i")
    return str(event.pk), f"{at} {event.type.label} ({event.actor or gettext('The system')})"


def value_field(name, label):
    """A form field for a value of the ticket field `name`."""
    if MODELS.get(name) is User:
        return LoginField(label, help_text=_("A login; empty for nobody."))
    ticket_field = Ticket._meta.get_field(name)
    if name in MODELS:
        return RowField(MODELS[name], label)
    if ticket_field.get_internal_type() == "BooleanField":
        return forms.TypedChoiceField(label=label, choices=YES_NO[1:], coerce=lambda value: value == "yes")
    if ticket_field.get_internal_type() == "DateTimeField":
        return forms.DateTimeField(label=label, required=False)
    if ticket_field.choices:
        return forms.ChoiceField(label=label, choices=ticket_field.flatchoices)
    return forms.CharField(label=label, required=False, max_length=ticket_field.max_length)


class RowField(forms.ModelChoiceField):
    def __init__(self, model, label):
        super().__init__(
            model._default_manager.all(), label=label, required=False, empty_label=_("– nothing –")
        )

    def clean(self, value):
        if value and not is_id(str(value)):
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            )
        return super().clean(value)


def _as_given(value):
    """`value` as the field for it takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, User):
        return value.username
    if hasattr(value, "pk"):
        return str(value.pk)
    return "" if value is None else str(value)


def _another(name, given):
    """A sample of what the value may have been before."""
    ticket_field = Ticket._meta.get_field(name)
    if ticket_field.choices:
        return next(code for code, _label in ticket_field.flatchoices if code != given)
    if given in {"yes", "no"}:
        return "no" if given == "yes" else "yes"
    return ""

"""One form a field of the ticket: what it asks, which verb it needs, and which verb of the ticket it calls.

The page of every field is the same (`tickets.views.changing`); a new one is a class here and its name in FIELDS.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from opsi.models import Group, User
from tickets import access
from tickets.choices import POSTS, Priority, State, TicketType
from tickets.forms.people import CustomerFields, WorkerField
from tickets.forms.texts import LineField, MomentField
from tickets.models import Queue, Service, Sla, Ticket
from tickets.moving import Move


class ChangeForm(forms.Form):
    """`version` is the ticket's as the person saw it: `tickets.views.changing` compares it."""

    verb = ""
    label: object = ""
    heading: object = ""
    submit: object = _("Save")

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, data=None, *, ticket: Ticket, person: User):
        self.ticket, self.person = ticket, person
        super().__init__(data, initial={"version": ticket.version, **self.current(ticket)})
        self.offer()

    def current(self, ticket):
        """What the fields say before anybody touches them."""
        return {name: getattr(ticket, name) for name in self.base_fields if hasattr(ticket, name)}

    # A form to show before this one counts, where something must be asked first.
    to_ask: "ChangeForm | None" = None
    move: Move | None = None

    def offer(self):
        """Keep what the ticket has among the choices, even where it is out of use by now."""
        for name, field in self.fields.items():
            current = getattr(self.ticket, name, None)
            if isinstance(field, forms.ModelChoiceField) and current is not None:
                field.queryset = field.queryset | type(current)._default_manager.filter(pk=current.pk)

    def apply(self):
        """Call the ticket's verb; inside an operation."""
        raise NotImplementedError


class TitleForm(ChangeForm):
    label = _("Title")
    verb, heading = "change_title", _("Change the title")
    title = LineField(label=_("Title"), max_length=250)

    def apply(self):
        self.ticket.rename(self.cleaned_data["title"], self.person)


class StateForm(ChangeForm):
    label = _("State")
    verb, heading = "change_state", _("Change the state")
    state = forms.ChoiceField(label=_("State"), choices=State)
    pending_until = MomentField(label=_("Pending until"), help_text=_("Only for the state “Pending”."))

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("state") != State.PENDING:
            # A date left over from before is no reason to refuse another state.
            self.errors.pop("pending_until", None)
            cleaned["pending_until"] = None
        return cleaned

    def apply(self):
        self.ticket.change_state(self.cleaned_data["state"], self.person, self.cleaned_data["pending_until"])


class PendingForm(ChangeForm):
    label = _("Pending")
    verb, heading, submit = "change_pending_until", _("Set pending"), _("Set pending")
    pending_until = MomentField(label=_("Pending until"))

    def apply(self):
        self.ticket.change_state(State.PENDING, self.person)
        self.ticket.set_pending_until(self.cleaned_data["pending_until"], self.person)


class PriorityForm(ChangeForm):
    label = _("Priority")
    verb, heading = "change_priority", _("Change the priority")
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority)

    def apply(self):
        self.ticket.change_priority(self.cleaned_data["priority"], self.person)


class TypeForm(ChangeForm):
    label = _("Type")
    verb, heading = "change_type", _("Change the type")
    type = forms.ChoiceField(label=_("Type"), choices=TicketType)

    def apply(self):
        self.ticket.change_type(self.cleaned_data["type"], self.person)


class OwnerForm(ChangeForm):
    label = _("Owner")
    verb, heading = "change_owner", _("Change the owner")
    owner = WorkerField(label=_("Owner"))

    def apply(self):
        self.ticket.change_owner(self.cleaned_data["owner"], self.person)


class ResponsibleForm(ChangeForm):
    label = _("Responsible")
    verb, heading = "change_responsible", _("Change the responsible")
    responsible = WorkerField(label=_("Responsible"))

    def apply(self):
        self.ticket.change_responsible(self.cleaned_data["responsible"], self.person)


class AssignmentGroupForm(ChangeForm):
    label = _("Assignment group")
    verb, heading = "change_assignment_group", _("Change the assignment group")
    assignment_group = forms.ModelChoiceField(
        Group.objects.all(), label=_("Assignment group"), required=False, empty_label=_("None")
    )

    def apply(self):
        self.ticket.change_assignment_group(self.cleaned_data["assignment_group"], self.person)


class QueueForm(ChangeForm):
    label = _("Queue")
    verb, heading, submit = "change_queue", _("Move to another queue"), _("Move")
    queue = forms.ModelChoiceField(Queue.objects.none(), label=_("Queue"), empty_label=None)

    def __init__(self, data=None, *, ticket, person, move=None):
        super().__init__(data, ticket=ticket, person=person)
        self.move = move or self._move_sent()
        if self.move is not None:
            self._ask()

    def offer(self):
        # Not only queues one may write in: handing a ticket on to those who may is what queues are for.
        self.fields["queue"].queryset = access.queues_to_move_to(self.person)
        super().offer()

    def _move_sent(self):
        """The move that was sent, where it asks for an answer."""
        try:
            queue = self.fields["queue"].clean(self.data.get("queue")) if self.is_bound else None
        except ValidationError:
            return None
        move = Move(self.ticket, queue, self.person) if queue is not None else None
        return move if move is not None and move.asks else None

    def _ask(self):
        self.fields["queue"].widget = forms.HiddenInput()
        self.fields["asked"] = forms.IntegerField(widget=forms.HiddenInput, initial=self.move.queue.pk)
        for post, person in self.move.left_out.items():
            self.fields[f"{post}_then"] = forms.ChoiceField(
                label=self._question(post, person),
                choices=(_YOU_KEEP_OR_TAKE_OFF if person == self.person else _KEEP_OR_TAKE_OFF)[post],
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose one of the two.")},
            )

    def _question(self, post, person):
        asked = _ASKED_ABOUT_YOU if person == self.person else _ASKED_ABOUT
        return asked[post] % {"person": person, "queue": self.move.queue}

    @property
    def to_ask(self):
        """What is asked before it counts: this form again with its questions. None where they are answered."""
        if self.move is None or not self.is_bound or self.data.get("asked") == str(self.move.queue.pk):
            return None
        asking = type(self)(ticket=self.ticket, person=self.person, move=self.move)
        asking.initial |= {"version": self.data.get("version"), "queue": self.move.queue.pk}
        return asking

    def apply(self):
        take_off = [post for post in POSTS if self.cleaned_data.get(f"{post}_then") == "take_off"]
        self.ticket.change_queue(self.cleaned_data["queue"], self.person, take_off)


_KEEP_OR_TAKE_OFF = {
    "owner": [
        ("keep", _("Stays the owner, and reads this ticket for that reason alone")),
        ("take_off", _("Is taken off: the ticket then has no owner")),
    ],
    "responsible": [
        ("keep", _("Stays responsible, and reads this ticket for that reason alone")),
        ("take_off", _("Is taken off: nobody is then responsible")),
    ],
}
_YOU_KEEP_OR_TAKE_OFF = {
    "owner": [
        ("keep", _("You stay the owner, and read this ticket for that reason alone")),
        ("take_off", _("You are taken off: the ticket then has no owner")),
    ],
    "responsible": [
        ("keep", _("You stay responsible, and read this ticket for that reason alone")),
        ("take_off", _("You are taken off: nobody is then responsible")),
    ],
}
_ASKED_ABOUT = {
    "owner": _("The owner %(person)s cannot read “%(queue)s”. What then?"),
    "responsible": _("%(person)s, who is responsible, cannot read “%(queue)s”. What then?"),
}
_ASKED_ABOUT_YOU = {
    "owner": _("You are the owner and cannot read “%(queue)s” yourself. What then?"),
    "responsible": _("You are responsible and cannot read “%(queue)s” yourself. What then?"),
}


class ServiceForm(ChangeForm):
    label = _("Service")
    verb, heading = "change_service", _("Change the service")
    service = forms.ModelChoiceField(
        Service.objects.filter(is_active=True), label=_("Service"), required=False, empty_label=_("None")
    )

    def apply(self):
        self.ticket.change_service(self.cleaned_data["service"], self.person)


class SlaForm(ChangeForm):
    label = _("SLA")
    verb, heading = "change_sla", _("Change the SLA")
    sla = forms.ModelChoiceField(
        Sla.objects.filter(is_active=True), label=_("SLA"), required=False, empty_label=_("None")
    )

    def apply(self):
        self.ticket.change_sla(self.cleaned_data["sla"], self.person)


class CustomerForm(CustomerFields, ChangeForm):
    label = _("Customer")
    verb, heading = "change_customer", _("Change the customer")

    def current(self, ticket):
        person = ticket.customer_user
        return {"customer": ticket.customer, "customer_user": person.username if person else ""}

    def apply(self):
        self.ticket.change_customer(
            self.cleaned_data["customer"], self.person, customer_user=self.cleaned_data["customer_user"]
        )


class LockForm(ChangeForm):
    label = _("Lock")
    verb, heading = "change_lock", _("Lock or unlock")
    lock = forms.ChoiceField(label=_("Lock"), choices=[("on", _("Locked")), ("off", _("Unlocked"))])

    def current(self, ticket):
        return {"lock": "on" if ticket.is_locked else "off"}

    def apply(self):
        (self.ticket.lock if self.cleaned_data["lock"] == "on" else self.ticket.unlock)(self.person)


FIELDS: dict[str, type[ChangeForm]] = {
    "title": TitleForm,
    "state": StateForm,
    "pending": PendingForm,
    "priority": PriorityForm,
    "type": TypeForm,
    "owner": OwnerForm,
    "responsible": ResponsibleForm,
    "assignment-group": AssignmentGroupForm,
    "queue": QueueForm,
    "service": ServiceForm,
    "sla": SlaForm,
    "customer": CustomerForm,
    "lock": LockForm,
}

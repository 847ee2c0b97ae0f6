"""One form a field of the ticket: what it asks, which verb it needs, and which verb of the ticket it calls.

The page of every field is the same (`tickets.views.changing`); a new one is a class here and its name in FIELDS.
"""

from django import forms
from django.utils.translation import gettext_lazy as _

from opsi.models import Group, User
from tickets import access
from tickets.choices import Level, Priority, State, TicketType
from tickets.forms.people import CustomerFields, WorkerField
from tickets.forms.texts import LineField, MomentField
from tickets.models import Queue, Service, Sla, Ticket


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

    def offer(self):
        # Not only queues one may write in: handing a ticket on to those who may is what queues are for.
        self.fields["queue"].queryset = access.queues_open_to(self.person, Level.READ)
        super().offer()

    def apply(self):
        self.ticket.change_queue(self.cleaned_data["queue"], self.person)


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

"""The new-ticket form: all fields for agents, the few that are theirs for customer users and requesters."""

from django import forms
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from tickets import access, twice
from tickets.choices import Priority, TicketType
from tickets.forms.layout import in_rows
from tickets.forms.people import CustomerFields, WorkerField
from tickets.forms.texts import BodyField, LineField
from tickets.models import Queue, Service, Sla, Ticket
from tickets.uploads import AttachmentsField

# By what two tickets with the same words differ, besides their files (see tickets.twice).
CHOSEN = ("type", "queue", "priority", "customer", "owner", "responsible", "service")


class RequestForm(forms.Form):
    """What a customer user or requester fills in."""

    title = LineField(label=_("Title"), max_length=250)
    type = forms.ChoiceField(label=_("Type"), choices=TicketType, initial=TicketType.REQUEST)
    queue = forms.ModelChoiceField(Queue.objects.none(), label=_("Contact person"), empty_label=None)
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority, initial=Priority.MEDIUM)
    body = BodyField(label=_("Description"))
    attachments = AttachmentsField()

    rows: tuple[tuple[str, ...], ...] = (
        ("title",),
        ("type", "queue", "priority"),
        ("body",),
        ("attachments",),
    )

    def __init__(self, *args, person: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["queue"].queryset = access.queues_for_new_tickets(person)  # type: ignore[attr-defined]
        self.helper = in_rows(self.rows)

    def registered_just_now(self) -> Ticket | None:
        """The ticket of a double click's first; to be asked within the operation that registers else."""
        if twice.MARK not in self.data:
            return None
        given = self.cleaned_data
        chosen = {name: given[name] for name in CHOSEN if name in given}
        return twice.ticket_registered(
            self.person, given["title"], given["body"], given["attachments"], **chosen
        )

    def register(self) -> Ticket:
        """The new ticket; ValidationError by field where the model objects."""
        return Ticket.objects.register(by=self.person, **self.cleaned_data)


class NewTicketForm(CustomerFields, RequestForm):
    """What an agent fills in."""

    owner = WorkerField(label=_("Owner"))
    responsible = WorkerField(label=_("Responsible"))
    service = forms.ModelChoiceField(
        Service.objects.filter(is_active=True), label=_("Service"), required=False, empty_label=_("None")
    )
    sla = forms.ModelChoiceField(
        Sla.objects.filter(is_active=True), label=_("SLA"), required=False, empty_label=_("None")
    )
    visible_for_customer = forms.BooleanField(label=_("Visible for customer"), required=False, initial=True)

    rows = (
        ("title",),
        ("type", "queue", "priority"),
        ("customer", "customer_user"),
        ("owner", "responsible"),
        ("service", "sla"),
        ("body",),
        ("attachments",),
        ("visible_for_customer",),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["queue"].label = _("Queue")
        self.fields["body"].label = _("Text")


def form_for(person: User) -> type[RequestForm]:
    return NewTicketForm if person.is_agent else RequestForm

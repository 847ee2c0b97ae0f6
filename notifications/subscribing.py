"""What else a person wants to hear of: queues and services (agents), all their customer's tickets (domain §5)."""

from typing import cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.models import Following, Subscription
from opsi.fields import SomeRows
from opsi.models import User
from opsi.roles import CustomerRole
from tickets.access import queues_open_to
from tickets.choices import Level, Priority, TicketType
from tickets.models import Queue, Service


class SubscriptionsForm(forms.Form):
    """Queues and services an agent hears of; what they may not read is neither shown nor touched."""

    queues = SomeRows(
        Queue.objects.none(),
        label=gettext_lazy("Queues"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    services = SomeRows(
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
            cast(SomeRows, self.fields[name]).queryset = offered

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


class FollowingForm(forms.Form):
    """Whether a Customer Manager hears of all their customer's tickets, or of those of some types and priorities."""

    follow = forms.BooleanField(required=False)
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Only of these types"),
        choices=TicketType,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: of every type."),
    )
    priorities = forms.MultipleChoiceField(
        label=gettext_lazy("Only of these priorities"),
        choices=Priority,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: of every priority."),
    )

    @classmethod
    def is_for(cls, person: User) -> bool:
        return bool(person.customer_id) and person.customer_role == CustomerRole.MANAGER

    def __init__(self, data=None, *, person: User):
        self.person = person
        own = Following.objects.filter(person=person, customer=person.customer_id).first()
        initial = {"follow": True, "types": own.types, "priorities": own.priorities} if own else {}
        super().__init__(data, initial=initial)
        self.fields["follow"].label = _("Follow all tickets of %(customer)s") % {"customer": person.customer}

    def save(self) -> None:
        customer = self.person.customer
        if customer is None or not self.cleaned_data["follow"]:
            Following.objects.filter(person=self.person).delete()
            return
        chosen = {name: self.cleaned_data[name] for name in ("types", "priorities")}
        Following.objects.update_or_create(person=self.person, defaults={"customer": customer, **chosen})

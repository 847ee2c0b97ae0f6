"""Choosing people in forms: who can work on tickets, and a customer's people by their login."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from opsi.models import Customer, User
from opsi.roles import AgentRole


def workers():
    """The agents a ticket can be given to."""
    return User.objects.active().agents().filter(effective_role__in=AgentRole.at_least(AgentRole.USER))


class WorkerField(forms.ModelChoiceField):
    """An agent who can work on tickets, or nobody."""

    def __init__(self, **kwargs):
        super().__init__(queryset=workers(), required=False, empty_label=_("Nobody"), **kwargs)

    def label_from_instance(self, person):
        return f"{person.full_name} ({person.username})"


class CustomerUserField(forms.CharField):
    """A customer user by login, which the browser helps to find. Cleans to a User or None."""

    default_error_messages = {"unknown": _("No customer user has this login.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Customer user"))
        kwargs.setdefault("help_text", _("Their login; the customer follows from it."))
        super().__init__(required=False, max_length=100, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "list": "customer-users", "spellcheck": "false"}

    def clean(self, value):
        login = super().clean(value)
        if not login:
            return None
        person = User.objects.active().exclude(customer=None).filter(username__iexact=login).first()
        if person is None:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return person


class CustomerFields(forms.Form):
    """A customer and one of their people, who must belong together; the person alone brings their customer."""

    customer = forms.ModelChoiceField(
        Customer.objects.filter(is_active=True), label=_("Customer"), required=False, empty_label=_("None")
    )
    customer_user = CustomerUserField()

    def clean(self):
        cleaned = super().clean()
        person, customer = cleaned.get("customer_user"), cleaned.get("customer")
        if person is not None:
            if customer is not None and person.customer_id != customer.pk:
                self.add_error("customer_user", _("This person does not belong to this customer."))
            elif "customer" in cleaned:
                cleaned["customer"] = person.customer
        return cleaned

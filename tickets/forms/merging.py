"""Which ticket another one is merged into."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from tickets.forms.texts import LineField
from tickets.models import Ticket


class MergeForm(forms.Form):
    """The ticket to merge into, by its number: one that is hidden reads as one that does not exist."""

    target = LineField(label=_("Number of the ticket to merge into"), max_length=20)

    def __init__(self, data=None, *, person: User):
        super().__init__(data)
        self.person = person

    def clean_target(self):
        ticket = Ticket.objects.readable_by(self.person).filter(number=self.cleaned_data["target"]).first()
        if ticket is None:
            raise ValidationError(_("There is no ticket of this number."))
        return ticket

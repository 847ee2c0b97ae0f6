"""Having notifications sent to another address than the account's, once it is confirmed from there (domain §4)."""

import datetime

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import addresses
from notifications.delivery_failures import DeliveryFailed
from notifications.models import NotificationFunction, PersonalSettings
from opsi.models import User

GOOD_FOR = datetime.timedelta(hours=24)
BETWEEN_MAILS = datetime.timedelta(minutes=1)
SALT = "notifications.own_address"


class OwnAddressForm(forms.Form):
    """Asks for an address; `save` mails the confirmation there, and until that is answered nothing changes."""

    address = forms.EmailField(
        label=gettext_lazy("Another address"),
        max_length=addresses.MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy("A mail with a link goes there first. It is used once you opened that link."),
    )

    def __init__(self, data=None, *, person: User):
        super().__init__(data)
        self.person = person
        self.own = PersonalSettings.objects.filter(person=person).first() or PersonalSettings(person=person)

    def clean_address(self) -> str:
        address = addresses.normalise(self.cleaned_data["address"], addresses.own())
        if not address:
            raise ValidationError(_("No mail can be sent to this address."))
        if address == addresses.normalise(self.person.email):
            raise ValidationError(_("This is the address of your account already."))
        if address == self.own.own_address:
            raise ValidationError(_("Your notifications go to this address already."))
        if self.own.asked_at and timezone.now() - self.own.asked_at < BETWEEN_MAILS:
            raise ValidationError(_("A mail has just been sent. Wait a minute before the next."))
        return address

    def save(self) -> bool:
        """Returns whether the mail was accepted; where not, the field says so and nothing is kept."""
        address = self.cleaned_data["address"]
        try:
            NotificationFunction.load().send(_confirmation(self.person, address))
        except DeliveryFailed:
            self.add_error("address", _("The mail to this address could not be sent. Try again later."))
            return False
        PersonalSettings.objects.update_or_create(
            person=self.person, defaults={"asked_address": address, "asked_at": timezone.now()}
        )
        return True


def _confirmation(person: User, address: str) -> EmailMessage:
    token = signing.dumps([person.pk, address], salt=SALT)
    link = settings.OPSI_BASE_URL + reverse("notification_address_confirmation", args=[token])
    text = _(
        "%(name)s (%(login)s) wants notifications of Ops I sent to this address. Was that you? Then open this link"
        " within 24 hours and confirm:\n\n%(link)s\n\nOtherwise do nothing: nothing will be sent here."
    )
    return EmailMessage(
        subject=_("Confirm your address for notifications"),
        body=text % {"name": person, "login": person.username, "link": link},
        to=[address],
        headers=dict(addresses.GUARD),
    )


def address_in(token: str, person: User) -> str:
    """The address that `person` asked for last and that `token` came to; "" for any other token, or an old one."""
    try:
        asker, address = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return ""
    asked = PersonalSettings.objects.filter(person=person, asked_address=address)
    return address if asker == person.pk and asked.exists() else ""


def confirm(person: User, address: str) -> None:
    """Use `address` from now on; mail that waits follows it (see notifications.recheck)."""
    PersonalSettings.objects.filter(person=person, asked_address=address).update(
        own_address=address, asked_address="", asked_at=None
    )


def forget(person: User) -> None:
    """Back to the account's address; one that waits to be confirmed is forgotten, but not when the last mail went."""
    PersonalSettings.objects.filter(person=person).update(own_address="", asked_address="")

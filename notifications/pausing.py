"""A person's own paused address: what they are told of it, a test mail, and going on (domain §7)."""

from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils.translation import gettext as _

from notifications import addresses
from notifications.models import AddressPause, NotificationFunction, PersonalSettings
from opsi.models import User

# Whether nothing is mailed to a person, for the bell on every page. It reads addresses as they stand: one whose host is
# not in ASCII is missed here, and found by `pause_of`.
OWN = Subquery(PersonalSettings.objects.filter(person=OuterRef(OuterRef("pk"))).values("own_address")[:1])
IS_PAUSED = Exists(
    AddressPause.objects.filter(address=Lower(Coalesce(NullIf(OWN, Value("")), OuterRef("email"))))
)


def pause_of(person: User) -> AddressPause | None:
    """Why and since when nothing is mailed to `person`; None where it is."""
    return AddressPause.objects.of(addresses.of_person(person))


def send_test(pause: AddressPause) -> None:
    """Send a test mail to the paused address. Raises DeliveryFailed."""
    message = EmailMessage(
        subject=_("Test mail to you"),
        body=_(
            "This mail reaches you. In your preferences you can now have notifications sent to this address again."
        ),
        to=[pause.address],
        headers=dict(addresses.GUARD),
    )
    NotificationFunction.load().send(message)

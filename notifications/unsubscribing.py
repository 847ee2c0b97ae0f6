"""The token in a mail by which its reader mutes a ticket without signing in (RFC 8058; domain §7)."""

import datetime

from django.core import signing
from django.urls import reverse

from opsi.models import User
from tickets.models import Ticket

GOOD_FOR = datetime.timedelta(days=180)


def _signer() -> signing.TimestampSigner:
    # The salt keeps tokens made for anything else out.
    return signing.TimestampSigner(salt="notifications.unsubscribe")


class Expired(Exception):
    """The token was ours, but is too old; `language` is that of whom it was for, "" where they are gone."""

    def __init__(self, language: str = ""):
        super().__init__()
        self.language = language


class Forged(Exception):
    """No token of ours, or nobody and nothing is left that it speaks of."""


def path_for(person_id: int, ticket_id: int) -> str:
    """Where `person_id` mutes `ticket_id`, for the next 180 days."""
    return reverse("unsubscribe", args=[_signer().sign(f"{person_id}-{ticket_id}")])


def read(token: str) -> tuple[User, Ticket]:
    """Whose token it is and which ticket it is about. Raises Expired and Forged."""
    try:
        person, ticket = _signer().unsign(token, max_age=GOOD_FOR).split("-")
        return User.objects.active().get(pk=int(person)), Ticket.objects.get(pk=int(ticket))
    except signing.SignatureExpired as error:
        raise Expired(_language_of(token)) from error
    except (signing.BadSignature, User.DoesNotExist, Ticket.DoesNotExist) as error:
        raise Forged from error


def _language_of(token):
    # Signed by us, so the number in front is a person's.
    person = User.objects.active().filter(pk=int(_signer().unsign(token).split("-")[0])).first()
    return person.language if person else ""


def headers(url: str) -> dict[str, str]:
    """What mail programs make their own button “Unsubscribe” of: one POST to `url` and no question."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

"""An heir takes over preferences and inbox of somebody who existed in the past (domain §3 rule 3; docs/people.md)."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.choices import ItemState
from notifications.models import (
    Following,
    InboxFilter,
    InboxRow,
    MailItem,
    Mute,
    PersonalSettings,
    Preference,
    Subscription,
)
from opsi.models import User

# What would send the heir's mail elsewhere, or hold it back, for reasons that were the other's.
PERSONAL = {
    "own_address": "",
    "asked_address": "",
    "asked_at": None,
    "out_of_office_from": None,
    "out_of_office_until": None,
    "stand_in": None,
}


def waiting_mail(person):
    """The notifications that wait to be mailed to `person`, the oldest first."""
    return MailItem.objects.filter(person=person, state=ItemState.WAITING).order_by("created_at", "pk")


def take_over(heir: User, past: User) -> None:
    """Make `past`'s choices and inbox `heir`'s; what the heir has themselves stands. A fixed number of statements."""
    _hand_on(Preference.objects.all(), heir, past, "definition", "channel")
    _hand_on(Mute.objects.all(), heir, past, "ticket")
    _hand_on(Subscription.objects.exclude(queue=None), heir, past, "queue")
    _hand_on(Subscription.objects.exclude(service=None), heir, past, "service")
    _hand_on(InboxRow.objects.exclude(ticket=None), heir, past, "ticket")
    _hand_on(InboxRow.objects.filter(ticket=None), heir, past, "notice")
    _hand_on(InboxFilter.objects.all(), heir, past, "name")
    _hand_on(Following.objects.all(), heir, past)
    if not PersonalSettings.objects.filter(person=heir).exists():
        PersonalSettings.objects.filter(person=past).update(person=heir, **PERSONAL)


def _hand_on(rows: QuerySet, heir: User, past: User, *same: str) -> None:
    """Give `past`'s `rows` to `heir`, but where the heir has one whose fields `same` are the same."""
    alike = Q(person=heir, **{field: OuterRef(field) for field in same})
    theirs = rows.filter(~Exists(rows.model.objects.filter(alike)), person=past)
    rows.model.objects.filter(pk__in=list(theirs.values_list("pk", flat=True))).update(person=heir)

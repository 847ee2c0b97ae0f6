"""The way of an event begins here: its outbox row, in the operation's own transaction, and the wake-up after commit.

And what a person's own changes, such as a switch to another customer, mean for what they are told.
"""

from functools import partial

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from notifications import holding, inheriting
from notifications.models import Following, Outbox, PersonalSettings
from notifications.wakeup import wake_dispatch
from opsi import signals
from opsi.signals import person_event
from tickets.signals import ticket_event


@receiver(ticket_event)
def remember_to_dispatch(sender, event, operation, first, **kwargs):
    if operation.quiet or not first:
        return
    # Once an operation, however many events it writes; a row lost with a rolled back savepoint is inserted again.
    Outbox.objects.bulk_create([Outbox(operation=operation.id)], ignore_conflicts=True)
    transaction.on_commit(partial(wake_dispatch, operation.id), robust=True)


@receiver(person_event)
def person_changed(sender, person, event, old=None, **kwargs):
    match event:
        case signals.INHERITED:
            inheriting.take_over(person, old)
        case signals.CUSTOMER_SWITCHED:
            # Following ends with the customer, as watches do (domain §3 rule 2).
            Following.objects.filter(person=person).delete()
        case signals.TIME_ZONE_CHANGED:
            if own := PersonalSettings.objects.filter(person=person).first():
                holding.reschedule(person, own, timezone.now())

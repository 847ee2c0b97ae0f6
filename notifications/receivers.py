"""The way of an event begins here: its outbox row, in the operation's own transaction, and the wake-up after commit.

And what a person's switch to another customer ends.
"""

from functools import partial

from django.db import transaction
from django.dispatch import receiver

from notifications.models import Following, Outbox
from notifications.wakeup import wake_dispatch
from opsi.signals import CUSTOMER_SWITCHED, person_event
from tickets.signals import ticket_event


@receiver(ticket_event)
def remember_to_dispatch(sender, event, operation, **kwargs):
    if operation.quiet:
        return
    # Once an operation, however many events it writes; a row lost with a rolled back savepoint is inserted again.
    Outbox.objects.bulk_create([Outbox(operation=operation.id)], ignore_conflicts=True)
    transaction.on_commit(partial(wake_dispatch, operation.id), robust=True)


@receiver(person_event)
def customer_switched(sender, person, event, **kwargs):
    """Following ends with the customer, as watches do (domain §3 rule 2)."""
    if event == CUSTOMER_SWITCHED:
        Following.objects.filter(person=person).delete()

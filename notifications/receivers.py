"""The way of an event begins here: its outbox row, in the operation's own transaction, and the wake-up after commit."""

from functools import partial

from django.db import transaction
from django.dispatch import receiver

from notifications.models import Outbox
from notifications.wakeup import wake_dispatch
from tickets.signals import ticket_event


@receiver(ticket_event)
def remember_to_dispatch(sender, event, operation, **kwargs):
    if operation.quiet:
        return
    # Once an operation, however many events it writes; a row lost with a rolled back savepoint is inserted again.
    Outbox.objects.bulk_create([Outbox(operation=operation.id)], ignore_conflicts=True)
    transaction.on_commit(partial(wake_dispatch, operation.id), robust=True)

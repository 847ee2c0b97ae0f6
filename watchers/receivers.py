"""What merges, changes of people and their own settings do to watches (domain §3, rules 2, 6 and 7)."""

from django.apps import apps
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from opsi import signals
from opsi.signals import person_event
from tickets.models import Ticket
from tickets.operations import operation
from tickets.signals import ticket_event
from watchers import auto_watching, inheriting
from watchers.models import PolicyCell, Watcher
from watchers.presets import SHIPPED


@receiver(post_migrate, sender=apps.get_app_config("watchers"))
def ship_the_policy(sender, using, **kwargs):
    """Every installation starts with the shipped policy; what an administrator made of it stays."""
    if not PolicyCell.objects.using(using).exists():
        PolicyCell.objects.db_manager(using).replace(SHIPPED)


@receiver(ticket_event)
def merged(sender, event, **kwargs):
    if event.name == "TicketMerge":
        target = Ticket.objects.get(pk=event.new["id"])
        Watcher.objects.move(event.ticket, target, by=event.actor)


@receiver(ticket_event)
def written(sender, event, **kwargs):
    auto_watching.begin(event)


@receiver(person_event)
def person_changed(sender, person, event, by=None, old=None, **kwargs):
    match event:
        case signals.CUSTOMER_SWITCHED:
            with operation(by):
                for watch in Watcher.objects.watching().filter(user=person).select_related("ticket"):
                    Watcher.objects.unwatch(watch.ticket, person, by=by, why=event)
        case signals.INHERITED:
            inheriting.take_over(person, old, by)

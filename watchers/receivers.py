"""What merges, completion, changes of people and groups, and own settings do to watches (domain §3, rules 2, 6–8)."""

from django.apps import apps
from django.db.models.signals import post_migrate, pre_delete
from django.dispatch import receiver

from opsi import signals
from opsi.models import Group
from opsi.signals import person_event
from tickets.choices import COMPLETE_STATES
from tickets.models import Ticket
from tickets.models.history import record_many
from tickets.operations import operation
from tickets.signals import ticket_event
from watchers import auto_watching, inheriting
from watchers.models import PolicyCell, Watcher
from watchers.presets import SHIPPED
from watchers.watching import in_history


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
def completed(sender, event, **kwargs):
    if (
        event.name == "TicketStateUpdate"
        and event.new in COMPLETE_STATES
        and event.old not in COMPLETE_STATES
    ):
        Watcher.objects.end_as_resolved(event.ticket)


@receiver(pre_delete, sender=Group)
def group_deleted(sender, instance, **kwargs):
    """Its watches go with it; the histories say so. Nobody is told: no member set or ended anything."""
    watched = Ticket.objects.filter(watchers__group=instance, watchers__ended_at=None).order_by("pk")
    with operation(None) as under_way:
        record_many(
            watched, "TicketUnsubscribe", under_way, old=in_history(group=instance), why="group_deleted"
        )


@receiver(ticket_event)
def written(sender, event, **kwargs):
    auto_watching.begin(event)


@receiver(person_event)
def person_changed(sender, person, event, by=None, old=None, **kwargs):
    match event:
        case signals.CUSTOMER_SWITCHED:
            Watcher.objects.unwatch_all(person, by=by, why=event)
        case signals.INHERITED:
            inheriting.take_over(person, old, by)

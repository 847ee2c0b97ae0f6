"""An heir takes over the watches of somebody who existed in the past (domain §3 rule 3; docs/people.md)."""

from opsi.models import User
from tickets.models import Ticket
from tickets.models.history import record_many
from tickets.operations import operation
from watchers.models import AutoWatch, Watcher
from watchers.watching import in_history


def watched(person):
    """The tickets `person` watches, the latest watch first."""
    return Ticket.objects.filter(watchers__user=person, watchers__ended_at=None).order_by("-watchers__since")


def take_over(heir: User, past: User, by: User | None) -> None:
    """Make `past`'s watches `heir`'s, with a line in each history; tells nobody.

    Where the heir has a row of their own it stands: who left a ticket is not brought back. Ended watches go along, so
    that no automatism brings the heir back to what was left.
    """
    with operation(by) as under_way:
        known = Watcher.objects.filter(user=heir).values("ticket")
        moving = Watcher.objects.filter(user=past).exclude(ticket__in=known)
        begun = Ticket.objects.filter(pk__in=list(moving.watching().values_list("ticket", flat=True)))
        # By id: on some databases the condition would read the very rows that change.
        Watcher.objects.filter(pk__in=list(moving.values_list("pk", flat=True))).update(user=heir)
        new = in_history(heir)
        record_many(begun.order_by("pk"), "TicketSubscribe", under_way, new=new, why="inherited")
    if not AutoWatch.objects.filter(person=heir).exists():
        AutoWatch.objects.filter(person=past).update(person=heir)

"""An heir takes over the tickets of somebody who existed in the past (domain §3 rule 3; docs/people.md)."""

from django.db.models import F, Q
from django.dispatch import receiver

from opsi.models import User
from opsi.roles import AgentRole
from opsi.signals import INHERITED, person_event
from tickets.choices import POSTS
from tickets.models import Reading, Ticket
from tickets.models.history import record_many
from tickets.operations import now, operation

CONCERNED = ("created_by", "customer_user")


def of(person):
    """The tickets `person` created, owns, is responsible for, or is the customer user of, the latest first."""
    held = Q()
    for field in (*POSTS, *CONCERNED):
        held |= Q(**{field: person})
    return Ticket.objects.filter(held, deleted_at=None).order_by("-pk")


@receiver(person_event)
def inherited(sender, person, event, by=None, old=None, **kwargs):
    if event == INHERITED:
        take_over(person, old, by)


def take_over(heir: User, past: User, by: User | None) -> None:
    """Put `heir` wherever `past` stands on tickets, and say so in each history; tells nobody. Deleted ones included.
    What `past` had read of tickets, `heir` has read as well.

    What was said and done stays `past`'s: articles and history rows keep naming who really acted.
    """
    # Posts need a role, which is never inherited.
    fields = CONCERNED + (POSTS if heir.holds(AgentRole.USER) else ())
    with operation(by) as under_way:
        moved: set[int] = set()
        for field in fields:
            held = Ticket.objects.filter(**{field: past})
            moved.update(held.values_list("pk", flat=True))
            held.update(**{field: heir})
        Reading.objects.inherit(heir, past)
        touched = Ticket.objects.filter(pk__in=moved)
        touched.update(version=F("version") + 1, changed_at=now())
        record_many(
            touched.order_by("pk"),
            "TicketInherited",
            under_way,
            old={"id": past.pk, "name": past.name},
            new={"id": heir.pk, "name": heir.name},
        )

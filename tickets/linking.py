"""Tickets that belong together: linked by hand, followed up, merged. Each is named only to who may read it."""

from django.db.models import Value

from opsi.models import User
from opsi.prepared import prepared
from tickets.models import Ticket, TicketLink

MOST = 20


def related(ticket: Ticket, person: User) -> list[Ticket]:
    """What belongs to `ticket`, as far as `person` may read it, the latest first; at most 20.

    Each has `by_hand` (so it can be taken apart), `goes_on` (it is a follow-up of `ticket`) and `went_before` (`ticket`
    is one of it). One statement where there is nothing, else two.
    """
    follow_up = TicketLink.Kind.FOLLOW_UP
    bonds = _bonds(ticket)
    if not bonds:
        return []
    found = list(
        Ticket.objects.readable_by(person).filter(pk__in={other for other, _kind, _on in bonds})[:MOST]
    )
    for one in found:
        one.by_hand = not bonds.isdisjoint({(one.pk, TicketLink.Kind.RELATED, on) for on in (True, False)})
        one.goes_on = (one.pk, follow_up, True) in bonds
        one.went_before = (one.pk, follow_up, False) in bonds
    return found


def _bonds(ticket):
    """{(id of the other ticket, kind of the link or "merged", whether `ticket` is where the link begins)}."""
    bonds = {(other, kind, bool(on)) for other, kind, on in _bonds_in_rows(ticket)}
    return bonds | {(ticket.merged_into_id, "merged", False)} if ticket.merged_into_id else bonds


@prepared
def _bonds_in_rows(ticket):
    links = TicketLink.objects.filter(source=ticket).values_list("target", "kind", Value(True))
    backlinks = TicketLink.objects.filter(target=ticket).values_list("source", "kind", Value(False))
    merged = (
        Ticket.objects.filter(merged_into=ticket).order_by().values_list("pk", Value("merged"), Value(True))
    )
    return links.union(backlinks, merged)

"""An event: the customer praises what was done."""

from opsi.models import User
from tickets import events
from tickets.models import Ticket, TicketEvent
from tickets.models.history import record
from tickets.operations import operation

PRAISED = events.register(events.EventType("TicketPraised", "Praise", "heart"))


def praise(ticket: Ticket, *, by: User) -> TicketEvent:
    """The verb that writes it: one history row, and one outbox row in the same transaction."""
    with operation(by) as under_way:
        return record(ticket, PRAISED.name, under_way)

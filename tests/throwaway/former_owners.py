"""A recipient kind: whoever owned the ticket before the event."""

from collections import defaultdict

from notifications.recipient_kinds import is_agent, kind
from tickets.models import TicketEvent


@kind(
    "former_owners",
    "Former owners",
    you="you once owned it",
    explained="Agents it was assigned to before.",
    finds=is_agent,
)
def former_owners(matches):
    tickets = {match.event.ticket_id for match in matches}
    changes = TicketEvent.objects.filter(name="TicketOwnerUpdate", ticket__in=tickets)
    owned = defaultdict(list)
    for ticket, at, old in changes.values_list("ticket", "at", "old"):
        if old is not None:
            owned[ticket].append((at, old["id"]))
    for match in matches:
        for at, person in owned[match.event.ticket_id]:
            if at <= match.event.at:
                yield match, person

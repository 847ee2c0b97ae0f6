"""A watch that was ended and brought back at once: who has not heard of the end is told of neither (docs/watchers.md).

The event that brings it back names in its data the operation it undoes.
"""

import uuid
from collections.abc import Collection, Iterable

from notifications.choices import ItemState
from notifications.models import Notice
from tickets.models import TicketEvent

Key = tuple[int, str, object]  # ticket, operation, whose watch


class Undoing:
    """What of `events` is undone or undoes something: a statement for each of the two, where there is any."""

    def __init__(self, events: Collection[TicketEvent]):
        self._undone = _undone([event for event in events if event.name == "TicketUnsubscribe"])
        self._told: set[tuple[str, int]] = set()
        self._mailed: set[tuple[str, int]] = set()
        if undoing := {uuid.UUID(event.data["undoes"]) for event in events if undoes(event)}:
            notices = Notice.objects.filter(operation__in=undoing, person__isnull=False)
            for operation, person, state in notices.values_list("operation", "person", "mail_items__state"):
                self._told.add((str(operation), person))
                if state == ItemState.SENT:
                    self._mailed.add((str(operation), person))

    def silences(self, event: TicketEvent, person: int, *, by_mail: bool = False) -> bool:
        """Whether `person` is not to hear of `event`; `by_mail`: since by mail they heard of no end of it."""
        if event.name == "TicketUnsubscribe":
            return (event.ticket_id, str(event.operation), _whose(event.old)) in self._undone
        known = self._mailed if by_mail else self._told
        return undoes(event) and (event.data["undoes"], person) not in known


def undoes(event: TicketEvent) -> bool:
    return event.name == "TicketSubscribe" and "undoes" in event.data


def _undone(endings: Iterable[TicketEvent]) -> set[Key]:
    tickets = {event.ticket_id for event in endings}
    if not tickets:
        return set()
    undoing = TicketEvent.objects.filter(ticket__in=tickets, name="TicketSubscribe", data__has_key="undoes")
    rows = undoing.values_list("ticket", "data", "new")
    return {(ticket, data["undoes"], _whose(new)) for ticket, data, new in rows}


def _whose(value):
    return value.get("id") or ("group", value.get("group"))

"""The tickets somebody chose in a list, to do one thing with all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from django.http import QueryDict

from opsi.models import User
from tickets import access, timeline
from tickets.models import Ticket
from tickets.operations import operation

MOST = 500  # at once; more is not one person's one act any more


class Overtaken(Exception):
    """Some of the tickets changed, or went out of reach, after they were chosen. `numbers` says which."""

    def __init__(self, numbers: Iterable[str]):
        self.numbers = frozenset(numbers)


@dataclass(frozen=True)
class Selection:
    """`versions` is {number: the version it was chosen at, None where that was not said}, in the order of the list."""

    person: User
    versions: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def sent(cls, person: User, data: QueryDict) -> Self:
        """What the fields `ticket` say, each a number or `number.version`; what is neither is left out."""
        marks = (mark.partition(".") for mark in data.getlist("ticket"))
        versions = {
            number: int(version) if version.isdecimal() and len(version) < 10 else None
            for number, _dot, version in marks
            if number.isdecimal() and len(number) == 16
        }
        return cls(person, versions)

    @cached_property
    def tickets(self) -> list[Ticket]:
        """Those the person reads; what they do not, and what never was, is not among them."""
        order = {number: place for place, number in enumerate(self.versions)}
        found = Ticket.objects.readable_by(self.person).with_labels().filter(number__in=order)
        return sorted(found, key=lambda ticket: order[ticket.number])

    @property
    def is_too_much(self) -> bool:
        return len(self.versions) > MOST

    @property
    def gone(self) -> int:
        return len(self.versions) - len(self.tickets)

    @cached_property
    def changeable(self) -> list[Ticket]:
        """Those the person may change; owner, state, priority and queue ask for the same."""
        allowed = access.allowed(self.person, "change_state", self.tickets)
        return [ticket for ticket in self.tickets if ticket.pk in allowed]

    @property
    def refused(self) -> list[Ticket]:
        changeable = {ticket.pk for ticket in self.changeable}
        return [ticket for ticket in self.tickets if ticket.pk not in changeable]

    def hold(self) -> list[Ticket]:
        """The changeable tickets, held until the transaction ends. Overtaken unless all are as they were chosen."""
        held = Ticket.objects.hold([ticket.pk for ticket in self.changeable])
        allowed = access.allowed(self.person, "change_state", held)
        overtaken = {ticket.number for ticket in held if not self._is_as_chosen(ticket, allowed)}
        overtaken |= set(self.versions) - {ticket.number for ticket in held}
        if overtaken:
            raise Overtaken(overtaken)
        return held

    def _is_as_chosen(self, ticket, allowed):
        return ticket.pk in allowed and self.versions[ticket.number] in (None, ticket.version)

    def take(self) -> tuple[list[Ticket], list[Ticket]]:
        """Make the person the owner of what they may change and nobody changed meanwhile: (taken, left alone)."""
        with operation(self.person):
            held = Ticket.objects.hold([ticket.pk for ticket in self.changeable])
            allowed = access.allowed(self.person, "change_owner", held)
            free = [ticket for ticket in held if self._is_as_chosen(ticket, allowed)]
            Ticket.objects.change_many(free, "owner", self.person, by=self.person)
        taken = {ticket.pk for ticket in free}
        return free, [ticket for ticket in self.tickets if ticket.pk not in taken]

    def missed(self, numbers: Iterable[str]) -> list[tuple[Ticket, list[timeline.Line]]]:
        """What happened meanwhile to those of the tickets that are still there; a statement each, of the first ten."""
        overtaken = [ticket for ticket in self.tickets if ticket.number in set(numbers)]
        return [
            (ticket, timeline.changed_since(ticket, self.versions[ticket.number] or 0))
            for ticket in overtaken[:10]
        ]

"""Moving a ticket to a queue that somebody concerned cannot read: who is asked about (domain §1)."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

from opsi.models import User
from tickets import access
from tickets.choices import POSTS
from tickets.models import Queue, Ticket


@dataclass(frozen=True)
class Move:
    """`ticket` into `queue`, done by `by`; nothing happens here, see `Ticket.change_queue`."""

    ticket: Ticket
    queue: Queue
    by: User

    @cached_property
    def moved(self) -> Ticket:
        """The ticket as it would be, unsaved."""
        moved = copy(self.ticket)
        moved.queue = self.queue
        return moved

    @cached_property
    def left_out(self) -> dict[str, User]:
        """Owner and responsible, by field, whom the new queue grants no reading: they keep it only by their post."""
        holders = {post: person for post in POSTS if (person := getattr(self.ticket, post)) is not None}
        readers = access.readers_by_queue(self.queue, holders.values())
        return {post: person for post, person in holders.items() if person.pk not in readers}

    @cached_property
    def loses_sight(self) -> bool:
        """Whether whoever moves it reads it no more afterwards, even if everyone keeps their post."""
        return not access.may(self.by, "read", self.moved)

    @property
    def asks(self) -> bool:
        return self.queue != self.ticket.queue and (bool(self.left_out) or self.loses_sight)

"""Changing one field of many tickets at once, in a number of statements that hangs on the clocks alone.

What a change is, is said once, in `tickets.models.traits.changing`; here it is only written for many together.
"""

from django.db.models import F

from tickets import events
from tickets.choices import Priority, State
from tickets.models.history import record_each
from tickets.models.traits.changing import TIMED_FIELDS, able_to_work, for_history, one_of
from tickets.operations import now, operation

# What may be changed of many, and what makes a value one that may be given.
CLEANED = {
    "queue": lambda queue: queue,
    "owner": lambda person: able_to_work(person, "owner"),
    "responsible": lambda person: able_to_work(person, "responsible"),
    "priority": lambda priority: one_of(Priority, priority, "priority"),
    "state": lambda state: one_of(State, state, "state"),
    "pending_until": lambda moment: moment,
}


class ChangingMany:
    """On the manager: `Ticket.objects.change_many(tickets, "owner", uma, by=mika)`."""

    def hold(self, ids):
        """The tickets of these ids as they are now, with their labels, held until the transaction ends.

        In the order of their ids, so that two who hold many wait for each other in the same order.
        """
        held = self.with_labels().filter(pk__in=ids).order_by("pk")
        return list(held.select_for_update(no_key=True, of=("self",)))

    def change_many(self, tickets, field, to, by):
        """Set `field` (a key of CLEANED) of the held `tickets` to `to`. Returns the TicketEvents, one a changed ticket.

        An operation of its own, or part of the one under way. Raises ValidationError as the verb of one ticket does.
        """
        to = CLEANED[field](to)
        with operation(by) as under_way:
            at = now()
            changed = [ticket for ticket in tickets if getattr(ticket, field) != to]
            old = [for_history(getattr(ticket, field)) for ticket in changed]
            for follows, some in self._by_what_follows(changed, field, to):
                self.filter(pk__in=[ticket.pk for ticket in some]).update(
                    **{field: to}, **follows, version=F("version") + 1, changed_at=at
                )
                for ticket in some:
                    for name, value in ({field: to, "changed_at": at} | follows).items():
                        setattr(ticket, name, value)
                    ticket.version += 1
            if field in TIMED_FIELDS:
                for ticket in changed:
                    if ticket.has_times:
                        ticket.set_clocks()
            new = for_history(to)
            rows = [(ticket, before, new) for ticket, before in zip(changed, old, strict=True)]
            return record_each(rows, events.for_field(field).name, under_way)

    def _by_what_follows(self, tickets, field, to):
        groups = {}
        for ticket in tickets:
            follows = ticket.what_follows(field, to)
            groups.setdefault(frozenset(follows), (follows, []))[1].append(ticket)
        return groups.values()

"""Why somebody may use a ticket: one class a ground (domain §1).

A ground answers in three shapes, which must agree (a property test holds them together):

* `tickets(person, level)`: an Opened, the tickets this ground opens to `person`; None for no ticket whatever;
* `people(ticket, level)`: a Q on User, the people to whom it opens `ticket`;
* `pairs(tickets, people, level)`: the set of (ticket id, person id) it opens, among lists of both, in a fixed number of
  statements.

The wall between customers and the deleted flag are not a ground's business: `tickets.access` adds them.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from opsi.models import User
from opsi.prepared import prepared
from opsi.roles import AgentRole
from tickets.choices import Level

NOBODY = Q(pk__in=[])
# The groups of a person, whose id it takes.
GROUPS = "SELECT group_id FROM opsi_user_groups WHERE user_id = %s"


def groups_of(person) -> RawSQL:
    """The ids of the person's groups."""
    return RawSQL(GROUPS, [person.pk])  # noqa: S611  (nothing but values comes from outside)


@dataclass(frozen=True)
class Opened:
    """Which tickets, as the database is asked: SQL in which `{ticket}` stands for their table, and its values.

    Every page asks several times what somebody may read, and the ORM takes longer to put such a question together than
    the database to answer it.
    """

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Somebody:
    """Of a person all that decides what they may use. Where a question is prepared, its placeholders are who they are.

    So there are as many such questions as there are kinds of people, not as people.
    """

    pk: Any
    customer_id: Any
    is_agent: bool
    effective_role: str
    is_authenticated: bool = True
    is_notifiable: bool = True


class Ground:
    """`name` is said where access is explained; `by_right` is false where access hangs on a watch alone."""

    name = ""
    by_right = True

    def tickets(self, person: User | Somebody, level: Level) -> Opened | None:
        raise NotImplementedError

    def people(self, ticket, level: Level) -> Q:
        raise NotImplementedError

    def pairs(self, tickets, people, level: Level) -> set[tuple[int, int]]:
        raise NotImplementedError


@prepared
def _grants(level, *queues):
    from tickets.models import QueueGrant

    of_these = reduce(or_, (Q(queue=queue) for queue in queues))
    granted = QueueGrant.objects.filter(of_these, level__gte=level).order_by()
    return granted.values_list("queue_id", "group_id", "role", named=True)


class QueueGround(Ground):
    """Agents, by what the ticket's queue grants their role or groups; a viewer never beyond reading."""

    name = "queue"

    def _granted(self, level):
        from tickets.models import QueueGrant

        return QueueGrant.objects.filter(level__gte=level)

    def tickets(self, person, level):
        if not person.is_agent or (level > Level.READ and person.effective_role == AgentRole.VIEWER):
            return None
        roles = AgentRole.up_to(person.effective_role)
        granted = (
            "SELECT queue_id FROM tickets_queuegrant WHERE level >= %s"  # noqa: S608
            f" AND (role IN ({', '.join(['%s'] * len(roles))}) OR group_id IN ({GROUPS}))"
        )
        return Opened(f"{{ticket}}.queue_id IN ({granted})", (int(level), *roles, person.pk))

    def people(self, ticket, level):
        grants = list(self._granted(level).filter(queue=ticket.queue_id))
        roles = {role for grant in grants if grant.role for role in AgentRole.at_least(grant.role)}
        member = User.groups.through.objects.filter(
            user=OuterRef("pk"), group__in=[grant.group_id for grant in grants if grant.group_id]
        )
        among = (Q(effective_role__in=roles) | Q(Exists(member))) & Q(customer=None) & ~Q(effective_role="")
        return among & ~Q(effective_role=AgentRole.VIEWER) if level > Level.READ else among

    def pairs(self, tickets, people, level):
        agents = [
            person
            for person in people
            if person.is_agent and (level == Level.READ or person.effective_role != AgentRole.VIEWER)
        ]
        queues = {ticket.queue_id for ticket in tickets} - {None}  # a draft may have none yet
        if not agents or not queues:
            return set()
        grants = _grants(int(level), *queues)
        by_queue = {}
        for grant in grants:
            by_queue.setdefault(grant.queue_id, []).append(grant)
        groups = self._groups_of(agents, {grant.group_id for grant in grants if grant.group_id})
        opened = {
            (queue, agent.pk)
            for queue, granted in by_queue.items()
            for agent in agents
            if any(
                grant.group_id in groups.get(agent.pk, ())
                if grant.group_id
                else grant.role in AgentRole.up_to(agent.effective_role)
                for grant in granted
            )
        }
        return {
            (ticket.pk, agent.pk)
            for ticket in tickets
            for agent in agents
            if (ticket.queue_id, agent.pk) in opened
        }

    def _groups_of(self, agents, groups):
        if not groups or not agents:
            return {}
        found = {}
        # Ask by group, not by person: groups are few, people may be thousands.
        for person, group in User.groups.through.objects.filter(group__in=groups).values_list(
            "user", "group"
        ):
            found.setdefault(person, set()).add(group)
        return found


class FieldGround(Ground):
    """People named in a ticket's field: creator, owner, responsible, customer user."""

    def __init__(self, name, field, level, agents_only=False):
        self.name, self.field, self.level, self.agents_only = name, field, level, agents_only

    def _counts(self, person, level):
        if self.agents_only and not person.is_agent:
            return False
        # "Browses and searches only": even a ticket of their own gives a viewer no more than reading.
        return level == Level.READ or (
            self.level >= level and person.is_agent and person.effective_role != AgentRole.VIEWER
        )

    def tickets(self, person, level):
        if not self._counts(person, level):
            return None
        return Opened(f"{{ticket}}.{self.field}_id = %s", (person.pk,))

    def people(self, ticket, level):
        person = getattr(ticket, self.field)
        return Q(pk=person.pk) if person is not None and self._counts(person, level) else NOBODY

    def pairs(self, tickets, people, level):
        named = [(ticket.pk, getattr(ticket, f"{self.field}_id")) for ticket in tickets]
        wanted = {person for _ticket, person in named}
        eligible = {person.pk for person in people if person.pk in wanted and self._counts(person, level)}
        return {(ticket, person) for ticket, person in named if person in eligible}


class AssignmentGroupGround(Ground):
    name = "assignment_group"

    def tickets(self, person, level):
        if level > Level.READ or not person.is_agent:
            return None
        return Opened(f"{{ticket}}.assignment_group_id IN ({GROUPS})", (person.pk,))

    def people(self, ticket, level):
        if level > Level.READ or ticket.assignment_group_id is None:
            return NOBODY
        member = User.groups.through.objects.filter(user=OuterRef("pk"), group=ticket.assignment_group_id)
        return Q(Exists(member)) & Q(customer=None) & ~Q(effective_role="")

    def pairs(self, tickets, people, level):
        groups = {ticket.assignment_group_id for ticket in tickets} - {None}
        if level > Level.READ or not groups:
            return set()
        agents = {person.pk for person in people if person.is_agent}
        members = User.groups.through.objects.filter(group__in=groups).values_list("group", "user")
        by_group = {}
        for group, person in members:
            if person in agents:
                by_group.setdefault(group, set()).add(person)
        return {
            (ticket.pk, person)
            for ticket in tickets
            for person in by_group.get(ticket.assignment_group_id, ())
        }


class CustomerGround(Ground):
    """A customer's people read all their customer's tickets."""

    name = "customer"

    def tickets(self, person, level):
        if level > Level.READ or not person.customer_id:
            return None
        return Opened("{ticket}.customer_id = %s", (person.customer_id,))

    def people(self, ticket, level):
        if level > Level.READ or not ticket.customer_id:
            return NOBODY
        return Q(customer=ticket.customer_id)

    def pairs(self, tickets, people, level):
        if level > Level.READ:
            return set()
        by_customer = {}
        for person in people:
            if person.customer_id:
                by_customer.setdefault(person.customer_id, []).append(person.pk)
        return {
            (ticket.pk, person) for ticket in tickets for person in by_customer.get(ticket.customer_id, ())
        }

"""Who may read and do what with a ticket (domain §1): grounds, the wall between customers, and the table of verbs.

Ask `Ticket.objects.readable_by(person)` for lists, `people_of(ticket)` for who can read one, `pairs(…)` for many of
both, and `may(person, verb, ticket)` before doing anything. Apps above add grounds with `register`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial, reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Exists, Expression, F, OuterRef, Q

from opsi.models import User
from opsi.roles import AgentRole
from tickets.choices import Level
from tickets.grounds import AssignmentGroupGround, CustomerGround, FieldGround, Ground, QueueGround, Somebody

NO_TICKET = Q(pk__in=[])
_grounds: list[Ground] = [
    QueueGround(),
    FieldGround("creator", "created_by", Level.READ),
    FieldGround("owner", "owner", Level.WRITE, agents_only=True),
    FieldGround("responsible", "responsible", Level.READ, agents_only=True),
    FieldGround("customer_user", "customer_user", Level.READ),
    AssignmentGroupGround(),
    CustomerGround(),
]


def register(ground: Ground) -> None:
    """Let `ground` open tickets too; registering one of the same name again changes nothing."""
    if all(ground.name != known.name for known in _grounds):
        _grounds.append(ground)


class _Open(Expression):
    """Of a ticket: whether one of the grounds opens it. `sql` and `values` as in `tickets.grounds.Opened`.

    `column` is any column of the ticket's own table, by which it is found in a statement.
    """

    def __init__(self, sql: str, values: Sequence[Any], column: str):
        super().__init__(output_field=BooleanField())
        self.sql, self.values = sql, values
        self.ticket: Any = F(column)

    def get_source_expressions(self):
        return [self.ticket]

    def set_source_expressions(self, expressions):
        (self.ticket,) = expressions

    def as_sql(self, compiler, connection):
        table = compiler.quote_name(self.ticket.alias)
        return self.sql.format(ticket=table), tuple(self.values)


def tickets_of(person: User | Somebody, level: Level = Level.READ, *, through: str = "") -> Q:
    """A Q on Ticket: what `person` may use up to `level`, deleted tickets not yet taken out.

    `through` names a foreign key to tickets, for a Q on the model that has it.
    """
    if not person.is_authenticated or not person.is_notifiable:
        return NO_TICKET
    each = [opened for ground in _grounds if (opened := ground.tickets(person, level))]
    if not each:
        return NO_TICKET
    sql = f"({' OR '.join(opened.sql for opened in each)})"
    values = [value for opened in each for value in opened.values]
    if person.customer_id:
        # For customer users every ground holds only while the ticket's customer is theirs.
        theirs = "{ticket}.customer_id = %s OR {ticket}.customer_id IS NULL AND {ticket}.created_by_id = %s"
        sql, values = f"({sql} AND ({theirs}))", [*values, person.customer_id, person.pk]
    return Q(_Open(sql, values, f"{through}__number" if through else "number"))


def people_of(ticket, level: Level = Level.READ, *, by_right: bool = False) -> Q:
    """A Q on User: everyone active who may use `ticket` up to `level`; with `by_right` not those who only watch."""
    grounds = [ground for ground in _grounds if ground.by_right or not by_right]
    opened = reduce(or_, (ground.people(ticket, level) for ground in grounds))
    beyond_the_wall = Q(customer=None)
    if ticket.customer_id:
        beyond_the_wall |= Q(customer=ticket.customer_id)
    else:
        beyond_the_wall |= Q(pk=ticket.created_by_id)
    return opened & beyond_the_wall & Q(is_active=True, is_system=False, deleted_at=None)


def pairs(
    tickets, people, level: Level = Level.READ, *, by_right: bool = False, deleted: bool = False
) -> set[tuple[int, int]]:
    """The (ticket id, person id) among `tickets` × `people` where the person may use the ticket up to `level`.

    A fixed number of statements, however long the lists. `deleted` judges deleted tickets as if they were not.
    """
    tickets = [ticket for ticket in tickets if deleted or ticket.deleted_at is None]
    people = [person for person in people if person.is_notifiable]
    if not tickets or not people:
        return set()
    grounds = [ground for ground in _grounds if ground.by_right or not by_right]
    opened = set().union(*(ground.pairs(tickets, people, level) for ground in grounds))
    walled = {person.pk: person.customer_id for person in people if person.customer_id}
    if not walled:
        return opened
    by_id = {ticket.pk: ticket for ticket in tickets}

    def within_the_wall(ticket, person_id):
        customer = walled.get(person_id)
        return (
            customer is None
            or ticket.customer_id == customer
            or (ticket.customer_id is None and ticket.created_by_id == person_id)
        )

    return {(ticket, person) for ticket, person in opened if within_the_wall(by_id[ticket], person)}


def readers_by_queue(queue, people) -> set[int]:
    """The ids of those among `people` who read what lies in `queue` by its permission alone."""
    from tickets.models import Ticket

    lying_there = Ticket(queue=queue)
    active = [person for person in people if person.is_notifiable]
    return {person for _ticket, person in QueueGround().pairs([lying_there], active, Level.READ)}


def readable_articles(person: User, ticket):
    """The articles of `ticket` that `person` sees; none where they may not read the ticket."""
    return ticket.articles.visible_to(person) if may(person, "read", ticket) else ticket.articles.none()


def grounds_of(person: User, ticket) -> list[str]:
    """The names of the grounds on which `person` reads `ticket`."""
    if (ticket.pk, person.pk) not in pairs([ticket], [person]):
        return []
    return [ground.name for ground in _grounds if ground.pairs([ticket], [person], Level.READ)]


@dataclass(frozen=True)
class Verb:
    """What a verb asks: of agents a level, or a role; of customer users and requesters whether it is theirs at all."""

    level: Level | None = None
    role: str = ""
    others: bool = False
    others_by_right: bool = True
    deleted: bool = False


CHANGES = (
    "state", "priority", "owner", "responsible", "assignment_group", "queue", "type", "service", "sla", "customer",
    "pending_until", "lock", "title",
)  # fmt: skip

VERBS: dict[str, Verb] = {
    "read": Verb(Level.READ, others=True, others_by_right=False),
    "note": Verb(Level.NOTE),
    "reply": Verb(Level.WRITE),
    **{f"change_{field}": Verb(Level.WRITE) for field in CHANGES},
    "edit_article": Verb(Level.WRITE),
    "delete_article": Verb(Level.WRITE),
    "merge": Verb(Level.WRITE),
    "link": Verb(Level.WRITE),
    "split": Verb(Level.WRITE),
    "delete": Verb(Level.WRITE),
    "restore": Verb(role=AgentRole.ADMIN, deleted=True),
    "follow_up": Verb(others=True),
}


def may(person: User, verb: str, ticket) -> bool:
    """Whether `person` may do `verb` (a key of VERBS) with `ticket`. KeyError for an unknown verb."""
    return _allowed(person, VERBS[verb], ticket, partial(_opened, person, ticket))


def allowed(person: User, verb: str, tickets) -> set[int]:
    """The ids of those among `tickets` for which `may` says yes; a fixed number of statements, however many."""

    @cache
    def opening(level, by_right):
        return {ticket for ticket, _person in pairs(tickets, [person], level, by_right=by_right)}

    def opened(ticket):
        return lambda level, by_right=False: ticket.pk in opening(level, by_right)

    return {ticket.pk for ticket in tickets if _allowed(person, VERBS[verb], ticket, opened(ticket))}


def verbs_of(person: User, ticket) -> frozenset[str]:
    """Every verb that `may` allows with a ticket `person` is known to read; the grounds are asked once a level."""

    @cache
    def opened(level, by_right=False):
        if by_right:
            return _opened(person, ticket, level, by_right)
        return (
            level == Level.READ
            or (level < Level.WRITE and opened(Level.WRITE))
            or _opened(person, ticket, level)
        )

    return frozenset(verb for verb, rule in VERBS.items() if _allowed(person, rule, ticket, opened))


def _allowed(person, rule, ticket, opened):
    if not person.is_authenticated or not person.is_notifiable or (ticket.deleted_at and not rule.deleted):
        return False
    if not person.is_agent:
        return rule.others and opened(Level.READ, by_right=rule.others_by_right)
    if rule.role:
        return person.holds(rule.role)
    return rule.level is not None and opened(rule.level)


def _opened(person, ticket, level, by_right=False):
    return bool(pairs([ticket], [person], level, by_right=by_right))


def may_create(person: User) -> bool:
    """Everyone but viewers ("browses and searches only") may open a ticket."""
    return person.is_notifiable and (not person.is_agent or person.holds(AgentRole.USER))


def queues_for_new_tickets(person: User):
    """The queues `person` may put a new ticket in: agents those they may write in, others every active one."""
    from tickets.models import Queue

    if not person.is_agent:
        return Queue.objects.filter(is_active=True)
    return queues_open_to(person, Level.WRITE) if person.holds(AgentRole.USER) else Queue.objects.none()


def queues_to_move_to(person: User):
    """The queues an agent may move a ticket to: those they read, and those open to moves from everywhere."""
    from tickets.models import Queue

    if not person.is_agent:
        return Queue.objects.none()
    return queues_open_to(person, Level.READ) | Queue.objects.filter(is_active=True, open_to_moves=True)


def queues_seen_by(person: User):
    """The queues an agent may know of: those that grant them something, and where they read a ticket anyway."""
    from tickets.models import Queue, QueueGrant, Ticket

    if not person.is_agent:
        return Queue.objects.none()
    granted = Q(role__in=AgentRole.up_to(person.effective_role)) | Q(group__members=person)
    grants = QueueGrant.objects.filter(granted)
    there = Ticket.objects.readable_by(person).filter(queue=OuterRef("pk"))
    return Queue.objects.filter(Q(pk__in=grants.values("queue")) | Q(Exists(there)))


def queues_open_to(person: User, level: Level):
    """The active queues in which an agent may do things up to `level`; none for others."""
    from tickets.models import Queue, QueueGrant

    if not person.is_agent:
        return Queue.objects.none()
    granted = Q(role__in=AgentRole.up_to(person.effective_role)) | Q(group__members=person)
    grants = QueueGrant.objects.filter(granted, level__gte=level)
    return Queue.objects.filter(is_active=True, pk__in=grants.values("queue"))

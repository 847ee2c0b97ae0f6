"""What a recipient kind is, and the registry of them; the kinds themselves stand in `notifications.recipients`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from notifications.models import Definition
from opsi.models import User
from opsi.roles import AgentRole, CustomerRole
from tickets.models import TicketEvent


@dataclass(frozen=True, eq=False)
class Match:
    """A definition that is about an event."""

    definition: Definition
    event: TicketEvent


# A third tells more closely than the kind's own name why they are told.
type Found = Iterator[tuple[Match, int | str] | tuple[Match, int | str, str]]
type Resolver = Callable[[Sequence[Match]], Found]


def anybody(person: User) -> bool:
    return True


def is_agent(person: User) -> bool:
    return person.is_agent


def works_on_tickets(person: User) -> bool:
    return person.holds(AgentRole.USER)


def is_administrator(person: User) -> bool:
    return person.holds(AgentRole.ADMIN)


def is_customer_user(person: User) -> bool:
    return person.customer_id is not None


def is_customer_manager(person: User) -> bool:
    return is_customer_user(person) and person.customer_role == CustomerRole.MANAGER


@dataclass(frozen=True)
class RecipientKind:
    """`used_by` says whether a definition means this kind; None: where it is ticked in its `recipients`.

    `only_of` are the names of the events that have such people at all; empty: every event may. `you` says to those who
    are told why, such as “you watch it”, and `explained` more of the kind to whoever writes definitions. `finds` says
    whether it can ever find a person: who cannot be found is not asked for a preference.
    """

    name: str
    label: str | Promise
    resolve: Resolver
    used_by: Callable[[Definition], bool] | None = None
    only_of: frozenset[str] = frozenset()
    you: str | Promise = ""
    explained: str | Promise = ""
    finds: Callable[[User], bool] = anybody

    def is_of(self, event: str) -> bool:
        """Whether the event of this name can have such people."""
        return not self.only_of or event in self.only_of

    def is_used_by(self, definition: Definition) -> bool:
        return self.used_by(definition) if self.used_by else self.name in definition.recipients


_kinds: dict[str, RecipientKind] = {}


def register(kind: RecipientKind) -> RecipientKind:
    """Add a kind; a second one of the same name is a programming error."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"A recipient kind named {kind.name} is registered already.")
    return kind


def get(name: str) -> RecipientKind:
    """The kind called `name`; KeyError for an unknown one."""
    return _kinds[name]


def all_kinds() -> list[RecipientKind]:
    return list(_kinds.values())


def choices() -> list[tuple[str, str | Promise]]:
    """The kinds to tick; the others follow from what a definition names."""
    return [(kind.name, kind.label) for kind in _kinds.values() if kind.used_by is None]


def explanation(name: str) -> str | Promise:
    """What is said of the kind called `name` where definitions are written; "" where there is nothing to say."""
    return _kinds[name].explained


def kind(
    name: str, label: str | Promise, *, only_of: Iterable[str] = (), **more: Any
) -> Callable[[Resolver], Resolver]:
    """Decorates the resolver of a kind; `more` as for RecipientKind."""

    def register_resolver(resolve: Resolver) -> Resolver:
        register(RecipientKind(name, label, resolve, only_of=frozenset(only_of), **more))
        return resolve

    return register_resolver


def spread(wanted: Iterable[tuple[Match, int | None]], people_of: dict[int, set[int]]) -> Found:
    """Each match with the people of the thing (a group, a queue) that it asked for."""
    for match, key in wanted:
        for person in people_of.get(key, ()) if key else ():
            yield match, person

"""What a recipient kind is, and the registry of them; the kinds themselves stand in `notifications.recipients`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from notifications.models import Definition
from tickets.models import TicketEvent


@dataclass(frozen=True, eq=False)
class Match:
    """A definition that is about an event."""

    definition: Definition
    event: TicketEvent


# A third tells more closely than the kind's own name why they are told.
type Found = Iterator[tuple[Match, int | str] | tuple[Match, int | str, str]]
type Resolver = Callable[[Sequence[Match]], Found]


@dataclass(frozen=True)
class RecipientKind:
    """`used_by` says whether a definition means this kind; None: where it is ticked in its `recipients`.

    `only_of` are the names of the events that have such people at all; empty: every event may.
    """

    name: str
    label: str | Promise
    resolve: Resolver
    used_by: Callable[[Definition], bool] | None = None
    only_of: frozenset[str] = frozenset()

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


def kind(
    name: str,
    label: str | Promise,
    used_by: Callable[[Definition], bool] | None = None,
    only_of: Iterable[str] = (),
) -> Callable[[Resolver], Resolver]:
    """Decorates the resolver of a kind."""

    def register_resolver(resolve: Resolver) -> Resolver:
        register(RecipientKind(name, label, resolve, used_by, frozenset(only_of)))
        return resolve

    return register_resolver

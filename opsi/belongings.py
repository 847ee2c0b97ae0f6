"""What people have: counted and listed for an administrator before a person is deleted, inherited or switched.

The apps above register theirs in `AppConfig.ready()`; docs/people.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.utils.functional import Promise

SHOWN = 20


@dataclass(frozen=True)
class Belonging:
    """`of(person)` is what they have of it (a queryset); `ends_with_customer`: a switch of their customer ends it."""

    label: str | Promise
    of: Callable[..., QuerySet]
    ends_with_customer: bool = False


@dataclass(frozen=True)
class Found:
    """How many of a belonging a person has; when asked, the first SHOWN of them as texts, and how many more."""

    label: str | Promise
    rows: QuerySet

    @cached_property
    def count(self) -> int:
        return self.rows.count()

    @cached_property
    def shown(self) -> list[str]:
        return [str(row) for row in self.rows[:SHOWN]]

    @property
    def more(self) -> int:
        return self.count - len(self.shown)


_registered: list[Belonging] = []


def register(belonging: Belonging) -> None:
    _registered.append(belonging)


def of(person, ending_with_customer: bool = False) -> list[Found]:
    """What `person` has, a Found a kind; only what a switch of customer ends, where that is asked."""
    kinds = [kind for kind in _registered if kind.ends_with_customer or not ending_with_customer]
    return [Found(kind.label, kind.of(person)) for kind in kinds]

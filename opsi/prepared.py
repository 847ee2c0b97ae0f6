"""Questions that are put into SQL once a process (docs/performance.md).

A page asks the same questions each time it is shown; the ORM takes several times as long to put one into SQL as the
database to answer it. So that is done once, and from then on only the values differ:

    @prepared
    def own_watch(ticket, person):
        return Watcher.objects.watching().filter(ticket=ticket, user=person)

    own_watch(ticket, person)      # a list, of whatever the queryset has: rows of a model, `values_list` …

Values are whole numbers, texts, UUIDs or rows of models, which go by their key; None and rows without one are
refused, as SQL has no = for them. Whatever else a question reads when it is made would stand still, such as the time.
What the question itself hangs on is a choice, given by name, and has SQL of its own: `visible_articles(ticket,
to_agents=True)`. Choices are few: what has as many forms as there are people is asked as ever, with
`own_watch.question(…)`, which is a queryset.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Expression, QuerySet, UUIDField
from django.db.models.sql.compiler import SQLCompiler

_UUID = UUIDField()


class Placeholder(Expression):
    """What a question is made with in place of the value at `position`: a parameter of the SQL, or a row by its key.

    It is neither smaller nor larger than anything and has no other attribute, so that no question hangs on a value.
    """

    def __init__(self, position: int):
        super().__init__()
        self.position = position

    @property
    def pk(self) -> "Placeholder":
        return self

    def as_sql(self, compiler, connection):
        return "%s", [self]


@dataclass(frozen=True)
class _InSql:
    queryset: QuerySet
    compiler: SQLCompiler
    sql: str
    parameters: tuple[Any, ...]


class prepared:
    """A function that returns a queryset, as one that returns its rows; `question` is the function as it was."""

    def __init__(self, question: Callable[..., QuerySet]):
        self.question = question
        self._in_sql: dict[tuple, _InSql] = {}
        update_wrapper(self, question)

    def __call__(self, *values: object, **choices: object) -> list[Any]:
        asked = (len(values), *choices.items())
        known = self._in_sql.get(asked)
        if known is None:
            known = self._in_sql[asked] = self._put_into_sql(len(values), choices)
        return list(_with_values(known, values))

    def _put_into_sql(self, count, choices):
        queryset = self.question(*map(Placeholder, range(count)), **choices)
        compiler = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        return _InSql(queryset, compiler, sql, tuple(parameters))


def _with_values(known, values):
    """The queryset, whose compiler does not have to compile any more."""
    compiler = copy(known.compiler)  # as it was left: it knows which column is what
    compiler.connection = connections[compiler.using]  # each thread has its own
    given = [_parameter(value, compiler.connection) for value in values]
    parameters = [given[one.position] if isinstance(one, Placeholder) else one for one in known.parameters]
    compiler.as_sql = lambda *args, **kwargs: (known.sql, parameters)
    queryset = known.queryset.all()
    queryset.query.get_compiler = lambda *args, **kwargs: compiler
    return queryset


def _parameter(value, connection):
    value = getattr(value, "pk", value)
    if value is None:
        raise TypeError("A prepared question has no value for None; ask it by its `question`")
    return _UUID.get_db_prep_value(value, connection) if isinstance(value, UUID) else value

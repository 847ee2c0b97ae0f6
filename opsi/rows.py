"""Writing many rows at once, where `bulk_create` spends more time on each value than the database does.

For rows of one table that are in memory and complete: no signals, nothing of the database's own making but the ids.
What is written is what `bulk_create` would write (tests/opsi/test_rows.py), several times as fast.
"""

import datetime
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from itertools import batched, chain
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

MOST_ROWS = 2_500  # in one statement
OF_THEMSELVES = frozenset({int, bool, float, type(None)})  # values that every database takes as they are
TEXT = frozenset({str})  # and what a column of text takes as it is


def insert(rows: Iterable[models.Model]) -> None:
    """Insert the unsaved `rows`, all of one model, and give them their ids; one statement for every 2,500."""
    rows = list(rows)
    if rows:
        returned = _insert(type(rows[0]), _values_of(rows))
        for row, (pk,) in zip(rows, returned, strict=True):
            _is_saved(row, pk)


def insert_new(
    model: type[models.Model], values: Iterable[dict[str, Any]], key: tuple[str, ...]
) -> dict[tuple, int]:
    """As `insert_values`, but for rows that a constraint may keep out. The ids of those that are in, by their `key`."""
    values = list(values)
    if not values:
        return {}
    returned = _insert(model, values, unless="ON CONFLICT DO NOTHING", key=key)
    return {tuple(of): pk for pk, *of in returned}


def insert_values(model: type[models.Model], values: Iterable[dict[str, Any]]) -> None:
    """Insert rows of `model` that nobody needs as objects: {attribute: value} of each, all with the same attributes."""
    values = list(values)
    if values:
        _insert(model, values, returns=False)


def update(rows: Sequence[models.Model], names: Sequence[str], only: models.QuerySet) -> None:
    """Store the values of the fields `names` of `rows`; one statement for every 2,500.

    `only`: a row that this queryset has no more is left alone, also where it changes in this moment. Without joins.
    """
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    pk = f"{table}.{quote(_key(model))}"
    fields: list[Any] = [model._meta.pk, *(model._meta.get_field(name) for name in names)]
    given = _Given(fields, connection)
    changes = ", ".join(
        f"{quote(field.column)} = given.column{place}" for place, field in enumerate(fields[1:], 2)
    )
    # On the row itself, so that the database asks once more where somebody was about to change it.
    condition, asked = _where(only, connection)
    with connection.cursor() as cursor:
        for chunk in batched(rows, MOST_ROWS):
            source, values = given.table([row.__dict__ for row in chunk])
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM {source}"  # noqa: S608
                f" WHERE {pk} = given.column1{f' AND {condition}' if condition else ''}",
                [*values, *asked],
            )


def _where(queryset, connection):
    if not queryset.query.where:
        return "", ()
    return queryset.query.get_compiler(connection=connection).compile(queryset.query.where)


def _key(model) -> str:
    return model._meta.pk.column


def _values_of(rows: Sequence[models.Model]) -> list[dict[str, Any]]:
    """{attribute: value} of each of `rows`, with the ids that what they refer to may have got since it was set."""
    relations = [(field.name, field.attname) for field in rows[0]._meta.concrete_fields if field.is_relation]
    for row in rows:
        set_before = row._state.fields_cache
        for name, attribute in relations:
            if (referred := set_before.get(name)) is not None:
                row.__dict__[attribute] = referred.pk
    return [row.__dict__ for row in rows]


def _is_saved(row, pk):
    row.pk = pk
    row._state.adding = False


def _insert(model, values, unless="", key=(), returns=True):
    """The ids of what is in, each followed by the values of `key`; nothing unless it `returns` them."""
    connection = connections[router.db_for_write(model)]
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    given = _Given(fields, connection)
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    returned = [_key(model), *(model._meta.get_field(name).column for name in key)]
    begins = f"INSERT INTO {quote(model._meta.db_table)} ({names})"
    ends = f"{unless} RETURNING {', '.join(map(quote, returned))}" if returns else unless
    most = (connection.features.max_query_params or 65_535) // len(fields)
    found: list[tuple] = []
    with connection.cursor() as cursor:
        for chunk in batched(values, min(MOST_ROWS, most)):
            source, asked = given.table(chunk)
            # Without WHERE, SQLite would take ON CONFLICT for the condition of a join.
            cursor.execute(f"{begins} SELECT * FROM {source} WHERE true {ends}", asked)  # noqa: S608
            found += cursor.fetchall() if returns else ()
    return found


class _Given:
    """Rows of values for `fields` inside a statement. What all rows have alike is said once.

    SQLite takes a parameter for each value. PostgreSQL takes one text for all of them: what VALUES of a thousand rows
    costs it to parse, and psycopg to write, is three times what the same costs as JSON.
    """

    def __init__(self, fields: Sequence[models.Field], connection: BaseDatabaseWrapper):
        self._columns = [_Column(field, connection) for field in fields]
        self._names = [f"column{place}" for place in range(1, len(fields) + 1)]
        self._write = self._as_json if _as_json(connection) else self._as_values

    def table(self, values: Sequence[dict[str, Any]]) -> tuple[str, list[Any]]:
        """A table called `given` with the columns column1, column2, …, and its parameters."""
        columns = dict(zip(self._names, (column.prepared(values) for column in self._columns), strict=True))
        # The first column is given row by row, though all be alike: by it the rows are counted.
        shared = {
            name: columns[name][0]
            for name, column in list(zip(self._names, self._columns, strict=True))[1:]
            if column.is_shared(columns[name])
        }
        own = [name for name in self._names if name not in shared]
        source, asked = self._write(own, zip(*(columns[name] for name in own), strict=True), shared)
        return f"({source}) AS given", asked

    def _as_json(self, own, by_row, shared):
        kinds = {
            name: f"{name} {column.kind}" for name, column in zip(self._names, self._columns, strict=True)
        }
        source = f"json_to_recordset(%s) AS own({', '.join(kinds[name] for name in own)})"
        asked: list[Any] = [[dict(zip(own, row, strict=True)) for row in by_row]]
        if shared:
            source += f", json_to_record(%s) AS shared({', '.join(kinds[name] for name in shared)})"
            asked.append(shared)
        texts = [json.dumps(one, ensure_ascii=False) for one in asked]
        return f"SELECT {', '.join(self._names)} FROM {source}", texts  # noqa: S608

    def _as_values(self, own, by_row, shared):
        rows = list(by_row)
        one = f"({', '.join(['%s'] * len(own))})"
        # SQLite itself numbers what VALUES gives.
        found = {name: f"column{place}" for place, name in enumerate(own, 1)}
        selected = ", ".join(f"{found.get(name, '%s')} AS {name}" for name in self._names)
        source = f"SELECT {selected} FROM (VALUES {', '.join([one] * len(rows))})"  # noqa: S608
        return source, [*shared.values(), *chain.from_iterable(rows)]


def _as_json(connection):
    return connection.vendor == "postgresql"


def _in_json(value):
    """What PostgreSQL reads as `value`, where JSON has no form of it."""
    return str(value) if isinstance(value, datetime.date | datetime.time | uuid.UUID | Decimal) else value


class _Column:
    """One field's values as the database takes them. What many rows share is prepared once."""

    def __init__(self, field: models.Field, connection: BaseDatabaseWrapper):
        self._field, self._of = field, field.attname
        # What is too long for varchar(n) is refused where it is written, by the table's own column.
        self.kind = "text" if isinstance(field, models.CharField) else field.db_type(connection)
        self._is_within_json = _as_json(connection)
        self._of_itself = TEXT if isinstance(field, models.CharField | models.TextField) else OF_THEMSELVES
        self._prepare_for_database: Callable[[Any], Any] = partial(
            field.get_db_prep_save, connection=connection
        )

    def prepared(self, rows: Sequence[dict[str, Any]]) -> list[Any]:
        values = (
            [row[self._of] for row in rows]
            if self._of in rows[0]
            else [self._field.get_default()] * len(rows)
        )
        if isinstance(self._field, models.JSONField):
            if self._is_within_json:
                return values
            return self._each_once(values, list(map(repr, values)))
        if self._of_itself.issuperset(map(type, values)):
            return values
        return self._each_once(values, values)

    def is_shared(self, prepared: list[Any]) -> bool:
        """Whether all rows have the same of these values. JSON's are told apart by more than ==: 1 is not true."""
        first = prepared[0]
        if self._is_within_json and isinstance(self._field, models.JSONField):
            text = repr(first)
            return all(one is first or repr(one) == text for one in prepared)
        return prepared.count(first) == len(prepared)

    def _each_once(self, values, keys):
        prepared = {key: self._prepare(value) for key, value in dict(zip(keys, values, strict=True)).items()}
        return [prepared[key] for key in keys]

    def _prepare(self, value):
        value = self._prepare_for_database(value)
        return _in_json(value) if self._is_within_json else value

"""How PostgreSQL answers the statements that must be fast: by which indexes, how many rows, how long.

The statements are not written down a second time: the product runs, and what it asks is explained.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction


@dataclass(frozen=True)
class Hot:
    """A statement that must be fast: what `act` asks with each of `about` in it.

    `uses` are the indexes that answer it; of an alternative, "a|b", either. No large table is read from end to end.
    """

    name: str
    act: Callable[[], object]
    about: tuple[str, ...]
    uses: tuple[str, ...]


@dataclass
class Plan:
    name: str
    indexes: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)  # tables read from end to end
    rows: int = 0
    milliseconds: float = 0.0
    text: str = ""


def explained(hot: Hot) -> Plan:
    """Runs `hot` and takes back what it did. AssertionError where it asks no such statement."""
    asked: list[tuple[str, Any]] = []

    def keep(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(keep):
            hot.act()
        transaction.set_rollback(True)
    found = next(((sql, params) for sql, params in asked if all(word in sql for word in hot.about)), None)
    assert found, (hot.name, [sql for sql, _params in asked])  # noqa: S101
    return _explain(hot.name, *found)


def _explain(name, sql, params) -> Plan:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        [said] = cursor.fetchone()
        transaction.set_rollback(True)
    [whole] = json.loads(said) if isinstance(said, str) else said
    plan = Plan(name, rows=_rows(whole["Plan"]), milliseconds=whole["Execution Time"], text=json.dumps(whole))
    for node in _nodes(whole["Plan"]):
        used = [node["Index Name"]] if "Index Name" in node else node.get("Conflict Arbiter Indexes", [])
        plan.indexes += [index for index in used if index not in plan.indexes]
        if node["Node Type"] == "Seq Scan" and node["Actual Loops"]:
            plan.read.append(node["Relation Name"])
    return plan


def _nodes(node) -> Iterator[dict[str, Any]]:
    """Those that were looked at: what was never executed is only what could have been."""
    if not node.get("Actual Loops"):
        return
    yield node
    for inner in node.get("Plans", []):
        yield from _nodes(inner)


def _rows(node) -> int:
    if node["Node Type"] == "ModifyTable":
        return int(node["Plans"][0]["Actual Rows"])
    return int(node["Actual Rows"])


def missing(hot: Hot, plan: Plan) -> list[str]:
    """Those of the intended indexes that did not answer."""
    return [
        wanted
        for wanted in hot.uses
        # The names that Django makes up for foreign keys end in a checksum.
        if not any(used.startswith(tuple(wanted.split("|"))) for used in plan.indexes)
    ]


def large_tables(least: int) -> set[str]:
    """The tables with so many rows, as the planner knows them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND reltuples >= %s",
            [least],
        )
        return {name for (name,) in cursor.fetchall()}


def show(statements: list[Hot]) -> None:
    """Prints a line for each: name, indexes, rows, time."""
    large = large_tables(10_000)
    print(f"{'':26} {'rows':>7} {'ms':>8}  answered by")
    for hot in statements:
        plan = explained(hot)
        read = [f"all of {table}" for table in plan.read if table in large]
        print(
            f"{hot.name:26} {plan.rows:>7} {plan.milliseconds:>8.2f}  {', '.join(plan.indexes + read) or '–'}",
            flush=True,
        )

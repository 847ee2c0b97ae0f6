"""The indexes that docs/query-plans.md speaks of answer the statements that must be fast, and there are no others."""

from pathlib import Path

import pytest
from django.db import connection

from bench import hot, plans
from bench.hot_tables import Filled
from bench.large import count_rows
from bench.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "query-plans.md"
SMALL = 0.05  # 10,000 tickets, 50,000 inbox rows, 10,000 mails
# So few titles are read faster than looked up, or walked in the order of the list: where something is searched for,
# both are turned off, and what is left says whether the index can answer. What PostgreSQL chooses at full size, left to
# itself, `bin/bench --services --plans` says.
TABLES = (
    "tickets_ticket", "tickets_ticketevent", "tickets_article", "watchers_watcher", "notifications_notice",
    "notifications_candidate", "notifications_inboxrow", "notifications_outbox", "notifications_mail",
    "notifications_mailitem", "notifications_deliveryattempt",
)  # fmt: skip


def _only_looked_up(wanted):
    with connection.cursor() as cursor:
        for way in ("enable_seqscan", "enable_indexscan"):
            cursor.execute(f"SET LOCAL {way} = {'off' if wanted else 'on'}")


def test_each_statement_is_answered_by_the_indexes_made_for_it():
    statements = hot.statements(Filled(World(20), SMALL))
    large = plans.large_tables(2_000)
    assert large >= set(TABLES) - {"watchers_watcher"}
    wrong = {}
    for statement in statements:
        _only_looked_up("search" in statement.name)
        plan = plans.explained(statement)
        read = large & set(plan.read)
        if plans.missing(statement, plan) or read:
            wrong[statement.name] = (plan.indexes, read)
    assert wrong == {}


def test_every_index_has_its_reason():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = ANY(%s)", [list(TABLES)])
        names = {name for (name,) in cursor.fetchall()}
    told = PAGE.read_text()
    # Django's own names end in a checksum, and PostgreSQL's for a text that is found by its beginning in `_like`.
    assert sorted(name for name in names if f"`{name}`" not in told and not name.endswith("_pkey")) == []


def test_counting_the_rows_locks_nothing_that_other_databases_share():
    """Guard: `count_rows` names its tables. Another run on the same server would wait until this transaction ends."""
    count_rows()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relation::regclass FROM pg_locks"
            " WHERE pid = pg_backend_pid() AND database = 0 AND mode = 'ShareUpdateExclusiveLock'"
        )
        assert cursor.fetchall() == []


def test_a_statement_that_lost_its_index_is_found_out():
    """Guard: the index, which it takes away: in the catalogue, as dropping it waits for whoever reads the table."""
    statements = hot.statements(Filled(World(20), 0.01))
    [badge] = [statement for statement in statements if statement.name == "badge"]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'inboxrow_unread'::regclass"
        )
    assert plans.missing(badge, plans.explained(badge)) == ["inboxrow_unread"]

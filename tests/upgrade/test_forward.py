"""An installation of 0.1 that was stopped in the middle of its work goes on with today's code.

What it held and what was to come of it was written down by 0.1's own code (tests/upgrade/making.py).
"""

import re
from collections import Counter

import pytest

from tests.upgrade.conftest import ALL_IN_ONE, BROKERS, VERSION, fixture
from tests.upgrade.kept import told

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(400)]
# Rows that migrating itself writes, or takes away with a model.
DJANGO_S_OWN = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture
def migrated(old):
    old.migrate()
    return old


def tables():
    return set(
        re.findall(r'^CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"? ', (VERSION / "sqlite.sql").read_text(), re.M)
    )


def test_migrating_loses_no_row(old):
    """A migration that empties or drops a table is to be named here, with what becomes of its rows."""
    kept = tables() - DJANGO_S_OWN - {"sqlite_sequence"}
    before = {table: old.count(table) for table in kept}
    assert len(before) > 50
    assert before["tickets_ticketevent"] > 50
    old.manage("migrate", "--verbosity", "0")
    after = {table: old.count(table) for table in kept}
    assert {table: rows for table, rows in before.items() if after[table] < rows} == {}


def test_migrating_keeps_what_people_see_and_what_waits(migrated):
    assert migrated.tell("kept.kept()") == fixture("kept.json")["before"]


@pytest.mark.parametrize("old", BROKERS, indirect=True)
def test_what_waited_is_told_once(migrated, mailbox):
    """Every event and mail that waited, whoever held it, with the wake-ups of 0.1 still in the broker."""
    after = fixture("kept.json")["after"]
    frozen = {
        row[4] for row in fixture("kept.json")["before"]["mails"] if row[4] and row[2] in ("due", "sending")
    }
    assert len(frozen) > 1
    for one in fixture("messages.json"):
        migrated.put(one["message"], one["queue"])
    migrated.start_workers(1, *ALL_IN_ONE)
    migrated.wait_until("notifications_outbox", "state <> 'done'", 0)
    migrated.wait_until("tickets_ticketevent", "name = 'NotificationPendingReminder'", 1)
    migrated.wait_until("notifications_outbox", "state <> 'done'", 0)
    migrated.wait_until("notifications_mail", "state IN ('open', 'due', 'sending')", 1)
    assert migrated.tell("kept.waiting()") == [["ray@example.com", "summary"]]
    messages = [mail.message for mail in mailbox.mails]
    assert migrated.tell("kept.inbox()") == after["inbox"]
    assert told(messages) == after["told"]
    times = Counter(message["Message-ID"] for message in messages)
    assert set(times.values()) == {1}
    assert frozen <= set(times)

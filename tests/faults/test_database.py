"""The database breaks off, is locked, or is restarted: each note is told once, each mail leaves once.

What one worker holds and another wants is in tests/services/test_no_waiting.py, what a dead one held in
tests/notifications/test_outbox.py and test_mail_workers.py.
"""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction
from django.test import Client

from notifications import channels, dispatch, mailing
from notifications.dispatch import dispatch_operation, dispatch_waiting
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, InboxRow, Mail, Outbox
from opsi.insisting import insist
from tests.notifications.conftest import told
from tickets.models import Article

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="wants PostgreSQL (bin/test --services)"
)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="is about SQLite")


@pytest.fixture
def waiting(ticket, mika):
    """The id of an operation that waits: mika's note on uma's ticket."""
    Outbox.objects.all().delete()
    ticket.note("Looked at it.", by=mika)
    return Outbox.objects.get().pk


def become_due():
    Outbox.objects.update(due_at="2020-01-01T00:00Z")


@contextmanager
def another_connection():
    """To the same database, by other means than Django's."""
    import psycopg

    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings = {key: connection.settings_dict[name] or None for key, name in names.items()}
    with psycopg.connect(**settings) as other:
        yield other


def drop_connection():
    """As a restart, a failover or a firewall would."""
    pid = connection.connection.info.backend_pid
    with another_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def once(monkeypatch, owner, name, act):
    """Have `act` done just before the first call of `owner`.`name`."""
    original, turns = getattr(owner, name), iter([act])

    def call(*args, **kwargs):
        next(turns, lambda: None)()
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, call)


@on_postgresql
@pytest.mark.parametrize(("owner", "name"), [(dispatch, "gather"), (channels, "deliver")])
def test_a_connection_dropped_mid_dispatch_undoes_it_and_it_is_done_again_in_seconds(
    waiting, monkeypatch, owner, name
):
    """Guard: putting off over a new connection, without which its lease holds everybody off for a minute.

    It is needed while the dispatch reads; where it writes, the end of its transaction finds the break out, too.
    """
    once(monkeypatch, owner, name, drop_connection)
    assert dispatch_operation(waiting) is False
    assert told() == {}
    row = Outbox.objects.get()
    assert (row.state, row.leased_until, row.attempts) == ("waiting", None, 1)
    become_due()
    assert dispatch_waiting() == 1
    assert told() == {"uma": 1}
    assert InboxRow.objects.get().unread_count == 1


@on_postgresql
def test_after_a_connection_dropped_the_others_of_a_turn_are_dispatched(waiting, ticket, mika, monkeypatch):
    ticket.note("And again.", by=mika)
    once(monkeypatch, channels, "deliver", drop_connection)
    assert dispatch_waiting() == 2
    assert told() == {"uma": 1}


@on_postgresql
def test_a_connection_dropped_after_a_mail_has_left_sends_it_no_second_time(
    waiting, ticket, mika, uma, mail_host
):
    """Guard: marking over a new connection."""
    due(waiting)
    mail_host.on_data = lambda: terminate(pid)
    pid = connection.connection.info.backend_pid
    assert send_due() == 1
    assert sent_once(mail_host)


def terminate(pid):
    with another_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def due(operation):
    dispatch_operation(operation)
    Mail.objects.update(closes_at="2020-01-01T00:00Z")


def sent_once(mail_host):
    assert send_due() == 0
    assert [mail["To"] for mail in mail_host.mails] == ["uma@example.com"]
    assert Mail.objects.get().state == "sent"
    return DeliveryAttempt.objects.count() == 1


@on_postgresql
def test_a_page_whose_connection_was_dropped_is_answered_by_a_new_one(signed_in, uma, ticket):
    client = signed_in(uma)
    assert client.get(ticket.get_absolute_url()).status_code == 200
    drop_connection()
    close_old_connections()  # as each request begins, but for those of the test client
    assert client.get(ticket.get_absolute_url()).status_code == 200


@on_postgresql
def test_two_who_wait_for_each_other_are_parted_and_both_get_done(waiting, monkeypatch):
    """The database ends the wait of one: here of the dispatch, which is put off and undone."""
    Outbox.objects.update(state="waiting")
    holds, failures = threading.Event(), []

    def hold_what_it_needs():
        with another_connection() as other:
            try:
                other.execute("SET deadlock_timeout = '60s'")
                other.execute("SELECT 1 FROM notifications_notificationfunction FOR UPDATE")
                other.execute("LOCK TABLE notifications_inboxrow IN EXCLUSIVE MODE")
                holds.set()
                wait_until_blocked(connection_pid)
                other.execute("SELECT 1 FROM notifications_outbox FOR UPDATE")
            except Exception as error:
                failures.append(error)
            finally:
                holds.set()
                other.rollback()

    with connection.cursor() as cursor:
        # It looks once, so long after its wait began: by then the rival must wait as well.
        cursor.execute("SET deadlock_timeout = '2s'")
    connection_pid = connection.connection.info.backend_pid
    rival = threading.Thread(target=hold_what_it_needs)
    rival.start()
    assert holds.wait(30)
    assert dispatch_operation(waiting) is False
    rival.join(30)
    assert failures == []
    assert "deadlock" in Outbox.objects.get().error
    assert told() == {}
    become_due()
    assert dispatch_waiting() == 1
    assert told() == {"uma": 1}


def wait_until_blocked(pid):
    with another_connection() as watching:
        watching.autocommit = True
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            blocked = "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted"
            if watching.execute(blocked, [pid]).fetchone():
                return
    raise AssertionError("It never came to wait")


@on_postgresql
def test_a_forgotten_lock_holds_up_a_page_for_a_while_only(ticket, uma, signed_in):
    """Guard: lock_timeout, which is 20 seconds (opsi/environment.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("20s",)
        cursor.execute("SET lock_timeout = '300ms'")
    client = client_of(uma)
    with another_connection() as forgotten:
        forgotten.execute("SELECT 1 FROM tickets_ticket FOR UPDATE")
        answer = client.post(f"{ticket.get_absolute_url()}articles/", {"body": "Looked at it."})
        forgotten.rollback()
    assert refused_for_now(answer)
    assert client.post(f"{ticket.get_absolute_url()}articles/", {"body": "Looked at it."}).status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def client_of(person):
    """Answers as a server does, where the test client would raise."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def refused_for_now(answer):
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nothing was changed. Wait a moment" in answer.text
    return True


class Writer:
    """Another process, which holds SQLite's write lock from `hold` to `let_go`."""

    def hold(self):
        command = [sys.executable, "-c", HOLD.format(name=str(connection.settings_dict["NAME"]))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "held\n"

    def let_go(self):
        self._process.communicate("\n", timeout=30)

    def __enter__(self):
        self.hold()

    def __exit__(self, *_exception):
        self.let_go()


@pytest.fixture
def writer(db):
    yield Writer()
    connection.close()


def wait_but_briefly():
    """200 milliseconds instead of 20 seconds, on this connection."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (20_000,)
        cursor.execute("PRAGMA busy_timeout = 200")


HOLD = """
import sqlite3, sys
held = sqlite3.connect({name!r}, isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
held.execute("ROLLBACK")
"""


@on_sqlite
def test_a_database_that_another_writes_to_for_long_refuses_a_page_in_words(writer, ticket, uma):
    client = client_of(uma)
    note = f"{ticket.get_absolute_url()}articles/"
    wait_but_briefly()
    with writer:
        assert refused_for_now(client.post(note, {"body": "Looked at it."}))
    assert Article.objects.filter(ticket=ticket).count() == 1
    assert client.post(note, {"body": "Looked at it."}).status_code == 302


@on_sqlite
def test_a_dispatch_that_finds_the_database_locked_is_done_later(writer, waiting):
    wait_but_briefly()
    with writer, pytest.raises(OperationalError, match="locked"):
        dispatch_operation(waiting)
    assert told() == {}
    assert dispatch_waiting() == 1
    assert told() == {"uma": 1}


@on_sqlite
def test_a_lock_that_comes_after_a_mail_has_left_sends_it_no_second_time(
    writer, waiting, mail_host, monkeypatch
):
    """Guard: insisting on the mark."""
    due(waiting)
    wait_but_briefly()
    write_down, refused = mailing.write_down, []

    def lets_go_when_refused(*args):
        try:
            write_down(*args)
        except OperationalError as error:
            refused.append(str(error))
            writer.let_go()
            raise

    monkeypatch.setattr(mailing, "write_down", lets_go_when_refused)
    mail_host.on_data = writer.hold
    assert send_due() == 1
    assert refused == ["database is locked"]
    assert sent_once(mail_host)


class TestInsisting:
    def test_it_gives_up_with_the_error(self):
        def refuse():
            raise OperationalError("away")

        with pytest.raises(OperationalError, match="away"):
            insist(refuse, patience=0.3)

    def test_inside_a_transaction_nothing_is_repeated(self):
        calls = []

        def refuse():
            calls.append(1)
            raise OperationalError("away")

        with pytest.raises(OperationalError), transaction.atomic():
            insist(refuse, patience=5)
        assert len(calls) == 1

    def test_a_mistake_is_no_reason_to_go_on(self):
        with pytest.raises(ZeroDivisionError):
            insist(lambda: 1 / 0, patience=5)

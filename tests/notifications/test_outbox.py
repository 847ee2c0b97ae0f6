"""Each operation is dispatched once, whoever tries, however often, and whatever breaks (behaviours T)."""

import datetime
import threading
import time
import uuid

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from notifications import tasks
from notifications.dispatch import dispatch_operation
from notifications.models import Candidate, Definition, InboxRow, MailItem, Notice, Outbox
from notifications.models.outbox import LEASE, MAX_ATTEMPTS, LeaseLost
from tests.notifications.conftest import told
from tests.sweeping import sweep
from tickets.operations import operation

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(ticket, mika, forget):
    """The id of an operation that waits: mika's note on uma's ticket."""
    forget()
    ticket.note("Looked at it.", by=mika)
    return Outbox.objects.get(state="waiting").pk


def test_one_row_an_operation_however_many_events(ticket, mika):
    with operation(by=mika) as under_way:
        ticket.note("Looked at it.", by=mika)
        ticket.change_state("open", by=mika)
    assert Outbox.objects.filter(pk=under_way.id).count() == 1


def test_what_is_rolled_back_leaves_nothing_to_dispatch(ticket, mika):
    before = Outbox.objects.count()
    with transaction.atomic():
        ticket.note("Looked at it.", by=mika)
        transaction.set_rollback(True)
    assert Outbox.objects.count() == before


def test_a_quiet_operation_is_told_to_nobody(ticket, mika, forget):
    forget()
    with operation(by=mika, quiet=True):
        ticket.note("Imported.", by=mika)
    assert not Outbox.objects.filter(state="waiting").exists()


def test_dispatching_twice_tells_once(waiting):
    """Guard: OutboxQuerySet.claim takes only what is due still."""
    assert dispatch_operation(waiting) is True
    assert dispatch_operation(str(waiting)) is False
    assert told() == {"uma": 1}
    row = Outbox.objects.get(pk=waiting)
    assert (row.state, row.attempts, row.leased_until, row.error) == ("done", 1, None, "")


@pytest.mark.parametrize("operation_id", [uuid.uuid4(), "nonsense", ""])
def test_an_operation_that_is_not_there_changes_nothing(operation_id):
    assert dispatch_operation(operation_id) is False
    assert not Notice.objects.exists()


def test_a_ticket_that_is_gone_is_skipped_quietly(waiting, ticket):
    type(ticket).objects.filter(pk=ticket.pk).delete()
    assert dispatch_operation(waiting) is True
    assert not Candidate.objects.exists()
    assert Outbox.objects.get(pk=waiting).error == ""


def test_what_another_worker_holds_is_left_alone_until_its_lease_is_over(waiting):
    assert Outbox.objects.claim(waiting, "another", timezone.now())
    assert dispatch_operation(waiting) is False
    with time_machine.travel(timezone.now() + LEASE + datetime.timedelta(seconds=1)):
        assert dispatch_operation(waiting) is True
    assert told() == {"uma": 1}


def test_a_slow_worker_that_was_overtaken_undoes_its_work(waiting):
    """Guard: OutboxQuerySet.finish ends the row once."""
    now = timezone.now()
    assert Outbox.objects.claim(waiting, "slow", now)
    with time_machine.travel(now + LEASE * 2):
        assert dispatch_operation(waiting) is True
    with pytest.raises(LeaseLost):
        Outbox.objects.finish(waiting, now)


def test_work_that_outlasts_its_lease_counts_for_whoever_ends_it_first(waiting):
    now = timezone.now()
    assert Outbox.objects.claim(waiting, "slow", now)
    later = now + LEASE * 2
    assert Outbox.objects.claim(waiting, "as slow", later)
    Outbox.objects.finish(waiting, later)
    with pytest.raises(LeaseLost):
        Outbox.objects.finish(waiting, later)
    assert Outbox.objects.get(pk=waiting).state == "done"


def test_a_failure_is_tried_again_later_each_time_twice_as_late(waiting, monkeypatch):
    monkeypatch.setattr("notifications.dispatch.channels.deliver", lambda *args: 1 / 0)
    now = timezone.now()
    delays = []
    with time_machine.travel(now, tick=False) as clock:
        for _attempt in range(4):
            assert dispatch_operation(waiting) is False
            row = Outbox.objects.get(pk=waiting)
            delays.append((row.due_at - timezone.now()).total_seconds())
            assert dispatch_operation(waiting) is False  # not before it is due
            clock.move_to(row.due_at)
        assert delays == [5, 10, 20, 40]
        assert (row.state, row.attempts, row.error) == ("waiting", 4, "ZeroDivisionError('division by zero')")
        assert not Notice.objects.exists()
        assert not MailItem.objects.exists()
        monkeypatch.undo()
        assert dispatch_operation(waiting) is True
    assert told() == {"uma": 1}


def test_after_many_failures_it_is_given_up_with_the_reason(waiting, monkeypatch):
    monkeypatch.setattr("notifications.dispatch.channels.deliver", lambda *args: 1 / 0)
    Outbox.objects.filter(pk=waiting).update(attempts=MAX_ATTEMPTS - 1)
    dispatch_operation(waiting)
    row = Outbox.objects.get(pk=waiting)
    assert (row.state, row.leased_until) == ("failed", None)
    assert "ZeroDivisionError" in row.error


def test_an_operation_that_kills_each_worker_is_given_up(waiting):
    long_ago = timezone.now() - LEASE * 2
    Outbox.objects.filter(pk=waiting).update(attempts=MAX_ATTEMPTS, due_at=long_ago, leased_until=long_ago)
    sweep()
    assert Outbox.objects.get(pk=waiting).state == "failed"
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"ticket_filter": 5},
        {"ticket_filter": {"state": 5}},
        {"article_filter": {"body": 5}},
        {"events": 5},
        {"recipients": 5},
        {"roles": [["a"]]},
        {"channels": {"carrier_pigeon": True}},
        {"severity": "huge"},
    ],
)
def test_a_definition_that_is_broken_does_not_stop_the_others(waiting, define, broken):
    define(name="Broken", **broken)
    assert dispatch_operation(waiting) is True
    assert told() == {"uma": 1}
    assert Outbox.objects.get(pk=waiting).error.startswith("Broken: ")


def test_a_definition_without_a_published_text_is_reported(waiting):
    Definition.objects.create(
        name="Mute", events=["ArticleCreate"], recipients=["owner"], channels={"email": True}
    )
    dispatch_operation(waiting)
    assert Outbox.objects.get(pk=waiting).error == "Mute: has no published text"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_once(ticket, uma, mika):
    ticket.note("Looked at it.", by=mika)
    waiting = list(Outbox.objects.values_list("pk", flat=True))
    start = threading.Barrier(4)
    results, failed = [], []

    def work():
        try:
            start.wait()
            results.extend(dispatch_operation(one) for one in waiting)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(results) == [False] * 6 + [True] * 2
    assert told() == {"uma": 2, "mika": 1}
    assert InboxRow.objects.get(person=uma).unread_count == 2


@pytest.fixture
def no_broker(broker_at):
    broker_at("redis://127.0.0.1:1/0")


@pytest.mark.django_db(transaction=True)
def test_a_broker_nobody_answers_at_costs_the_act_nothing_and_the_sweep_finds_it(
    ticket, mika, uma, caplog, no_broker
):
    """Guard: wakeup._publish raises nothing; sweep._dispatch_waiting finds the row."""
    Outbox.objects.all().delete()
    began = time.monotonic()
    ticket.note("Looked at it.", by=mika)
    took = time.monotonic() - began
    assert took < 2
    assert "The broker could not be reached" in caplog.text
    assert told() == {}
    sweep()
    assert told() == {"uma": 1}


def test_of_many_tried_again_the_first_it_does_not_take_is_the_last_one_tried(
    ada, signed_in, caplog, no_broker, db
):
    Outbox.objects.all().delete()
    rows = Outbox.objects.bulk_create(Outbox(operation=uuid.uuid4(), state="failed") for _number in range(20))
    chosen = {"action": "try_again", "_selected_action": [str(row.pk) for row in rows]}
    signed_in(ada).post("/admin/notifications/outbox/", chosen)
    assert Outbox.objects.filter(state="waiting").count() == 20
    assert caplog.text.count("The broker could not be reached") == 1


def test_the_task_carries_an_id_and_may_run_twice(waiting):
    tasks.dispatch(str(waiting))
    tasks.dispatch(str(waiting))
    assert told() == {"uma": 1}

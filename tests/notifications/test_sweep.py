"""The sweep wakes workers for what no wake-up reached, and costs next to nothing where there is nothing (style 4)."""

import datetime

import pytest
from django.utils import timezone

from notifications import dispatch, mailing, tasks, wakeup
from notifications.dispatch import dispatch_waiting
from notifications.models import Mail, Outbox
from notifications.models.outbox import MAX_ATTEMPTS
from notifications.sweep import sweep as sweep_alone
from opsi.celery import app
from tests.notifications.conftest import told
from tests.sweeping import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch):
    """The names of the tasks that were sent to the broker, as long as it takes them (`woken.away`)."""

    class Woken(list):
        away = False

    sent = Woken()

    def publish(task, args=(), **options):
        if sent.away:
            raise ConnectionError
        sent.append((task.name.rpartition(".")[2], options.get("expires")))

    monkeypatch.setattr(app.Task, "apply_async", publish)
    return sent


def test_nothing_due_costs_three_statements_and_wakes_nobody(
    ticket, forget, woken, django_assert_num_queries
):
    forget()
    woken.clear()
    with django_assert_num_queries(3):
        sweep_alone()
    assert woken == []


def test_it_has_dispatched_what_waits(ticket, mika, forget):
    forget()
    ticket.note("Looked at it.", by=mika)
    sweep()
    assert told() == {"uma": 1}


def test_it_leaves_alone_what_is_not_due_or_held_or_done(ticket, mika, forget):
    forget()
    later = timezone.now() + datetime.timedelta(minutes=1)
    for fields in ({"due_at": later}, {"leased_until": later}, {"state": "failed"}):
        ticket.note("Looked at it.", by=mika)
        Outbox.objects.filter(state="waiting", due_at__lt=later, leased_until=None).update(**fields)
    sweep()
    assert told() == {}


def test_the_oldest_are_dispatched_first_and_some_in_one_turn(ticket, mika, forget, monkeypatch):
    forget()
    monkeypatch.setattr(dispatch, "A_TURN", 2)
    for number in range(3):
        ticket.note(f"Note {number}", by=mika)
    newest = Outbox.objects.filter(state="waiting").order_by("-created_at").first()
    assert dispatch_waiting() == 2
    assert list(Outbox.objects.filter(state="waiting")) == [newest]
    assert dispatch_waiting() == 1
    assert dispatch_waiting() == 0


@pytest.mark.parametrize(("waiting", "turns"), [(1, 1), (2, 1), (3, 2), (40, 8)])
def test_it_wakes_as_many_dispatchers_as_there_are_turns_but_not_every_worker(
    ticket, mika, forget, woken, monkeypatch, waiting, turns
):
    forget()
    monkeypatch.setattr(dispatch, "A_TURN", 2)
    for number in range(waiting):
        ticket.note(f"Note {number}", by=mika)
    woken.clear()
    sweep_alone()
    assert woken == [("dispatch_waiting", 5.0)] * turns


def test_what_killed_its_worker_each_time_is_given_up(ticket, mika, forget):
    forget()
    ticket.note("Looked at it.", by=mika)
    Outbox.objects.filter(state="waiting").update(attempts=MAX_ATTEMPTS)
    sweep()
    assert told() == {}
    assert Outbox.objects.filter(state="failed").count() == 1


def test_a_broker_that_is_away_is_asked_once(ticket, mika, forget, woken, monkeypatch, caplog):
    forget()
    monkeypatch.setattr(dispatch, "A_TURN", 1)
    for number in range(3):
        ticket.note(f"Note {number}", by=mika)
    woken.away = True
    caplog.clear()
    sweep_alone()
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        "The broker could not be reached"
    ]


def test_mail_that_is_due_leaves(ticket, mika, forget):
    forget()
    ticket.note("Looked at it.", by=mika)
    sweep()
    Mail.objects.update(closes_at=timezone.now() - datetime.timedelta(seconds=1))
    sweep()
    assert Mail.objects.get().state == "sent"


class TestSenders:
    """As many as there are turns of 200 mails, no more than the setting says, and those at work count."""

    @pytest.fixture
    def due(self, woken, monkeypatch, settings):
        settings.OPSI_MOST_SENDERS = 3
        monkeypatch.setattr(mailing, "A_TURN", 2)

        def make(number, **fields):
            long_ago = timezone.now() - datetime.timedelta(minutes=1)
            Mail.objects.bulk_create(
                Mail(**{"address": f"{place}@example.com", "state": "due", "closes_at": long_ago} | fields)
                for place in range(number)
            )

        return make

    @pytest.mark.parametrize(("mails", "senders"), [(0, 0), (1, 1), (2, 1), (3, 2), (50, 3)])
    def test_many_mails_wake_many(self, due, woken, mails, senders):
        due(mails)
        sweep_alone()
        assert woken == [("send_due", 5.0)] * senders

    def test_who_sends_already_is_not_woken_again(self, due, woken):
        due(50)
        later = timezone.now() + datetime.timedelta(minutes=1)
        for worker in ("first", "second"):
            due(2, state="sending", leased_until=later, lease_owner=worker)
        sweep_alone()
        assert woken == [("send_due", 5.0)]

    def test_whose_lease_ran_out_counts_as_work_and_not_as_a_worker(self, due, woken):
        due(
            1,
            state="sending",
            leased_until=timezone.now() - datetime.timedelta(minutes=1),
            lease_owner="dead",
        )
        sweep_alone()
        assert woken == [("send_due", 5.0)]


def test_a_sender_goes_on_by_a_wake_up_when_its_turn_is_over(ticket, uma, mika, woken, monkeypatch, forget):
    forget()
    monkeypatch.setattr(mailing, "MOST_BATCHES", 1)
    monkeypatch.setattr(mailing, "BATCH", 1)
    ticket.note("Looked at it.", by=mika)
    dispatch_waiting()
    Mail.objects.update(closes_at=timezone.now() - datetime.timedelta(seconds=1))
    woken.clear()
    assert mailing.send_due() == 1
    assert woken == [("send_due", None)]
    woken.clear()
    assert mailing.send_due() == 0
    assert woken == []


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        (tasks.dispatch, "dispatch"),
        (tasks.dispatch_waiting, "dispatch"),
        (tasks.send_due, "mail"),
        (tasks.sweep, "housekeeping"),
        (tasks.keep_house, "housekeeping"),
    ],
)
def test_each_kind_of_work_has_a_queue_of_its_own(task, queue):
    route = app.amqp.router.route({}, task.name)
    assert route["queue"].name == queue


def test_a_worker_told_nothing_reads_all_queues():
    assert set(app.amqp.queues.consume_from) == {"dispatch", "mail", "housekeeping"}


def test_the_sweeps_wake_ups_are_forgotten_by_the_next_sweep():
    assert app.conf.beat_schedule["notifications.sweep"]["schedule"] == wakeup.SWEEP_EVERY

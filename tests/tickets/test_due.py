"""What time brings is raised within a minute, once, and again each day (domain §5; docs/time.md; behaviours T).

It begins at 09:00 UTC on a Monday, which is ten o'clock in Berlin.
"""

import datetime
import threading
import time

import pytest
from django.db import connection

from tests.waiting import START, minutes
from tickets import due, events, tasks
from tickets.models import Alarm, Ticket, TicketEvent, WorkingCalendar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = 24 * 60
TIME_EVENTS = {events.PENDING_REMINDER, events.ESCALATION, events.ESCALATION_WARNING, events.LOCK_TIMEOUT}


def raised(ticket):
    """[(event, clock, minutes from START to when it was raised)], the oldest first."""
    return [
        (
            event.name.removeprefix("Notification"),
            event.data["clock"],
            (event.at - START).total_seconds() / 60,
        )
        for event in ticket.events.filter(name__in=TIME_EVENTS).order_by("pk")
    ]


@pytest.fixture
def live(clock):
    """`live(600)`: ten hours pass with a sweep every ten minutes; `live(600, every=60)` with one an hour."""

    def pass_time(total, every=10):
        for _sweep in range(int(total / every)):
            clock.shift(minutes(every))
            due.sweep()

    return pass_time


@pytest.fixture
def pending(ticket, uma):
    """uma's ticket, pending for an hour."""
    ticket.change_state("pending", by=uma, pending_until=START + minutes(60))
    return ticket


class TestReminder:
    def test_it_comes_when_the_time_is_over_and_again_each_day(self, pending, live):
        live(3 * DAY)
        assert raised(pending) == [("PendingReminder", "", 60 + day * DAY) for day in range(3)]

    def test_it_says_when_and_that_nobody_did_it(self, pending, live):
        live(60)
        event = pending.events.last()
        assert event.actor is None
        assert event.data == {"clock": "", "due": (START + minutes(60)).isoformat()}

    @pytest.mark.parametrize(
        "ending",
        [
            lambda ticket, uma: ticket.change_state("open", by=uma),
            lambda ticket, uma: ticket.change_state("closed", by=uma),
            lambda ticket, uma: ticket.remove(by=uma),
            lambda ticket, uma: ticket.set_pending_until(None, by=uma),
        ],
    )
    def test_it_ends_with_the_pending(self, pending, uma, live, ending):
        live(120)
        ending(pending, uma)
        live(2 * DAY)
        assert len(raised(pending)) == 1

    def test_a_merged_ticket_reminds_nobody(self, pending, make_ticket, uma, live):
        pending.merge_into(make_ticket(customer=pending.customer), by=uma)
        live(DAY)
        assert raised(pending) == []

    def test_another_time_is_another_reminder(self, pending, uma, live):
        live(120)
        pending.set_pending_until(START + minutes(600), by=uma)
        live(DAY)
        assert raised(pending) == [("PendingReminder", "", 60), ("PendingReminder", "", 600)]

    def test_the_same_time_again_is_the_same_reminder(self, pending, uma, live):
        live(120)
        pending.change_state("open", by=uma)
        pending.change_state("pending", by=uma, pending_until=START + minutes(60))
        live(DAY)
        assert raised(pending) == [("PendingReminder", "", 60), ("PendingReminder", "", 60 + DAY)]


class TestLockTimeout:
    @pytest.fixture
    def locked(self, service_desk, ticket, uma):
        service_desk.unlock_minutes = 240
        service_desk.save()
        ticket.lock(by=uma)
        return ticket

    def test_the_ticket_is_unlocked_and_it_is_said(self, locked, live):
        live(2 * DAY)
        assert raised(locked) == [("LockTimeout", "", 240)]
        timeout, unlocked = locked.events.order_by("-pk")[:2][::-1]
        assert (unlocked.name, unlocked.old, unlocked.new, unlocked.actor) == (
            "TicketLockUpdate", True, False, None,
        )  # fmt: skip
        assert timeout.operation == unlocked.operation
        assert not Ticket.objects.get(pk=locked.pk).is_locked

    def test_the_last_lock_counts(self, locked, mika, uma, live):
        live(200)
        locked.unlock(by=uma)
        locked.lock(by=mika)
        live(230)
        assert raised(locked) == []
        live(10)
        assert raised(locked) == [("LockTimeout", "", 440)]

    def test_a_queue_that_never_unlocks_does_not(self, ticket, uma, live):
        ticket.lock(by=uma)
        live(2 * DAY, every=60)
        assert raised(ticket) == []


class TestEscalation:
    def test_each_clock_warns_and_escalates_in_its_time(self, make_ticket, gold, live):
        ticket = make_ticket(sla=gold)
        live(500, every=1)
        assert raised(ticket) == [
            ("EscalationNotifyBefore", "first_response", 48),
            ("Escalation", "first_response", 60),
            ("EscalationNotifyBefore", "update", 96),
            ("Escalation", "update", 120),
            ("EscalationNotifyBefore", "solution", 384),
            ("Escalation", "solution", 480),
        ]
        assert ticket.events.last().data["due"] == (START + minutes(480)).isoformat()

    def test_zero_percent_warns_nobody(self, make_ticket, gold, live):
        type(gold).objects.update(first_response_warning=0, update_minutes=0, solution_minutes=0)
        ticket = make_ticket(sla=gold)
        live(120)
        assert raised(ticket) == [("Escalation", "first_response", 60)]

    def test_what_is_done_in_time_is_not_told(self, make_ticket, gold, uma, live):
        ticket = make_ticket(sla=gold, owner=uma)
        live(40)
        ticket.reply("Done.", by=uma)
        ticket.change_state("resolved", by=uma)
        live(DAY)
        assert raised(ticket) == []

    def test_it_is_said_again_each_day_at_the_same_time_around_the_clock(self, make_ticket, gold, live):
        type(gold).objects.update(first_response_minutes=0, update_minutes=0, solution_warning=0)
        ticket = make_ticket(sla=gold)
        live(3 * DAY)
        assert raised(ticket) == [("Escalation", "solution", 480 + day * DAY) for day in range(3)]

    def test_and_when_work_begins_on_each_working_day(self, make_ticket, bronze, live):
        """Due on Tuesday at ten in Berlin, then each morning at nine; not at the weekend."""
        type(bronze).objects.update(first_response_minutes=0, update_minutes=0, solution_warning=0)
        ticket = make_ticket(sla=bronze)
        live(8 * DAY, every=30)
        mornings = [2, 3, 4, 7]
        assert raised(ticket) == [
            ("Escalation", "solution", DAY),
            *(("Escalation", "solution", day * DAY - 60) for day in mornings),
            ("Escalation", "solution", 8 * DAY - 60),
        ]

    def test_a_long_warning_is_repeated_until_it_is_due(self, make_ticket, gold, live):
        minutes_of_five_days = {"solution_minutes": 5 * DAY, "solution_warning": 50}
        type(gold).objects.update(first_response_minutes=0, update_minutes=0, **minutes_of_five_days)
        ticket = make_ticket(sla=gold)
        live(5 * DAY, every=60)
        assert raised(ticket) == [
            ("EscalationNotifyBefore", "solution", 2.5 * DAY),
            ("EscalationNotifyBefore", "solution", 3.5 * DAY),
            ("EscalationNotifyBefore", "solution", 4.5 * DAY),
            ("Escalation", "solution", 5 * DAY),
        ]

    def test_after_days_without_a_worker_it_is_said_once(self, make_ticket, gold, clock):
        type(gold).objects.update(first_response_minutes=0, update_minutes=0)
        ticket = make_ticket(sla=gold)
        clock.shift(minutes(5 * DAY))
        due.sweep()
        due.sweep()
        assert raised(ticket) == [("Escalation", "solution", 5 * DAY)]

    def test_outside_working_time_it_waits_for_the_morning(self, make_ticket, gold, bronze, uma, clock, live):
        """At eight in the evening the ticket gets an SLA whose times were over in the afternoon."""
        ticket = make_ticket()
        clock.shift(minutes(10 * 60))
        type(bronze).objects.update(update_minutes=0, solution_minutes=0)
        ticket.change_sla(bronze, by=uma)
        live(DAY)
        assert raised(ticket)[0] == ("Escalation", "first_response", DAY - 60)

    def test_what_falls_due_with_the_last_minute_of_the_day_is_said_that_day(self, make_ticket, bronze, live):
        type(bronze).objects.update(first_response_minutes=0, update_minutes=0, solution_minutes=7 * 60)
        ticket = make_ticket(sla=bronze)
        live(7 * 60 + 5, every=5)
        assert raised(ticket)[-1] == ("Escalation", "solution", 7 * 60)

    def test_a_due_time_that_moves_is_told_anew(self, make_ticket, gold, uma, carl, live):
        type(gold).objects.update(first_response_minutes=0, solution_minutes=0, update_warning=0)
        ticket = make_ticket(by=carl, owner=uma, sla=gold)
        live(130)
        ticket.reply("Sorry.", by=uma)
        live(200)
        assert raised(ticket) == [("Escalation", "update", 120), ("Escalation", "update", 250)]

    def test_an_sla_taken_away_and_given_back_is_not(self, make_ticket, gold, uma, live):
        type(gold).objects.update(update_minutes=0, solution_minutes=0, first_response_warning=0)
        ticket = make_ticket(sla=gold)
        live(70)
        ticket.change_sla(None, by=uma)
        ticket.change_sla(gold, by=uma)
        live(60)
        assert raised(ticket) == [("Escalation", "first_response", 60)]

    @pytest.mark.parametrize(
        "ending",
        [
            lambda ticket, other, uma: ticket.change_state("closed", by=uma),
            lambda ticket, other, uma: ticket.remove(by=uma),
            lambda ticket, other, uma: ticket.merge_into(other, by=uma),
        ],
    )
    def test_complete_deleted_and_merged_tickets_raise_nothing(self, make_ticket, gold, uma, live, ending):
        ticket = make_ticket(sla=gold)
        ending(ticket, make_ticket(), uma)
        live(2 * DAY, every=60)
        assert raised(ticket) == []


class TestOutdatedClocks:
    def test_are_set_anew_before_anything_is_raised(self, make_ticket, gold, clock):
        ticket, complete = make_ticket(sla=gold), make_ticket(sla=gold, state="closed")
        clock.shift(minutes(70))
        type(gold).objects.update(first_response_minutes=90, update_minutes=0, solution_minutes=0)
        assert Ticket.objects.filter(sla=gold).outdate_clocks() == 1
        assert due.raise_alarms() == 0
        due.sweep()
        ticket.refresh_from_db()
        assert (ticket.first_response_due, ticket.clocks_outdated) == (START + minutes(90), False)
        assert raised(ticket) == raised(complete) == []

    def test_more_than_a_batch_are_set_in_one_sweep(self, make_ticket, gold, monkeypatch):
        monkeypatch.setattr(due, "BATCH", 2)
        for _number in range(5):
            make_ticket(sla=gold)
        type(gold).objects.update(solution_minutes=10)
        Ticket.objects.filter(sla=gold).outdate_clocks()
        assert due.set_outdated_clocks() == 5
        assert set(Ticket.objects.values_list("solution_due", flat=True)) == {START + minutes(10)}

    def test_a_verb_sets_them_as_well(self, make_ticket, gold, uma):
        ticket = make_ticket(sla=gold)
        Ticket.objects.outdate_clocks()
        ticket.reply("We are on it.", by=uma)
        assert not Ticket.objects.get(pk=ticket.pk).clocks_outdated


class TestSweep:
    def test_nothing_due_costs_two_statements(self, pending, make_ticket, gold, django_assert_num_queries):
        make_ticket(sla=gold)
        with django_assert_num_queries(2):
            tasks.sweep()

    def test_it_goes_on_where_it_left_off(self, make_ticket, uma, clock, monkeypatch):
        monkeypatch.setattr(due, "BATCH", 2)
        monkeypatch.setattr(due, "MOST", 4)
        for _number in range(5):
            make_ticket().change_state("pending", by=uma, pending_until=START + minutes(10))
        clock.shift(minutes(20))
        assert [due.raise_alarms() for _sweep in range(3)] == [4, 1, 0]

    def test_a_ticket_that_fails_does_not_stop_the_others(self, make_ticket, uma, clock, monkeypatch, caplog):
        broken, fine = make_ticket(), make_ticket()
        for ticket in (broken, fine):
            ticket.change_state("pending", by=uma, pending_until=START + minutes(10))
        record = due.record

        def fail(ticket, *args, **kwargs):
            assert ticket.pk != broken.pk
            return record(ticket, *args, **kwargs)

        monkeypatch.setattr(due, "record", fail)
        clock.shift(minutes(10))
        due.sweep()
        due.sweep()
        assert (raised(broken), raised(fine)) == ([], [("PendingReminder", "", 10)])
        assert caplog.text.count("cannot be told") == 1
        monkeypatch.undo()
        clock.shift(due.PUT_OFF)
        due.sweep()
        assert raised(broken) == [("PendingReminder", "", 15)]

    def test_clocks_that_cannot_be_set_are_tried_again_later(self, make_ticket, bronze, office, clock):
        ticket = make_ticket(sla=bronze)
        calendars = WorkingCalendar.objects.filter(pk=office.pk)
        calendars.update(monday="whenever")
        Ticket.objects.outdate_clocks()
        assert due.set_outdated_clocks() == 0
        calendars.update(monday="09:00-17:00")
        assert due.set_outdated_clocks() == 0
        assert Ticket.objects.get(pk=ticket.pk).clocks_outdated
        clock.shift(due.PUT_OFF)
        assert due.set_outdated_clocks() == 1
        assert not Ticket.objects.get(pk=ticket.pk).clocks_outdated

    def test_one_act_of_the_system_for_what_falls_due_together(self, make_ticket, gold, clock):
        ticket = make_ticket(sla=gold)
        clock.shift(minutes(500))
        due.sweep()
        operations = ticket.events.filter(name__in=TIME_EVENTS).values_list("operation", flat=True)
        assert (len(operations), len(set(operations))) == (3, 1)

    def test_a_worker_killed_between_leaves_nothing_half_done(self, pending, clock, monkeypatch):
        class Killed(BaseException):
            pass

        def die(*args, **kwargs):
            raise Killed

        clock.shift(minutes(60))
        monkeypatch.setattr(due, "record", die)
        with pytest.raises(Killed):
            due.sweep()
        monkeypatch.undo()
        assert raised(pending) == []
        due.sweep()
        due.sweep()
        assert raised(pending) == [("PendingReminder", "", 60)]

    def test_an_alarm_that_is_no_longer_true_rests(self, pending, clock):
        """Guard: what changed the ticket without a verb, or was faster than the sweep."""
        Ticket.objects.update(pending_until=START + minutes(90))
        clock.shift(minutes(60))
        due.sweep()
        assert raised(pending) == []
        assert Alarm.objects.get().at is None

    def test_what_is_taken_over_from_elsewhere_can_pass(self, pending, make_ticket, gold, live):
        ticket = make_ticket(sla=gold)
        due.let_pass(START + minutes(100))
        live(DAY)
        assert raised(pending) == []
        assert raised(ticket)[0] == ("Escalation", "update", 120)


@pytest.mark.django_db(transaction=True)
class TestSeveralWorkers:
    def at_once(self, *acts):
        start, failures = threading.Barrier(len(acts)), []

        def work(act):
            try:
                start.wait()
                act()
            except BaseException as error:
                failures.append(error)
            finally:
                connection.close()

        workers = [threading.Thread(target=work, args=[act]) for act in acts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert failures == []

    def test_raise_each_once(self, make_ticket, uma, gold, clock):
        """Guard: the row held, and the condition of the update that moves the alarm."""
        for _number in range(8):
            make_ticket(sla=gold).change_state("pending", by=uma, pending_until=START + minutes(10))
        clock.shift(minutes(500))
        self.at_once(*[due.sweep] * 4)
        assert TicketEvent.objects.filter(name=events.PENDING_REMINDER).count() == 8
        assert TicketEvent.objects.filter(name=events.ESCALATION).count() == 8 * 2

    def test_and_nothing_of_what_is_closed_meanwhile(self, make_ticket, uma, gold, clock):
        tickets = [make_ticket(sla=gold) for _number in range(6)]
        clock.shift(minutes(500))

        def close_all():
            for ticket in reversed(tickets):
                ticket.change_state("closed", by=uma)
                time.sleep(0.005)

        self.at_once(due.sweep, close_all)
        for ticket in tickets:
            names = list(ticket.events.values_list("name", flat=True))
            assert names[-1] == "TicketStateUpdate", "raised after it was closed"


def test_a_moment_in_between_is_one_day_later_at_the_earliest(pending):
    alarm = Alarm.objects.get()
    assert alarm.following(START + minutes(61), None) == START + minutes(60 + DAY)
    assert alarm.following(START + datetime.timedelta(days=40), None) == START + datetime.timedelta(
        days=40, hours=1
    )

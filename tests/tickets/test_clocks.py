"""First response, update and solution: when each is due, act by act (docs/time.md).

It begins at 09:00 UTC on a Monday.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.waiting import START, minutes
from tickets.choices import COMPLETE_STATES
from tickets.models import Alarm, Ticket
from tickets.operations import operation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def request_(make_ticket, carl, uma, gold):
    """What carl, a customer user, asks for under the Gold SLA."""
    return make_ticket(by=carl, owner=uma, sla=gold)


def dues(ticket):
    """(first response, update, solution) in minutes since START, None where no clock runs; as stored."""
    ticket = Ticket.objects.get(pk=ticket.pk)
    times = (ticket.first_response_due, ticket.update_due, ticket.solution_due)
    return tuple(time and (time - START).total_seconds() / 60 for time in times)


def test_all_begin_with_the_ticket(request_):
    assert dues(request_) == (60, 120, 480)


def test_without_an_sla_none_runs(make_ticket):
    assert dues(make_ticket()) == (None, None, None)


def test_what_is_not_promised_does_not_run(make_ticket, gold):
    gold.update_minutes = 0
    gold.save()
    assert dues(make_ticket(sla=gold)) == (60, None, 480)


def test_an_answer_stops_the_first_response_and_starts_the_update_anew(request_, uma, after):
    after(30)
    request_.reply("We are on it.", by=uma)
    assert dues(request_) == (None, 150, 480)


@pytest.mark.parametrize("who", ["carl", "uma", None])
def test_an_internal_note_and_what_others_say_stop_nothing(request_, who, everyone, after):
    after(30)
    by = everyone.get(who)
    if who == "carl":
        request_.follow_up("Any news?", by=by)
    else:
        request_.note("Looked at it.", by=by, visible_for_customer=who is None)
    assert dues(request_) == (60, 120, 480)


def test_what_an_agent_registers_is_no_answer(make_ticket, uma, carl, gold, after):
    ticket = make_ticket(by=uma, sla=gold, customer=carl.customer, customer_user=carl)
    assert dues(ticket) == (60, 120, 480)
    after(10)
    ticket.follow_up("One thing more.", by=carl)
    assert dues(ticket) == (60, 130, 480)


def test_the_update_runs_from_the_first_thing_the_customer_waits_for_since_the_last_answer(
    request_, uma, carl, after
):
    after(10)
    request_.reply("We are on it.", by=uma)
    after(10)
    request_.follow_up("Thank you.", by=carl)
    assert dues(request_) == (None, 140, 480)
    after(10)
    request_.follow_up("And?", by=carl)
    assert dues(request_) == (None, 140, 480)
    after(10)
    request_.reply("It works again.", by=uma)
    assert dues(request_) == (None, 160, 480)


def test_an_answer_taken_back_counts_no_more(request_, uma, after):
    after(10)
    article = request_.note("Meant for you alone.", by=uma, visible_for_customer=True)
    assert dues(request_) == (None, 130, 480)
    request_.edit_article(article, by=uma, visible_for_customer=False)
    assert dues(request_) == (60, 120, 480)
    article = request_.reply("Meant for another.", by=uma)
    request_.delete_article(article, by=uma)
    assert dues(request_) == (60, 120, 480)


def test_while_it_is_pending_no_update_is_due(request_, uma):
    request_.change_state("pending", by=uma, pending_until=START + minutes(600))
    assert dues(request_) == (60, None, 480)
    request_.change_state("open", by=uma)
    assert dues(request_) == (60, 120, 480)


@pytest.mark.parametrize("state", sorted(COMPLETE_STATES))
def test_a_complete_ticket_has_no_clocks(request_, state, uma):
    request_.change_state(state, by=uma)
    assert dues(request_) == (None, None, None)
    assert not Alarm.objects.exists()


def test_reopening_starts_again(request_, uma, carl, after):
    after(30)
    request_.reply("Done.", by=uma)
    request_.change_state("resolved", by=uma)
    after(1000)
    request_.follow_up("It is back.", by=carl)
    assert dues(request_) == (None, 1150, 1510)


def test_reopening_what_nobody_answered_starts_the_first_response_again_too(request_, uma, after):
    request_.change_state("closed", by=uma)
    after(1000)
    request_.change_state("open", by=uma)
    assert dues(request_) == (1060, 1120, 1480)


def test_another_sla_counts_from_the_beginning(make_ticket, carl, uma, gold, bronze, after):
    ticket = make_ticket(by=carl, sla=bronze)
    after(60)
    ticket.change_sla(gold, by=uma)
    assert dues(ticket) == (60, 120, 480)
    ticket.change_sla(None, by=uma)
    assert dues(ticket) == (None, None, None)


def test_working_time_counts_where_the_sla_has_a_calendar(make_ticket, carl, bronze):
    """Ten o'clock in Berlin: the day's last seven hours, and one of the next morning, which is 08:00 UTC."""
    assert dues(make_ticket(by=carl, sla=bronze)) == (60, 120, 24 * 60)


def test_a_deleted_ticket_has_none_until_it_is_restored(request_, uma, ada):
    request_.remove(by=uma)
    assert dues(request_) == (None, None, None)
    request_.restore(by=ada)
    assert dues(request_) == (60, 120, 480)


def test_merging_ends_those_of_the_source_and_heeds_what_was_said_there(
    request_, make_ticket, carl, uma, gold, after
):
    other = make_ticket(by=carl, sla=gold, title="The same")
    after(30)
    other.reply("We are on it.", by=uma)
    other.merge_into(request_, by=uma)
    assert dues(other) == (None, None, None)
    assert dues(request_) == (None, 150, 480)


def test_the_history_keeps_the_due_times_as_they_were(request_, uma, after):
    after(30)
    request_.reply("We are on it.", by=uma)
    created, answered = request_.events.all()
    assert created.snapshot["first_response_due"] == (START + minutes(60)).isoformat()
    assert answered.snapshot["first_response_due"] is None
    assert answered.snapshot == Ticket.objects.get(pk=request_.pk).snapshot()


def test_an_operation_dated_elsewhere_counts_from_there(make_ticket, carl, gold):
    with operation(by=carl, quiet=True, at=START - minutes(1000)):
        ticket = make_ticket(by=carl, sla=gold)
    assert dues(ticket) == (-940, -880, -520)


class TestLock:
    @pytest.fixture
    def queue(self, service_desk):
        service_desk.unlock_minutes = 240
        service_desk.save()
        return service_desk

    def test_it_ends_after_the_queues_time(self, queue, ticket, uma, after):
        after(10)
        ticket.lock(by=uma)
        assert Ticket.objects.get(pk=ticket.pk).unlock_due == START + minutes(250)
        ticket.unlock(by=uma)
        assert Ticket.objects.get(pk=ticket.pk).unlock_due is None

    def test_in_its_working_time(self, queue, office, ticket, uma, after):
        queue.calendar = office
        queue.save()
        after(6 * 60)
        ticket.lock(by=uma)
        assert ticket.unlock_due == START + minutes(26 * 60)

    def test_another_queue_has_its_own(self, queue, ticket, uma, make_ticket):
        ticket.lock(by=uma)
        ticket.change_queue(type(queue).objects.create(name="Second level"), by=uma)
        assert ticket.unlock_due is None

    def test_a_complete_ticket_stays_locked(self, queue, ticket, uma):
        ticket.lock(by=uma)
        ticket.change_state("closed", by=uma)
        assert (ticket.is_locked, ticket.unlock_due) == (True, None)


def statements(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_clocks_cost_an_answer_eight_statements_and_only_where_there_are_any(make_ticket, request_, uma):
    without = statements(lambda: make_ticket().note("Hello.", by=uma))
    assert without == statements(lambda: make_ticket().reply("Hello.", by=uma))
    plain = make_ticket()
    costs = statements(lambda: request_.reply("Hello.", by=uma)) - statements(
        lambda: plain.reply("Hello.", by=uma)
    )
    assert 0 < costs <= 8

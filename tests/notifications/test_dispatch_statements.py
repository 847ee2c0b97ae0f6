"""Dispatch costs the same number of statements however many people it reaches."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.dispatch import dispatch_operation
from notifications.models import Mail, MailItem, Notice, Outbox, PersonalSettings
from opsi.models import User
from opsi.roles import AgentRole
from tests.notifications.conftest import make_definition
from tickets.operations import operation
from watchers.models import Watcher


@pytest.fixture
def crowd(db):
    """`crowd(n)`: so many agents."""

    def make(count):
        return User.objects.bulk_create(
            User(
                username=f"agent{number}of{count}",
                full_name=f"Agent {number}",
                email=f"agent{number}of{count}@example.com",
                agent_role=AgentRole.USER,
                effective_role=AgentRole.USER,
            )
            for number in range(count)
        )

    return make


@pytest.fixture
def cost(ticket, uma, mika, crowd, forget):
    """`cost(n)`: the statements of dispatching mika's note to uma and n watchers."""

    def count(watchers, quiet=False):
        Watcher.objects.all().delete()
        User.objects.filter(username__startswith="agent").update(is_active=False)
        people = crowd(watchers)
        Watcher.objects.bulk_create(Watcher(ticket=ticket, user=one, added_by=uma) for one in people)
        forget()
        if quiet:
            all_day = {"quiet_from": datetime.time(0), "quiet_until": datetime.time(23, 59, 59)}
            PersonalSettings.objects.bulk_create(PersonalSettings(person=one, **all_day) for one in people)
        ticket.note("Looked at it.", by=mika)
        [waiting] = Outbox.objects.filter(state="waiting")
        with CaptureQueriesContext(connection) as statements:
            assert dispatch_operation(waiting.pk)
        assert Notice.objects.count() == MailItem.objects.count() == watchers + 1
        return len(statements)

    return count


def test_ten_and_five_hundred_watchers_cost_the_same(cost):
    assert cost(10) == cost(500) <= 22


def test_a_thousand_watchers_cost_at_most_25(cost):
    """Guard: opsi.rows.insert, by which dispatch writes."""
    assert cost(999) <= 25


def test_nor_do_those_who_have_their_mail_held(cost, uma):
    assert cost(999, quiet=True) <= 25
    lanes = set(Mail.objects.values_list("lane", flat=True))
    assert len(lanes) == 1000


def test_every_further_thousand_costs_a_few_inserts_more(cost):
    assert cost(1_999) - cost(999) <= 12


def test_recipient_kinds_do_not_cost_by_the_ticket(make_ticket, uma, mika, crowd, forget):
    make_definition(
        events=["TicketStateUpdate"],
        recipients=[
            "write_agents",
            "queue_subscribers",
            "watchers",
            "assignment_group",
            "last_article_recipients",
        ],
        roles=["itsm_viewer"],
    )
    crowd(20)

    def count(tickets):
        tickets = [make_ticket(owner=uma) for _number in range(tickets)]
        forget()
        with operation(by=mika) as under_way:
            for ticket in tickets:
                ticket.change_state("closed", by=mika)
        with CaptureQueriesContext(connection) as statements:
            assert dispatch_operation(under_way.id)
        return len(statements)

    assert count(2) == count(30)

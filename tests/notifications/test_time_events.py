"""What time brings, as those in charge are told of it: whom, how often, in which words (domain §5; behaviours B6)."""

import datetime

import pytest

from notifications.models import Definition, Notice, Subscription
from notifications.wording import Reader, describe, words
from tests.notifications.conftest import drops, told
from tests.waiting import START, minutes
from tickets import due
from tickets.models import Sla

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DAY = 24 * 60


@pytest.fixture
def gold(db):
    return Sla.objects.create(
        name="Gold",
        first_response_minutes=60,
        first_response_warning=0,
        solution_minutes=180,
        solution_warning=0,
    )


@pytest.fixture
def in_charge(service_desk, uma, mika, aiko):
    """uma owns, mika is responsible, aiko in Tokyo subscribes to the queue."""
    Subscription.objects.create(person=aiko, queue=service_desk)
    return {"owner": uma, "responsible": mika}


@pytest.fixture
def live(clock, dispatch):
    """`live(60)`: an hour passes; what it brings is raised and dispatched."""

    def pass_time(total):
        clock.shift(minutes(total))
        due.sweep()
        dispatch()

    return pass_time


def severities():
    return [notice.severity for notice in Notice.objects.order_by("pk")]


def test_a_reminder_reaches_those_in_charge_each_day(make_ticket, in_charge, uma, cora, forget, live):
    ticket = make_ticket(**in_charge, customer=cora.customer, customer_user=cora)
    ticket.change_state("pending", by=uma, pending_until=START + minutes(60))
    forget()
    live(60)
    assert told() == {"uma": 1, "mika": 1, "aiko": 1}
    live(DAY - 1)
    assert told() == {"uma": 1, "mika": 1, "aiko": 1}
    live(1)
    assert told() == {"uma": 2, "mika": 2, "aiko": 2}


def test_an_escalation_is_critical_and_two_clocks_of_one_day_are_told_once(
    make_ticket, in_charge, gold, forget, live
):
    make_ticket(**in_charge, sla=gold)
    forget()
    live(60)
    assert set(severities()) == {3}
    live(120)
    assert told() == {"uma": 1, "mika": 1, "aiko": 1}
    assert drops()["uma"] == {"once_per_day"}
    live(DAY)
    assert told() == {"uma": 2, "mika": 2, "aiko": 2}


def test_the_day_is_the_persons_own(make_ticket, in_charge, uma, clock, forget, live):
    """Raised at 14:30 UTC, moved, and raised again at 15:30: the same day for uma, the next one for aiko in Tokyo."""
    ticket = make_ticket(**in_charge)
    ticket.change_state("pending", by=uma, pending_until=START + minutes(330))
    forget()
    live(330)
    ticket.set_pending_until(START + minutes(390), by=uma)
    forget_changes = Notice.objects.count()
    live(60)
    reminded = [
        notice.person.username
        for notice in Notice.objects.order_by("pk")[forget_changes:]
        if notice.event.name == "NotificationPendingReminder"
    ]
    assert reminded == ["aiko"]


def test_a_warning_is_a_warning(make_ticket, in_charge, gold, forget, live):
    Sla.objects.update(first_response_warning=80, solution_minutes=0)
    make_ticket(**in_charge, sla=gold)
    forget()
    live(50)
    assert severities() == [2, 2, 2]


def test_a_lock_timeout_reaches_owner_and_responsible(
    make_ticket, service_desk, in_charge, uma, forget, live
):
    service_desk.unlock_minutes = 60
    service_desk.save()
    ticket = make_ticket(**in_charge)
    ticket.lock(by=uma)
    forget()
    live(60)
    assert told() == {"uma": 1, "mika": 1}


def test_customers_hear_of_none_of_it(make_ticket, carl, gold, uma, forget, live):
    ticket = make_ticket(by=carl, sla=gold)
    ticket.change_state("pending", by=uma, pending_until=START + minutes(60))
    forget()
    live(600)
    assert told() == {}


@pytest.fixture
def overdue(make_ticket, in_charge, gold, clock):
    """The event of a first response that is overdue."""
    ticket = make_ticket(**in_charge, sla=gold)
    clock.shift(minutes(60))
    due.sweep()
    return ticket.events.get(name="NotificationEscalation")


def said(shipped, event, reader):
    return words(Definition.objects.get(shipped_as=shipped).current_version(), event, Reader.of(reader))


def test_an_escalation_says_which_clock_and_when_in_the_readers_language_and_zone(overdue, uma, aiko):
    english, japanese = said("escalation", overdue, uma), said("escalation", overdue, aiko)
    number = overdue.ticket.number
    assert english.subject == f"[{number}] Escalated, First response overdue: Mail stops at the gateway"
    assert english.body == (
        "First response was due by 2026-11-23 10:00 (UTC) and is overdue.\n\n"
        "Queue: Service desk\nState: New\nPriority: Medium\nOwner: Uma Ogawa\nCustomer: -\n\n"
        "First response due: 2026-11-23 10:00 (UTC)\nUpdate due: -\nSolution due: 2026-11-23 12:00 (UTC)"
    )
    assert "2026-11-23 19:00 (Asia/Tokyo)" in japanese.body
    assert "エスカレーション" in japanese.subject
    assert english.frame == japanese.frame == "alert"


@pytest.mark.parametrize(
    ("shipped", "subject", "first_line"),
    [
        ("pending-reminder", "Reminder: Mail",
         "This ticket was pending until 2026-11-23 10:00 (UTC). That time has come."),
        ("escalation-warning", "First response due soon: Mail",
         "First response is due by 2026-11-23 10:00 (UTC). After that this ticket escalates."),
        ("lock-timeout", "Unlocked after its time: Mail",
         "This ticket was locked for as long as its queue allows, and has been unlocked: others can take it over."),
    ],
)  # fmt: skip
def test_what_the_others_say(overdue, uma, aiko, shipped, subject, first_line):
    english = said(shipped, overdue, uma)
    assert subject in english.subject
    assert english.body.splitlines()[0] == first_line
    assert "キュー: Service desk" in said(shipped, overdue, aiko).body


def test_in_one_line(overdue, uma):
    assert describe(overdue, Reader.of(uma)) == "Escalation: First response (2026-11-23 10:00 (UTC))"


def test_a_later_change_does_not_change_what_was_due(overdue, uma, clock):
    clock.shift(datetime.timedelta(minutes=5))
    overdue.ticket.reply("Sorry.", by=uma)
    again = type(overdue).objects.get(pk=overdue.pk)
    assert "First response due: 2026-11-23 10:00 (UTC)" in said("escalation", again, uma).body

"""Administrators are told when notifications themselves are stuck, once, and once when that is over."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from notifications import tasks
from notifications.choices import MailState, Severity
from notifications.incidents import watch_over
from notifications.models import HealthAlarm, InboxRow, Mail, MailItem, Notice, Outbox
from tests.waiting import START, minutes
from tickets.models import Queue, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def calm(ticket):
    """Nothing waits."""
    Outbox.objects.all().delete()


def mail(**fields):
    fields = {"address": f"{Mail.objects.count()}@example.com", "state": MailState.DUE} | fields
    return Mail.objects.create(**fields)


def told(person):
    """What `person` was told of the system's health, oldest first."""
    tasks.dispatch_waiting()
    notices = Notice.objects.filter(person=person, event__name="SystemHealth").order_by("pk")
    return [notice.event.new for notice in notices.select_related("event")]


def test_three_statements_where_all_is_well(django_assert_num_queries):
    with django_assert_num_queries(3):
        watch_over()
    assert not Queue.objects.filter(name="System").exists()


def test_mail_that_does_not_leave_opens_a_ticket_of_which_administrators_are_told_once(ada, uma, mika, clock):
    mail(closes_at=START)
    clock.shift(minutes(10))
    watch_over()
    assert told(ada) == []
    clock.shift(minutes(1))
    watch_over()
    assert told(ada) == ["mail"]
    clock.shift(minutes(60))
    watch_over()
    assert told(ada) == ["mail"]
    assert (told(uma), told(mika)) == ([], [])
    incident = HealthAlarm.load().ticket
    assert (incident.title, incident.type, incident.priority) == (
        "Mail that is due does not leave",
        "incident",
        "very_high",
    )
    assert incident.created_by is None
    assert InboxRow.objects.get(person=ada, ticket=incident).severity == Severity.CRITICAL


def test_only_administrators_read_it(signed_in, ada, mika, uma, vera, clock):
    mail(closes_at=START - minutes(11))
    watch_over()
    url = f"/tickets/{HealthAlarm.load().ticket.number}/"
    assert signed_in(ada).get(url).status_code == 200
    assert [signed_in(one).get(url).status_code for one in (mika, uma, vera)] == [404, 404, 404]


def test_when_it_is_over_they_are_told_and_the_ticket_is_resolved(ada, clock):
    stuck = mail(closes_at=START - minutes(11))
    watch_over()
    incident = HealthAlarm.load().ticket
    stuck.delete()
    clock.shift(minutes(1))  # of two acts in one moment either may be told first
    watch_over()
    assert told(ada) == ["mail", "well"]
    incident.refresh_from_db()
    assert incident.state == "resolved"
    assert incident.articles.last().body == "Nothing waits too long any more."
    assert HealthAlarm.load().ticket is None
    mail(closes_at=START - minutes(11))
    watch_over()
    assert HealthAlarm.load().ticket not in (None, incident)


def test_events_that_nobody_works_out(ada, ticket, mika, clock):
    ticket.note("Looked at it.", by=mika)
    clock.shift(minutes(11))
    watch_over()
    # It waits behind what it tells of: until that is worked out nobody can be told.
    assert told(ada) == ["events"]


def test_a_mail_server_that_takes_nothing_and_not_one_address_that_is_put_off(ada, clock):
    mail(closes_at=START + minutes(5), attempts=4, opened_at=START - minutes(30))
    accepted = mail(state=MailState.SENT, closes_at=START, finished_at=START - minutes(3))
    watch_over()
    assert HealthAlarm.load().ticket is None
    accepted.delete()
    watch_over()
    assert told(ada) == ["mail_server"]


def test_mail_that_waits_for_its_window_is_not_stuck(clock):
    mail(state=MailState.OPEN, closes_at=START + minutes(120), opened_at=START - minutes(120))
    watch_over()
    assert HealthAlarm.load().ticket is None


def test_the_limit_is_set_in_the_admin_and_0_turns_it_off(signed_in, ada, service_desk, clock):
    client = signed_in(ada)
    page = "/admin/notifications/healthalarm/1/change/"
    assert client.post(page, {"limit_minutes": "1441", "queue": ""}).status_code == 200
    assert client.post(page, {"limit_minutes": "0", "queue": ""}).status_code == 302
    mail(closes_at=START - minutes(600))
    watch_over()
    assert HealthAlarm.load().ticket is None
    assert client.post(page, {"limit_minutes": "30", "queue": str(service_desk.pk)}).status_code == 302
    watch_over()
    assert HealthAlarm.load().ticket.queue == service_desk
    assert not Queue.objects.filter(name="System").exists()


@pytest.mark.parametrize("meanwhile", ["deleted", "resolved"])
def test_what_somebody_did_with_the_ticket_meanwhile_is_left_as_it_is(meanwhile, ada, clock):
    stuck = mail(closes_at=START - minutes(11))
    watch_over()
    incident = HealthAlarm.load().ticket
    if meanwhile == "deleted":
        incident.remove(by=ada)
    else:
        incident.change_state("resolved", by=ada)
    articles = incident.articles.count()
    stuck.delete()
    watch_over()
    assert HealthAlarm.load().ticket is None
    assert incident.articles.count() == articles


def test_the_mail_says_what_and_where(ada, aiko, wait, mail_host, clock):
    aiko.agent_role = "itsm_admin"
    aiko.save()
    mail(closes_at=START - minutes(11))
    watch_over()
    tasks.dispatch_waiting()
    addresses = set(MailItem.objects.values_list("mail__address", flat=True))
    assert addresses == {"ada@example.com", "aiko@example.com"}
    # Critical: it waits for no window.
    assert not MailItem.objects.filter(mail__closes_at__gt=timezone.now()).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_find_it_at_once_open_one_ticket(ada, clock):
    """The guard: the lock on the alarm's row in `watch_over`."""
    mail(closes_at=START - minutes(11))
    together = threading.Barrier(2)

    def one():
        together.wait(20)
        try:
            watch_over()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Ticket.objects.filter(queue__name="System").count() == 1

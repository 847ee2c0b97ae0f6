"""Several workers, and workers that die: each mail leaves, and where it leaves twice, under one Message-ID (T)."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import mailing, transports
from notifications.choices import ItemState, MailState, Severity
from notifications.mailing import BATCH, Batch, send_due
from notifications.models import Mail, MailItem, NotificationFunction
from notifications.models.mail import LEASE
from opsi.models import User
from tests.waiting import START, minutes

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
]


class Killed(BaseException):
    """The worker's process is gone: nothing after this runs."""


class DyingTransport:
    """Leads to the mail host, and kills the worker before it has sent, or after, before it could mark that."""

    def __init__(self, sends_first: bool):
        self._real = transports.through_opsi()
        self.function, self.sender, self._sends_first = self._real.function, self._real.sender, sends_first

    def deliver(self, message):
        if self._sends_first:
            self._real.deliver(message)
        self._real.close()
        raise Killed

    def close(self):
        pass


def die_sending(sends_first):
    mails = Mail.objects.claim("dying worker", BATCH)
    with pytest.raises(Killed):
        Batch(mails, "dying worker", NotificationFunction.load(), DyingTransport(sends_first)).send()


@pytest.fixture
def crowd(db):
    """`crowd(n)`: n agents with an address each."""

    def make(number):
        first = User.objects.count()
        return User.objects.bulk_create(
            User(
                username=f"p{first + place}",
                full_name=f"Person {first + place}",
                email=f"p{first + place}@example.com",
                agent_role="itsm_user",
                effective_role="itsm_user",
            )
            for place in range(number)
        )

    return make


def test_a_worker_that_dies_with_its_claim_is_taken_over(ticket, uma, wait, clock, mail_host):
    """Guard: MailQuerySet.due, which finds what is SENDING and whose lease ran out."""
    wait(uma, ticket)
    clock.shift(minutes(10))
    [claimed] = Mail.objects.claim("dead worker", BATCH)
    assert (claimed.state, claimed.leased_until) == (MailState.SENDING, START + minutes(10) + LEASE)
    assert send_due() == 0
    clock.shift(minutes(1.99))
    assert send_due() == 0
    clock.shift(minutes(0.02))
    assert send_due() == 1
    assert Mail.objects.get().lease_owner == ""


def test_a_worker_killed_between_freezing_and_sending_leaves_the_message_id(
    ticket, uma, wait, clock, mail_host
):
    """Guard: Batch._freeze, before anybody outside hears of the mail."""
    wait(uma, ticket)
    clock.shift(minutes(10))
    die_sending(sends_first=False)
    frozen = Mail.objects.get()
    assert frozen.message_id
    assert (frozen.state, frozen.attempts, mail_host.mails) == (MailState.SENDING, 1, [])
    clock.shift(minutes(3))
    assert send_due() == 1
    assert mail_host.mails[0]["Message-ID"] == frozen.message_id
    assert Mail.objects.get().attempts == 2


def test_a_worker_killed_after_sending_repeats_itself_under_one_message_id(
    ticket, uma, wait, clock, mail_host
):
    """Guard: Batch._freeze, before anybody outside hears of the mail."""
    wait(uma, ticket)
    clock.shift(minutes(10))
    die_sending(sends_first=True)
    assert MailItem.objects.get().state == ItemState.WAITING
    clock.shift(minutes(3))
    assert send_due() == 1
    assert len(mail_host.mails) == 2
    assert len({mail["Message-ID"] for mail in mail_host.mails}) == 1
    assert MailItem.objects.get().state == ItemState.SENT


def test_a_retry_may_only_shrink(ticket, uma, wait, clock, mail_host):
    ticket.note("Between us.", by=uma)
    first = wait(uma, ticket, severity=Severity.WARNING)
    wait(uma, ticket, event=ticket.events.first())
    clock.shift(minutes(10))
    die_sending(sends_first=False)
    ticket.delete_article(first.notice.event.article, by=uma)
    wait(uma, ticket)
    clock.shift(minutes(3))
    assert send_due() == 1
    [mail] = mail_host.mails
    assert "Total" not in mail["Subject"]
    assert Mail.objects.get(state=MailState.OPEN).items.count() == 1


def test_a_slow_worker_lets_go_what_was_taken_over(ticket, uma, mika, wait, clock, mail_host, monkeypatch):
    wait(uma, ticket, severity=Severity.CRITICAL)
    wait(mika, ticket)
    clock.shift(minutes(10))
    monkeypatch.setattr(mailing, "RENEW_AFTER", -1)
    mails = Mail.objects.claim("slow worker", BATCH)
    Mail.objects.filter(address="mika@example.com").update(lease_owner="other worker")
    batch = Batch(mails, "slow worker", NotificationFunction.load(), transports.through_opsi())
    assert batch.send() == 1
    assert [mail["To"] for mail in mail_host.mails] == ["uma@example.com"]
    assert Mail.objects.get(address="mika@example.com").state == MailState.SENDING


def test_what_a_slow_worker_sent_is_not_sent_again(ticket, uma, wait, clock, mail_host):
    """The other has taken the mail over but not sent it yet when the first comes back from the server."""
    wait(uma, ticket)
    clock.shift(minutes(10))
    mails = Mail.objects.claim("slow worker", BATCH)
    batch = Batch(mails, "slow worker", NotificationFunction.load(), transports.through_opsi())
    Mail.objects.update(lease_owner="other worker")
    assert batch.send() == 1
    assert Mail.objects.get().state == MailState.SENT
    assert Mail.objects.renew("other worker") == set()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(ticket, crowd, wait, clock, mail_host, monkeypatch):
    """Guard: the condition of the claiming update."""
    monkeypatch.setattr(mailing, "BATCH", 3)
    for person in crowd(24):
        wait(person, ticket)
    clock.shift(minutes(10))
    ready, failures, sent = threading.Barrier(3), [], []

    def work():
        try:
            ready.wait()
            sent.append(send_due())
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert failures == []
    assert sum(sent) == 24
    assert sorted(mail["To"] for mail in mail_host.mails) == sorted(
        Mail.objects.values_list("address", flat=True)
    )
    assert set(Mail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_statements_do_not_grow_with_mails_items_tickets_or_people(
    ticket, make_ticket, crowd, wait, clock, mail_host, monkeypatch
):
    # A slow machine marks more often than once a batch, which is not what is counted here.
    monkeypatch.setattr(mailing, "MARK_AFTER", 600.0)
    counts = []
    for number in (3, 40):
        others = [make_ticket(title=f"Ticket {place}") for place in range(3)]
        for person in crowd(number):
            for about in others:
                wait(person, about, reasons=["watchers"] if about == others[0] else ["owner"])
        clock.shift(minutes(10))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert send_due() == number
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[1] <= 40


def test_claiming_costs_three_statements(ticket, crowd, wait, clock, django_assert_max_num_queries):
    for person in crowd(40):
        wait(person, ticket)
    clock.shift(minutes(10))
    with django_assert_max_num_queries(5):  # three and the transaction's own
        assert len(Mail.objects.claim("worker", BATCH, timezone.now())) == 40

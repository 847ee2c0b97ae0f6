"""Workers on queues of their own: 20,000 notifications, none lost, none twice, and two get more done than one.

Run alone, when nothing else of the suite does: it measures.
"""

import os
import re
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.services.distance import away
from tests.services.installation import Installation

PEOPLE, TICKETS, WATCHERS = 1_000, 200, 100
NOTIFICATIONS = TICKETS * WATCHERS
A_ROUND = 15  # notes, of 100 notifications each
GROWTH = 1.2  # twice as many would make it 2
# Seconds to the database: where two workers help, they are on machines of their own. So far away, what they wait for
# decides how much they get done, and not what else these processors have to do.
AWAY = 0.03
DISPATCHER = ("--pool", "threads", "--concurrency", "1", "-Q", "dispatch")

PREPARE = f"""
import random
from opsi.models import User
from opsi.roles import AgentRole
from tickets.models import Queue, Ticket
from tickets.operations import operation
from watchers.models import Watcher
chance = random.Random(1)
queue = Queue.objects.create(name="Service desk"); queue.grant_shipped()
mika, *people = User.objects.bulk_create(
    User(
        username=login, full_name=login, email=f"{{login}}@example.com",
        agent_role=AgentRole.USER, effective_role=AgentRole.USER)
    for login in ["mika", *(f"person{{number}}" for number in range({PEOPLE}))])
with operation(by=mika, quiet=True):
    for number in range({TICKETS}):
        ticket = Ticket.objects.register(by=mika, title=f"Ticket {{number}}", queue=queue, body="Nothing leaves.")
        Watcher.objects.bulk_create(
            Watcher(ticket=ticket, user=person, added_by=mika) for person in chance.sample(people, {WATCHERS}))
"""
# The notes are there before anybody is woken, so that all workers begin with everything before them.
NOTES = """
from unittest.mock import patch
from notifications.models import Outbox
from notifications.tasks import dispatch
from opsi.models import User
from tickets.models import Ticket
mika = User.objects.get(username="mika")
with patch("notifications.receivers.wake_dispatch"):
    for ticket in Ticket.objects.order_by("pk")[{first}:{last}]:
        ticket.note(f"Step {{ticket.pk}}", by=mika)
for operation in Outbox.objects.filter(state="waiting").values_list("pk", flat=True):
    dispatch.apply_async([str(operation)], retry=True, retry_policy={{"max_retries": 60}}, ignore_result=True)
"""
DONE = """
from notifications.models import Outbox
print(Outbox.objects.filter(state="waiting").count())
"""
RATE = """
from django.db.models import Max, Min, Count
from notifications.models import Outbox
rows = Outbox.objects.order_by("-created_at")[:{notes}]
span = rows.aggregate(Count("pk"), first=Min("dispatched_at"), last=Max("dispatched_at"))
print((span["pk__count"] - 1) / (span["last"] - span["first"]).total_seconds())
"""
CLOSE_WINDOWS = """
from django.utils import timezone
from notifications.models import Mail
Mail.objects.filter(state="open").update(closes_at=timezone.now())
"""
TOLD = """
from django.db.models import Count, Sum
from notifications.models import InboxRow, Mail, MailItem, Notice, Outbox
print(
    Outbox.objects.exclude(state="done").count(),
    Notice.objects.count(),
    Notice.objects.values("person", "ticket").distinct().count(),
    InboxRow.objects.aggregate(Sum("unread_count"))["unread_count__sum"],
    MailItem.objects.filter(state="sent").count(),
    MailItem.objects.exclude(state="sent").count(),
)
"""
WHO_WATCHES = """
from watchers.models import Watcher
print(*(f"{login}:{ticket}" for login, ticket in Watcher.objects.values_list("user__username", "ticket")))
"""

pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]


@pytest.fixture
def installation(tmp_path, mailbox):
    with ExitStack() as stack:
        installed = Installation(tmp_path, mailbox, os.environ["OPSI_TEST_AMQP_URL"], stack)
        del installed.environment["OPSI_WINDOW_SECONDS"]
        installed.environment["OPSI_DATABASE_POOL"] = "4"
        installed.manage("migrate", "--verbosity", "0")
        installed.shell(PREPARE)
        yield installed


class Desk:
    """Notes on one ticket after the other, `notes` so far."""

    def __init__(self, installation):
        self.installation, self.notes = installation, 0

    def write(self, notes):
        self.installation.shell(NOTES.format(first=self.notes, last=self.notes + notes))
        self.notes += notes

    def wait(self, limit=300.0):
        deadline = time.monotonic() + limit
        while (waiting := self.installation.shell(DONE)) != ["0"]:
            assert time.monotonic() < deadline, f"{waiting} operations wait still"

    def rate(self):
        """Operations a second in a round."""
        self.write(A_ROUND)
        self.wait()
        [rate] = self.installation.shell(RATE.format(notes=A_ROUND))
        return float(rate)


@contextmanager
def distant_database(installation):
    """What is started meanwhile reaches its database later than others, as long as the test lasts."""
    database = installation.environment["DATABASE_URL"]
    url = urlsplit(database)
    port = installation.stack.enter_context(away(url.hostname, url.port or 5432, AWAY))
    distant = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{port}")
    installation.environment["DATABASE_URL"] = distant.geturl()
    yield
    installation.environment["DATABASE_URL"] = database


def start_dispatcher(installation):
    with distant_database(installation):
        installation.start_workers(1, *DISPATCHER)


def test_20000_notifications_by_four_workers(installation, mailbox):
    desk = Desk(installation)
    start_dispatcher(installation)
    desk.rate()  # to warm up
    one = max(desk.rate() for _round in range(2))
    start_dispatcher(installation)
    desk.rate()
    two = max(desk.rate() for _round in range(2))
    assert two > GROWTH * one, f"{one:.1f} operations a second by one, {two:.1f} by two"
    print(f"{one:.1f} operations a second by one, {two:.1f} by two")

    installation.start_workers(1, "--concurrency", "2", "-Q", "mail")
    installation.start_workers(1, "--concurrency", "2", "-Q", "housekeeping")
    installation.start_beat()
    installation.start_beat()  # a second one by mistake, or while the first is replaced
    desk.write(TICKETS - desk.notes)
    desk.wait()
    installation.shell(CLOSE_WINDOWS)
    mailbox.wait_for(lambda mails: len(mails) >= PEOPLE, limit=240)

    told = list(map(str, [0, *[NOTIFICATIONS] * 4, 0]))
    deadline = time.monotonic() + 20
    while installation.shell(TOLD) != told and time.monotonic() < deadline:
        pass  # the last batch is marked after its last mail has left
    assert installation.shell(TOLD) == told
    expected = Counter(installation.shell(WHO_WATCHES))
    assert sum(expected.values()) == NOTIFICATIONS
    assert quoted(mailbox.mails) == expected
    assert len({mail.message["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails)


def quoted(mails):
    """How often whom a mail told of which ticket's note."""
    return Counter(
        f"{recipient.partition('@')[0]}:{ticket}"
        for mail in mails
        for recipient in mail.recipients
        for ticket in re.findall(r"^Step (\d+)\r?$", mail.text, re.MULTILINE)
    )

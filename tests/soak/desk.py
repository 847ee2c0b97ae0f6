"""The desk's own side: its people and tickets, what was told at the end, and what its processes take of memory."""

import json
import os
from pathlib import Path

from tests.services.installation import Installation

WATCHERS = 10  # of each ticket

PREPARE = """
import json, random
from django.test import Client
from opsi.models import User
from opsi.roles import AgentRole
from tickets.models import Queue, Ticket
from tickets.operations import operation
from watchers.models import Watcher
chance = random.Random(1)
queue = Queue.objects.create(name="Service desk"); queue.grant_shipped()
people = User.objects.bulk_create(
    User(
        username=login, full_name=login, email=f"{{login}}@example.com", password="!",
        agent_role=AgentRole.USER, effective_role=AgentRole.USER)
    for login in ["mika", *(f"agent{{number}}" for number in range({agents}))])
mika, *agents = people
numbers = []
with operation(by=mika, quiet=True):
    for number in range({tickets}):
        ticket = Ticket.objects.register(by=mika, title=f"Ticket {{number}}", queue=queue, body="Nothing leaves.")
        numbers.append(ticket.number)
        Watcher.objects.bulk_create(
            Watcher(ticket=ticket, user=person, added_by=mika) for person in chance.sample(agents, {watchers}))
def session(person):
    client = Client(); client.force_login(person)
    return client.session.session_key
print(json.dumps({{"tickets": numbers, "sessions": [session(person) for person in people]}}))
"""
WAITING = """
from notifications.models import Outbox
print(Outbox.objects.exclude(state="done").count())
"""
CLOSE_WINDOWS = """
from django.utils import timezone
from notifications.models import Mail
Mail.objects.filter(state="open").update(closes_at=timezone.now())
print(Mail.objects.filter(state__in=["open", "due", "sending"]).count())
"""
TOLD = """
import json
from django.db.models import F, Q, Sum
from notifications.models import InboxRow, Mail, MailItem, Notice, Outbox
took = sorted(
    (done - created).total_seconds()
    for created, done in Outbox.objects.filter(state="done").values_list("created_at", "dispatched_at"))
print(json.dumps({
    "seconds": took,
    "undone": Outbox.objects.exclude(state="done").count(),
    "notices": Notice.objects.count(),
    "twice": Notice.objects.count() - Notice.objects.values("person", "operation").distinct().count(),
    "unread": InboxRow.objects.aggregate(number=Sum("unread_count"))["number"],
    "sent": MailItem.objects.filter(state="sent").count(),
    "unsent": MailItem.objects.exclude(state="sent").count(),
    "leased": Mail.objects.filter(~Q(lease_owner="") | ~Q(leased_until=None)).count()
        + Outbox.objects.filter(~Q(lease_owner="") | ~Q(leased_until=None)).count(),
}))
"""


def prepare(installation: Installation, agents: int, tickets: int) -> dict:
    """{"tickets": numbers, "sessions": of mika, who writes, and of each agent}."""
    return _json(installation, PREPARE.format(agents=agents, tickets=tickets, watchers=min(WATCHERS, agents)))


def told(installation: Installation) -> dict:
    return _json(installation, TOLD)


def _json(installation, code):
    return json.loads(installation.manage("shell", "--no-imports", "-c", code).splitlines()[-1])


def memory(root: int) -> dict[int, int]:
    """{pid: kB in memory of its own} of all processes beneath `root`."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    below, found = {root}, {}
    while fresh := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= fresh
    for pid in below - {root, os.getpid()}:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        private = [
            int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))
        ]
        found[pid] = sum(private)
    return found

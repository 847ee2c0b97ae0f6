"""A bulk move to a queue that watchers cannot read says how many read on only because they watch."""

import pytest

from opsi.models import Group
from tests.tickets.test_bulk import send
from tickets.choices import Level
from tickets.models import Queue, QueueGrant
from watchers.models import Watcher


@pytest.fixture
def three(make_ticket):
    return [make_ticket(title=title) for title in ("Printer", "Mail", "Disk")]


@pytest.fixture
def hidden(db):
    queue = Queue.objects.create(name="Legal", open_to_moves=True)
    group = Group.objects.create(name="Lawyers", slug="lawyers")
    QueueGrant.objects.create(queue=queue, group=group, level=Level.WRITE)
    return queue


def test_people_are_counted_and_not_watches(three, hidden, uma, aiko, vera, ada, signed_in):
    for ticket in three:
        Watcher.objects.watch(ticket, aiko, by=uma)
    Watcher.objects.watch(three[0], vera, by=uma)
    ada.groups.add(Group.objects.get(slug="lawyers"))
    Watcher.objects.watch(three[0], ada, by=uma)
    asked = send(signed_in(uma), three, queue=hidden.pk)
    assert "2 watchers cannot read “Legal”" in asked.text


def test_nobody_is_spoken_of_where_nobody_is_left_out(three, hidden, uma, ada, signed_in):
    ada.groups.add(Group.objects.get(slug="lawyers"))
    Watcher.objects.watch(three[0], ada, by=uma)
    assert "watcher" not in send(signed_in(uma), three, queue=hidden.pk).text.partition("<main")[2]

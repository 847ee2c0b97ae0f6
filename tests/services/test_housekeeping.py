"""Old rows go while their people use the inbox: nobody waits for the other (docs/inbox.md)."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.housekeeping import keep_house
from notifications.models import InboxRow
from tests.notifications.conftest import dispatch as dispatch

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20  # seconds until something is taken to wait for ever


def beside(act):
    """Do `act` on another connection. Returns what it returned; fails where it waits."""
    found = []

    def work():
        try:
            found.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it waits for a row that somebody holds"
    return found[0]


@pytest.fixture
def old(make_ticket, uma, dispatch):
    for _number in range(4):
        make_ticket(owner=uma)
    dispatch()
    rows = InboxRow.objects.filter(person=uma)
    long_ago = timezone.now() - datetime.timedelta(days=91)
    rows.update(state="done", changed_at=long_ago, read_at=long_ago)
    return list(rows)


def test_a_row_that_somebody_holds_is_left_for_the_next_time(old, uma):
    with transaction.atomic():
        held = InboxRow.objects.select_for_update().get(pk=old[1].pk)
        assert beside(keep_house) == 3
        assert uma.inbox.get() == held
    assert keep_house() == 1


def test_whoever_uses_their_inbox_meanwhile_waits_for_nothing(old, uma, make_ticket, dispatch):
    make_ticket(owner=uma, title="News")
    dispatch()
    read = []

    def use_the_inbox(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith('DELETE FROM "notifications_inboxrow"'):
            # The batch is deleted and not committed yet.
            read.append(beside(lambda: InboxRow.objects.mark_all_read(uma)))
        return done

    with connection.execute_wrapper(use_the_inbox):
        assert keep_house() == 4
    assert read == [1]
    assert uma.inbox.get().state == "read"


def test_news_that_comes_to_a_row_in_its_batch_makes_it_anew(old, uma, mika, dispatch):
    old[0].ticket.note("News.", by=mika)
    with transaction.atomic():
        dispatch()
        assert beside(keep_house) == 3
    assert keep_house() == 0
    assert uma.inbox.get().is_unread

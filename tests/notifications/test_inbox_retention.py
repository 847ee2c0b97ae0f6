"""Old rows leave the inboxes; who was notified stays known (docs/inbox.md)."""

import datetime

import pytest
from django.db import connection
from django.db.models.signals import pre_delete
from django.utils import timezone

from notifications import housekeeping
from notifications.choices import InboxState
from notifications.housekeeping import keep_house
from notifications.models import Candidate, InboxRetention, InboxRow, Notice
from notifications.sweep import wake_snoozed
from notifications.tasks import keep_house as task
from notifications.told import Told

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def aged(make_ticket, uma, dispatch):
    """`aged("done", 91)`: a row of uma's in that state, last read and told of so many days ago."""

    def make(state, days, read_days=None, **fields):
        ticket = make_ticket(owner=uma)
        dispatch()
        now = timezone.now()
        read_at = None if state == "unread" else now - (days if read_days is None else read_days) * DAY
        uma.inbox.filter(ticket=ticket).update(
            state=state, changed_at=now - days * DAY, read_at=read_at, **{"unread_count": 0} | fields
        )
        return uma.inbox.get(ticket=ticket)

    return make


@pytest.mark.parametrize(
    ("state", "days", "stays"),
    [
        ("done", 89, True),
        ("done", 91, False),
        ("read", 179, True),
        ("read", 181, False),
        ("unread", 364, True),
        ("unread", 366, False),
    ],
)
def test_each_has_its_time(aged, state, days, stays):
    row = aged(state, days)
    assert keep_house() == (not stays)
    assert InboxRow.objects.filter(pk=row.pk).exists() is stays
    assert keep_house() == 0


@pytest.mark.parametrize("state", ["done", "read"])
def test_what_was_looked_at_lately_is_not_old(aged, state):
    aged(state, 1000, read_days=1)
    assert keep_house() == 0


def test_what_is_saved_or_snoozed_stays_whatever_its_age(aged):
    long_ago = timezone.now() - 2000 * DAY
    aged("saved", 2000, saved_at=long_ago)
    aged("unread", 2000, saved_at=long_ago)
    aged("snoozed", 2000, snoozed_until=timezone.now() + DAY)
    assert keep_house() == 0


def test_what_woke_from_a_snooze_is_as_old_as_its_waking(aged):
    row = aged("snoozed", 2000, snoozed_until=timezone.now() - DAY)
    wake_snoozed(timezone.now())
    assert keep_house() == 0
    row.refresh_from_db()
    assert row.state == InboxState.UNREAD


def test_the_administrators_say_how_long_and_nought_is_for_good(aged, uma):
    InboxRetention(done_days=0, read_days=10, unread_days=0).save()
    kept = {aged("done", 5000).pk, aged("unread", 5000).pk, aged("read", 9).pk}
    aged("read", 11)
    task()
    assert set(uma.inbox.values_list("pk", flat=True)) == kept
    InboxRetention(done_days=0, read_days=0, unread_days=0).save()
    InboxRow.objects.update(state="read", changed_at=timezone.now() - 9000 * DAY, read_at=None)
    assert keep_house() == 0


def test_who_was_notified_stays_known(ticket, uma, mika, dispatch):
    ticket.note("Have a look.", by=mika)
    dispatch()
    InboxRow.objects.update(
        state="done", read_at=timezone.now() - 91 * DAY, changed_at=timezone.now() - 91 * DAY
    )
    notices, candidates = Notice.objects.count(), Candidate.objects.count()
    told = repr(list(Told(mika, ticket).operations))
    assert keep_house() > 0
    assert not InboxRow.objects.exists()
    assert (Notice.objects.count(), Candidate.objects.count()) == (notices, candidates)
    assert repr(list(Told(mika, ticket).operations)) == told


def test_news_bring_a_row_back_that_had_gone(aged, uma, mika, dispatch):
    row = aged("done", 91)
    keep_house()
    row.ticket.note("News.", by=mika)
    dispatch()
    assert uma.inbox.get().unread_count == 1


def test_it_goes_a_few_at_a_time_and_what_changes_in_between_stays(aged, uma, monkeypatch):
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    rows = [aged("done", 91) for _number in range(5)]
    InboxRow.objects.exclude(person=uma).delete()
    looked = []

    def save_the_last(execute, sql, params, many, context):
        # Somebody saves the last of them between being looked at and being deleted.
        if sql.startswith("DELETE"):
            looked.append(sql)
            if len(looked) == 3:
                uma.inbox.all().save_for_later()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(save_the_last):
        assert keep_house() == 4
    assert uma.inbox.get() in rows
    assert len(looked) == 3
    assert not pre_delete.has_listeners(InboxRow)  # else each row would be read before

"""The demo's own ways: an empty database only, days counted back, long logs laid down as the verbs would."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from notifications.demo.script import BadStory, Calendar, Entry, _Reader
from notifications.demo.stage import lay_down
from opsi.models import User
from tickets.models import Sla
from tickets.operations import operation

UTC = ZoneInfo("UTC")


@pytest.mark.django_db
def test_a_database_with_data_is_left_alone(uma):
    with pytest.raises(CommandError, match="empty database"):
        call_command("demo")
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_log_laid_down_at_once_looks_as_if_written_one_by_one(make_ticket, uma):
    at = timezone.now() - timedelta(days=2)
    one_by_one, at_once = make_ticket(title="Same"), make_ticket(title="Same")
    with operation(by=uma, quiet=True, at=at):
        one_by_one.note("First entry", by=uma)
    with operation(by=None, quiet=True, at=at + timedelta(hours=1)):
        one_by_one.note("Second entry", by=None, visible_for_customer=True)
    entries = [
        Entry(at, "uma", "First entry"),
        Entry(at + timedelta(hours=1), "system", "Second entry", public=True),
    ]
    lay_down(at_once, entries, {"uma": uma, "system": None})
    assert rows_of(at_once) == rows_of(one_by_one)


@pytest.mark.django_db
def test_and_moves_the_clocks_as_that_would(make_ticket, carl, uma):
    sla = Sla.objects.create(name="Gold", first_response_minutes=60, update_minutes=120, solution_minutes=480)
    at = timezone.now() - timedelta(days=2)
    with operation(by=carl, quiet=True, at=at):
        one_by_one, at_once = (make_ticket(by=carl, title="Same", sla=sla) for _ticket in range(2))
    with operation(by=uma, quiet=True, at=at + timedelta(hours=1)):
        one_by_one.note("We are on it.", by=uma, visible_for_customer=True)
    lay_down(at_once, [Entry(at + timedelta(hours=1), "uma", "We are on it.", public=True)], {"uma": uma})
    assert at_once.first_response_due is None
    assert at_once.update_due == one_by_one.update_due == at + timedelta(hours=3)


def rows_of(ticket):
    ticket.refresh_from_db()
    own = {"id", "ticket_id", "operation", "article_id"}
    rows = [ticket.version, ticket.changed_at]
    for row in [*ticket.articles.order_by("number")[1:], *ticket.events.order_by("id")[1:]]:
        rows.append({name: value for name, value in vars(row).items() if name not in own and name[0] != "_"})
    return rows


def test_days_of_stories_are_working_days():
    monday = timezone.now().replace(year=2026, month=11, day=23, hour=3)
    days = [Calendar(monday).moment(day, 9, 0, UTC).date().isoformat() for day in (1, 2, 6)]
    assert days == ["2026-11-20", "2026-11-19", "2026-11-13"]


def test_a_story_says_where_it_cannot_be_read(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text("= Title\n1 09:00 uma: opens in Network\nText.\n+2 09:00 uma: note\nToo late.\n")
    with pytest.raises(BadStory, match=r"bad.txt, line 4"):
        list(_Reader(path, Calendar(timezone.now())).stories())

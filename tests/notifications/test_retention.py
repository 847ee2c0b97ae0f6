"""What was worked out or told is forgotten when an administrator says so; what waits never is (docs/mail.md)."""

import datetime
import uuid

import pytest
from django.utils import timezone

from notifications import housekeeping
from notifications.housekeeping import keep_house
from notifications.mailing import send_due
from notifications.models import (
    Candidate,
    DeliveryAttempt,
    InboxRetention,
    InboxRow,
    Mail,
    MailItem,
    Notice,
    Outbox,
)
from notifications.told import Told
from tests.notifications.auditing import new as new
from tests.notifications.auditing import site as site
from tickets.models import TicketEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "mail_host")]
DAY = datetime.timedelta(days=1)
TOLD = (Notice, Candidate, Mail, MailItem, DeliveryAttempt)
PAGE = "/admin/notifications/inboxretention/1/change/"


def keep(**days):
    InboxRetention(**{"done_days": 0, "read_days": 0, "unread_days": 0, "outbox_days": 0} | days).save()


def left():
    return {model.__name__: model.objects.count() for model in TOLD}


NOTHING = {model.__name__: 0 for model in TOLD}


@pytest.fixture
def sent(ticket, mika, dispatch, after_window):
    """A note was told of, in the app and by mails that were sent."""
    ticket.note("Have a look.", by=mika)
    dispatch()
    after_window()
    assert Mail.objects.exclude(state="sent").count() == 0 < Mail.objects.count()
    return ticket


class TestTheDispatchQueue:
    def row(self, state, days, **fields):
        at = timezone.now() - days * DAY
        dispatched = at if state == "done" else None
        return Outbox.objects.create(
            operation=uuid.uuid4(), state=state, created_at=at, dispatched_at=dispatched, **fields
        )

    def test_what_was_worked_out_long_ago_goes(self):
        lately = self.row("done", 29)
        self.row("done", 31)
        assert keep_house() == 1
        assert list(Outbox.objects.all()) == [lately]

    @pytest.mark.parametrize("state", ["waiting", "failed"])
    def test_what_was_not_stays_whatever_its_age(self, state):
        self.row(state, 5000)
        assert keep_house() == 0
        assert Outbox.objects.count() == 1

    def test_nor_does_what_failed_for_months_and_was_worked_out_yesterday(self):
        row = self.row("done", 100)
        Outbox.objects.filter(pk=row.pk).update(dispatched_at=timezone.now() - DAY)
        assert keep_house() == 0

    def test_nought_is_for_good(self):
        keep()
        self.row("done", 5000)
        assert keep_house() == 0

    def test_it_goes_a_few_at_a_time(self, monkeypatch):
        monkeypatch.setattr(housekeeping, "BATCH", 2)
        for _number in range(5):
            self.row("done", 31)
        assert keep_house() == 5


class TestWhoWasNotified:
    def test_it_is_kept_for_good_unless_somebody_says_otherwise(self, sent, clock):
        before = left()
        clock.shift(4000 * DAY)
        keep_house()
        assert left() == before

    @pytest.mark.parametrize(("days", "stays"), [(89, True), (91, False)])
    def test_it_goes_after_the_days_that_were_said(self, sent, mika, clock, days, stays):
        keep(told_days=90)
        InboxRow.objects.all().delete()
        before = left()
        clock.shift(days * DAY)
        assert keep_house() == (0 if stays else sum(before.values()))
        assert left() == (before if stays else NOTHING)
        assert bool(Told(mika, sent).operations[0].people) is stays
        assert keep_house() == 0

    def test_the_history_stays_and_the_panel_says_nothing_of_it(self, sent, mika, clock, signed_in):
        keep(told_days=90)
        clock.shift(91 * DAY)
        events = TicketEvent.objects.count()
        keep_house()
        assert TicketEvent.objects.count() == events
        assert signed_in(mika).get(sent.get_absolute_url()).status_code == 200

    def test_what_an_inbox_shows_stays_there(self, sent, uma, clock, signed_in):
        keep(told_days=90)
        clock.shift(91 * DAY)
        shown = set(InboxRow.objects.values_list("notice", flat=True))
        keep_house()
        assert set(Notice.objects.values_list("pk", flat=True)) == shown
        assert sent.number in signed_in(uma).get("/inbox/").text
        InboxRow.objects.all().delete()
        keep_house()
        assert left() == NOTHING

    @pytest.mark.parametrize("state", ["open", "due", "sending"])
    def test_a_mail_that_waits_stays_with_all_that_it_tells(self, sent, clock, state):
        keep(told_days=90)
        waiting = Mail.objects.first()
        Mail.objects.filter(pk=waiting.pk).update(
            state=state, finished_at=None, closes_at=timezone.now() + 400 * DAY
        )
        items = list(waiting.items.all())
        InboxRow.objects.all().delete()
        clock.shift(91 * DAY)
        keep_house()
        assert list(Mail.objects.all()) == [waiting]
        assert list(MailItem.objects.all()) == items
        assert set(Notice.objects.all()) == {item.notice for item in items}
        assert Candidate.objects.filter(notice__in=[item.notice for item in items]).exists()

    def test_one_that_was_sent_lately_stays_though_its_notices_are_old(self, ticket, mika, dispatch, clock):
        keep(told_days=90)
        ticket.note("Have a look.", by=mika)
        dispatch()
        InboxRow.objects.all().delete()
        clock.shift(100 * DAY)
        send_due()
        told = [set(model.objects.all()) for model in (Mail, MailItem, DeliveryAttempt)]
        keep_house()
        assert [set(model.objects.all()) for model in (Mail, MailItem, DeliveryAttempt)] == told
        assert set(Candidate.objects.values_list("notice", flat=True)) == set(
            MailItem.objects.values_list("notice", flat=True)
        )

    def test_a_mail_that_is_sent_again_waits_once_more(self, sent, clock):
        keep(told_days=90)
        clock.shift(91 * DAY)
        Mail.objects.send_again()
        before = Mail.objects.count()
        keep_house()
        assert Mail.objects.count() == before

    def test_it_goes_a_few_at_a_time(self, sent, mika, dispatch, after_window, monkeypatch, clock):
        for number in range(4):
            sent.note(f"Note {number}", by=mika)
            dispatch()
            after_window()
        keep(told_days=90)
        monkeypatch.setattr(housekeeping, "BATCH", 2)
        InboxRow.objects.all().delete()
        clock.shift(91 * DAY)
        keep_house()
        assert left() == NOTHING


class TestThePage:
    def test_it_says_what_is_lost(self, site):
        page = site.get(PAGE).text
        assert "cannot be brought back" in page
        assert "Mail that is still to be sent always stays." in page

    def test_a_change_stands_in_the_list_of_changes(self, site, ada, new):
        InboxRetention().save()
        new()
        days = {"done_days": 90, "read_days": 180, "unread_days": 365, "outbox_days": 30, "told_days": 730}
        assert site.post(PAGE, days).status_code == 302
        [entry] = new()
        assert (entry.actor, entry.kind) == (ada, "notifications.inboxretention")
        assert entry.changes == [["told_days", 0, 730]]
        assert InboxRetention.load().told_days == 730

    def test_only_administrators_have_it(self, signed_in, mika):
        assert signed_in(mika).get(PAGE).status_code in (302, 403, 404)

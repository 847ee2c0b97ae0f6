"""Putting a notification off until later (domain §6)."""

import datetime
import zoneinfo

import pytest
import time_machine
from django.utils import timezone

from notifications.choices import InboxState
from notifications.models import InboxRow
from notifications.snoozing import Snooze
from tests.sweeping import sweep

pytestmark = pytest.mark.django_db
WEDNESDAY = "2026-11-25 02:30+00:00"  # 11:30 in Tokyo


@pytest.fixture
def row(ticket, uma, mika, dispatch, forget):
    forget()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    return uma.inbox.get()


@pytest.mark.parametrize(
    ("moment", "zone", "until"),
    [
        ("later", "UTC", "2026-11-25 05:30+00:00"),
        ("tomorrow", "UTC", "2026-11-26 08:00+00:00"),
        ("tomorrow", "Asia/Tokyo", "2026-11-26 08:00+09:00"),
        ("tomorrow", "America/Los_Angeles", "2026-11-25 08:00-08:00"),  # where it still is Tuesday
        ("tomorrow", "Pacific/Kiritimati", "2026-11-26 08:00+14:00"),
        ("tomorrow", "Pacific/Pago_Pago", "2026-11-25 08:00-11:00"),
        ("tomorrow", "Asia/Kolkata", "2026-11-26 08:00+05:30"),
        ("monday", "UTC", "2026-11-30 08:00+00:00"),
        ("monday", "Asia/Tokyo", "2026-11-30 08:00+09:00"),
    ],
)
def test_moments_are_meant_where_one_is(moment, zone, until):
    now = datetime.datetime.fromisoformat(WEDNESDAY)
    assert Snooze(moment).until(now, zone) == datetime.datetime.fromisoformat(until)


def test_on_a_monday_the_next_one_is_meant_and_clocks_that_change_are_heeded():
    monday = datetime.datetime.fromisoformat("2026-10-19 06:00+02:00")
    assert Snooze.MONDAY.until(monday, "Europe/Berlin") == datetime.datetime.fromisoformat(
        "2026-10-26 08:00+01:00"
    )


@pytest.mark.parametrize("now", ["2026-03-29 00:30+00:00", "2026-10-25 00:30+00:00"])
def test_three_hours_are_three_hours_when_the_clock_is_set(now):
    """Guard: Snooze.until adds them to a moment in UTC."""
    now = datetime.datetime.fromisoformat(now)
    assert Snooze.LATER.until(now, "Europe/Berlin") == now + datetime.timedelta(hours=3)


@pytest.mark.parametrize("at", ["2027-03-28T02:30", "2027-10-31T02:30"])
def test_a_time_that_a_zone_does_not_have_or_has_twice_is_refused(row, uma, signed_in, at):
    """Guard: OwnMoment.at is a forms.DateTimeField, which asks the zone in force; nobody's time is guessed."""
    uma.time_zone = "Europe/Berlin"
    uma.save()
    with time_machine.travel("2027-03-01 12:00+00:00", tick=False):
        answer = signed_in(uma).post(f"/inbox/{row.pk}/snooze/", {"moment": "own", "at": at})
    assert answer.status_code == 422
    assert "it may be ambiguous or it may not exist" in answer.text
    assert InboxRow.objects.get().state == InboxState.UNREAD


def test_a_snoozed_row_is_out_of_sight_until_its_time_and_then_on_top(
    row, ticket, uma, signed_in, make_ticket, dispatch
):
    with time_machine.travel(WEDNESDAY, tick=False):
        client = signed_in(uma)
        now = timezone.now()
        client.post(f"/inbox/{row.pk}/snooze/", {"moment": "later"})
        assert client.get("/inbox/badge/").json()["unread"] == 0
        assert ticket.number not in client.get("/inbox/").text
        assert "comes back" in client.get("/inbox/?show=snoozed").text
        sweep()
        assert InboxRow.objects.get().state == InboxState.SNOOZED
    with time_machine.travel(now + datetime.timedelta(hours=3), tick=False):
        sweep()
        woken = InboxRow.objects.get()
        assert (woken.state, woken.unread_count, woken.changed_at) == (InboxState.UNREAD, 1, timezone.now())
        assert client.get("/inbox/badge/").json()["unread"] == 1


def test_what_was_read_comes_back_unread(row, uma, signed_in):
    client = signed_in(uma)
    client.post(f"/inbox/{row.pk}/reading/")
    client.post(f"/inbox/{row.pk}/snooze/", {"moment": "tomorrow"})
    client.delete(f"/inbox/{row.pk}/snooze/")
    woken = InboxRow.objects.get()
    assert (woken.state, woken.unread_count, woken.snoozed_until) == (InboxState.UNREAD, 1, None)


def test_a_critical_notice_does_not_wait_and_others_are_counted(row, ticket, uma, mika, signed_in, dispatch):
    signed_in(uma).post(f"/inbox/{row.pk}/snooze/", {"moment": "tomorrow"})
    ticket.note("Nothing new.", by=mika)
    dispatch()
    assert InboxRow.objects.get().state == InboxState.SNOOZED
    ticket.change_priority("very_high", by=mika)
    dispatch()
    woken = InboxRow.objects.get()
    assert (woken.state, woken.unread_count) == (InboxState.UNREAD, 3)


@pytest.mark.parametrize("moment", ["", "never", "later\x00"])
def test_junk_is_refused(row, uma, signed_in, moment):
    assert signed_in(uma).post(f"/inbox/{row.pk}/snooze/", {"moment": moment}).status_code == 400
    assert InboxRow.objects.get().state == InboxState.UNREAD


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_time_of_ones_own_is_meant_where_one_is(row, uma, signed_in, zone):
    uma.time_zone = zone
    uma.save()
    with time_machine.travel(WEDNESDAY, tick=False):
        page = signed_in(uma).post(
            f"/inbox/{row.pk}/snooze/", {"moment": "own", "at": "2026-12-24T09:30"}, follow=True
        )
    wanted = datetime.datetime(2026, 12, 24, 9, 30, tzinfo=zoneinfo.ZoneInfo(zone))
    assert InboxRow.objects.get().snoozed_until == wanted
    assert "Put aside until 2026-12-24 09:30." in page.text


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        ("", "Until when?"),
        ("soon", "This is no date with a time."),
        ("2026-11-24T09:30", "This time is over."),
        ("2028-01-01T00:00", "Choose a time within a year."),
        ("99999-01-01T00:00", "This is no date with a time."),
    ],
)
@pytest.mark.parametrize("script", [True, False])
def test_a_time_that_cannot_be_meant_is_refused_beside_its_field(row, uma, signed_in, at, wrong, script):
    with time_machine.travel(WEDNESDAY, tick=False):
        answer = signed_in(uma).post(
            f"/inbox/{row.pk}/snooze/",
            {"moment": "own", "at": at},
            headers={"HX-Request": "true"} if script else {},
        )
    assert (answer.status_code, "<html" in answer.text) == (422, not script)
    assert f'<span class="invalid-feedback" id="snooze-{row.pk}-error">{wrong}</span>' in answer.text
    assert f'value="{at}"' in answer.text
    assert InboxRow.objects.get().state == InboxState.UNREAD


def test_moments_say_when_they_are_and_on_a_sunday_tomorrow_is_monday():
    def offered(now):
        return [
            value for value, _label, _moment in Snooze.offers(datetime.datetime.fromisoformat(now), "UTC")
        ]

    assert offered("2026-11-25 02:30+00:00") == ["later", "tomorrow", "monday"]
    assert offered("2026-11-29 02:30+00:00") == ["later", "tomorrow"]

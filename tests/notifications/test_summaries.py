"""One mail a day or a week instead of each as it comes; what is urgent or obligatory passes (domain §4)."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from notifications.choices import Function, MailState, Rhythm, Weekday
from notifications.mailing import send_due
from notifications.models import Mail, NotificationFunction, PersonalSettings
from tests.notifications.test_quiet_hours import PATH, clock_time, quiet, utc, waiting
from tests.notifications.test_quiet_hours import at as at
from tests.notifications.test_quiet_hours import note as note
from tests.sweeping import sweep
from tests.waiting import text_of

pytestmark = pytest.mark.usefixtures("mail_host")


def summary(person, rhythm=Rhythm.DAILY, at="08:00", **fields):
    return PersonalSettings.objects.update_or_create(
        person=person, defaults={"rhythm": rhythm, "summary_at": clock_time(at), **fields}
    )[0]


@pytest.mark.parametrize(
    ("rhythm", "day", "at", "comes"),
    [
        (Rhythm.DAILY, Weekday.MONDAY, "2026-11-24 07:59", "2026-11-24 08:00"),
        (Rhythm.DAILY, Weekday.MONDAY, "2026-11-24 08:00", "2026-11-25 08:00"),
        (Rhythm.WEEKLY, Weekday.FRIDAY, "2026-11-24 12:00", "2026-11-27 08:00"),
        (Rhythm.WEEKLY, Weekday.TUESDAY, "2026-11-24 07:00", "2026-11-24 08:00"),
        (Rhythm.WEEKLY, Weekday.TUESDAY, "2026-11-24 09:00", "2026-12-01 08:00"),
    ],
)
def test_the_next_one_is_the_first_after(rhythm, day, at, comes):
    own = PersonalSettings(rhythm=rhythm, summary_day=day)
    assert own.next_summary(utc(at), datetime.UTC) == utc(comes)


@pytest.mark.parametrize(
    ("at", "comes"),
    [
        # Berlin has no 02:30 on 29 March 2026, and two on 25 October.
        ("2026-03-28 12:00", "2026-03-29 01:30"),
        ("2026-03-29 01:29", "2026-03-29 01:30"),
        ("2026-03-29 01:30", "2026-03-30 00:30"),
        ("2026-10-24 12:00", "2026-10-25 00:30"),
        ("2026-10-25 00:30", "2026-10-26 01:30"),
        ("2026-10-25 01:30", "2026-10-26 01:30"),
    ],
)
def test_at_half_past_two_it_comes_once_a_day_though_the_clock_is_set(at, comes):
    """Guard: preferences._moment, which makes moments of them in UTC."""
    own = PersonalSettings(rhythm=Rhythm.DAILY, summary_at=clock_time("02:30"))
    assert own.next_summary(utc(at), ZoneInfo("Europe/Berlin")) == utc(comes)


def test_a_day_is_one_mail(note, uma, at, mail_host):
    summary(uma)
    note("2026-11-23 09:00", "In the morning.")
    note("2026-11-23 17:00", "In the evening.")
    assert waiting() == {("uma@example.com", "summary"): utc("2026-11-24 08:00")}
    at("2026-11-24 08:00")
    send_due()
    [mail] = mail_host.mails
    # As any mail over several notifications: the most important one, of equals the oldest, and how many.
    assert mail["Subject"].endswith("(Total 2 notifications)")
    assert "In the morning." in text_of(mail)
    assert "In the evening." in text_of(mail)


def test_it_comes_by_the_persons_own_clock(note, uma):
    uma.time_zone = "Asia/Tokyo"
    uma.save()
    summary(uma)
    note("2026-11-23 22:00")  # 07:00 there
    assert waiting() == {("uma@example.com", "summary"): utc("2026-11-23 23:00")}


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "critical"},
        {"show_in_preferences": "mandatory"},
        {"show_in_preferences": "no"},
    ],
)
def test_what_is_critical_or_not_to_be_turned_off_takes_the_ordinary_window(note, only, uma, fields):
    summary(uma)
    only(**fields)
    note("2026-11-23 12:00")
    assert waiting() == {("uma@example.com", ""): utc("2026-11-23 12:10")}


def test_in_quiet_hours_that_too_waits_for_their_end(note, only, uma):
    summary(uma)
    quiet(uma)
    note("2026-11-23 23:00")
    only(severity="critical")
    note("2026-11-23 23:01")
    assert waiting() == {
        ("uma@example.com", "summary"): utc("2026-11-24 08:00"),
        ("uma@example.com", "quiet"): utc("2026-11-24 07:00"),
    }


def test_a_summary_in_quiet_hours_comes_at_their_end(note, uma):
    summary(uma, at="06:00")
    quiet(uma)
    note("2026-11-23 12:00")
    assert waiting() == {("uma@example.com", "summary"): utc("2026-11-24 07:00")}


def test_it_holds_under_the_mail_server_function_without_combining_too(note, uma):
    summary(uma)
    NotificationFunction(function=Function.MAIL_SERVER).save()
    note("2026-11-23 12:00")
    note("2026-11-23 13:00")
    assert waiting() == {("uma@example.com", "summary"): utc("2026-11-24 08:00")}
    assert Mail.objects.get(state=MailState.OPEN).items.count() == 2


@pytest.mark.parametrize(
    ("fields", "closes"),
    [
        ({"rhythm": "daily", "summary_at": "18:00"}, "2026-11-23 18:00"),
        ({"rhythm": "weekly", "summary_at": "08:00", "summary_day": "4"}, "2026-11-27 08:00"),
        ({"rhythm": "each"}, "2026-11-23 13:00"),
    ],
)
def test_what_is_held_follows_the_choice(note, uma, signed_in, at, fields, closes):
    summary(uma)
    note("2026-11-23 12:00")
    at("2026-11-23 13:00")
    assert signed_in(uma).post(PATH, fields).status_code == 303
    assert waiting() == {("uma@example.com", "summary"): utc(closes)}


def test_given_up_it_lets_go_at_the_next_flush(note, uma, signed_in, at, mail_host):
    summary(uma)
    note("2026-11-23 12:00")
    signed_in(uma).post(PATH, {"rhythm": "each"})
    sweep()
    assert len(mail_host.mails) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"rhythm": "hourly"}, {"rhythm"}),
        ({"rhythm": "daily", "summary_at": ""}, {"summary_at"}),
        ({"rhythm": "daily", "summary_at": "25:00"}, {"summary_at"}),
        ({"rhythm": "weekly", "summary_at": "08:00", "summary_day": "9"}, {"summary_day"}),
        # Nobody sees the time where there is no summary.
        ({"rhythm": "each", "summary_at": "25:00"}, None),
    ],
)
def test_what_makes_no_summary_is_said_beside_its_field(uma, signed_in, fields, wrong):
    answer = signed_in(uma).post(PATH, fields)
    if wrong is None:
        assert answer.status_code == 303
    else:
        assert answer.status_code == 422
        assert set(answer.context["times_form"].errors) == wrong
        assert not PersonalSettings.objects.exists()

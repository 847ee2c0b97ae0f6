"""Working time: office hours, nights, holidays, leap days, changes of the clock; calendars without any."""

import datetime
import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets.models import Holiday, WorkingCalendar
from tickets.working_time import AroundTheClock, WorkingTime, read_hours, written

UTC = datetime.UTC
unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck))
BERLIN, TOKYO = zoneinfo.ZoneInfo("Europe/Berlin"), zoneinfo.ZoneInfo("Asia/Tokyo")
OFFICE = (read_hours("09:00-12:00, 13:00-17:00"),) * 5 + ((), ())
NIGHT = (read_hours("00:00-06:00, 22:00-24:00"),) * 7


def berlin(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def shown(moment, zone=BERLIN):
    return moment and f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-24 09:00", 30, "2026-11-24 09:30"),
        ("2026-11-24 11:30", 60, "2026-11-24 13:30"),  # over lunch
        ("2026-11-24 16:30", 60, "2026-11-25 09:30"),  # over night
        ("2026-11-27 16:30", 60, "2026-11-30 09:30"),  # over the weekend
        ("2026-11-28 10:00", 60, "2026-11-30 10:00"),  # begun on a Saturday
        ("2026-11-24 07:00", 0, "2026-11-24 09:00"),  # when work goes on
        ("2026-11-24 10:00", 0, "2026-11-24 10:00"),
        ("2026-11-24 09:00", 7 * 60, "2026-11-24 17:00"),  # the whole day: due with its last minute
        ("2026-11-24 09:00", 7 * 60 + 1, "2026-11-25 09:01"),
        ("2026-12-23 16:00", 120, "2026-12-24 10:00"),
        ("2026-12-24 16:00", 120, "2026-12-28 10:00"),  # Christmas on a Friday
        ("2024-02-28 16:00", 120, "2024-02-29 10:00"),  # a leap day is a day
        ("2025-02-28 16:00", 120, "2025-03-03 10:00"),
        ("2026-03-27 16:00", 120, "2026-03-30 10:00"),  # the clock is changed on the Sunday between
    ],
)
def test_minutes_are_counted_within_office_hours(start, minutes, due):
    hours = WorkingTime(BERLIN, OFFICE, yearly=frozenset({(12, 25), (12, 26)}))
    assert shown(hours.add(berlin(start), minutes)) == due
    if minutes:
        assert hours.between(berlin(start), berlin(due)) == datetime.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("zone", "night", "minutes"),
    [
        (BERLIN, "2026-03-28 22:00", 7 * 60),  # an hour is left out
        (BERLIN, "2026-03-27 22:00", 8 * 60),
        (BERLIN, "2026-10-24 22:00", 9 * 60),  # an hour comes twice
        (TOKYO, "2026-03-28 22:00", 8 * 60),
        (TOKYO, "2026-10-24 22:00", 8 * 60),
    ],
)
def test_a_night_has_the_minutes_that_pass(zone, night, minutes):
    evening = datetime.datetime.fromisoformat(night).replace(tzinfo=zone)
    morning = (evening.replace(tzinfo=None) + datetime.timedelta(hours=8)).replace(tzinfo=zone)
    hours = WorkingTime(zone, NIGHT)
    assert hours.between(evening, morning) == datetime.timedelta(minutes=minutes)
    assert hours.add(evening, minutes) == morning


def test_hours_that_begin_where_the_clock_skips_begin_when_it_skips():
    """On 2026-03-29 Berlin's clocks go from 02:00 to 03:00."""
    day = berlin("2026-03-29 00:00")
    half_past_two = WorkingTime(BERLIN, (read_hours("02:30-04:00"),) * 7)
    assert shown(half_past_two.add(day, 0)) == "2026-03-29 03:00"
    assert shown(half_past_two.add(day, 30)) == "2026-03-29 03:30"
    skipped = WorkingTime(BERLIN, (read_hours("02:00-03:00"),) * 7)
    assert shown(skipped.add(day, 0)) == "2026-03-30 02:00"


def test_a_day_that_a_country_left_out():
    apia = zoneinfo.ZoneInfo("Pacific/Apia")  # had no 2011-12-30
    start = datetime.datetime(2011, 12, 29, 16, 0, tzinfo=apia)
    assert (
        shown(WorkingTime(apia, (read_hours("09:00-17:00"),) * 7).add(start, 120), apia) == "2011-12-31 10:00"
    )


@pytest.mark.parametrize(
    "hours",
    [
        WorkingTime(BERLIN, ((),) * 7),
        WorkingTime(BERLIN, (read_hours("00:00-24:00"), *((),) * 6),
                    yearly=frozenset((month, day) for month in range(1, 13) for day in range(1, 32))),
    ],
)  # fmt: skip
def test_without_any_working_time_nothing_hangs(hours):
    start, end = berlin("2026-11-24 09:00"), berlin("2099-01-01 00:00")
    assert hours.add(start, 0) is None
    assert hours.add(start, 10) is None
    assert hours.again(start, start) is None
    assert hours.between(start, end) == datetime.timedelta(0)


def test_more_than_ten_years_of_days_is_no_due_time():
    seldom = WorkingTime(BERLIN, (read_hours("09:00-09:01"), *((),) * 6))
    assert seldom.add(berlin("2026-11-24 09:00"), 524) is None
    assert seldom.add(berlin("2026-11-24 09:00"), 500) is not None


def test_again_is_the_beginning_of_work_on_the_next_day_that_has_any():
    hours = WorkingTime(BERLIN, OFFICE, holidays=frozenset({datetime.date(2026, 11, 30)}))
    friday = berlin("2026-11-27 16:59")
    assert shown(hours.again(friday, friday)) == "2026-12-01 09:00"


def test_around_the_clock_it_is_the_same_time_of_the_next_day():
    due = berlin("2026-11-24 16:00")
    again = AroundTheClock().again(due, due + datetime.timedelta(days=3, seconds=20))
    assert shown(again) == "2026-11-28 16:00"


# Properties

moments = st.datetimes(
    datetime.datetime(2019, 1, 1),
    datetime.datetime(2031, 1, 1),
    timezones=st.sampled_from([UTC, BERLIN, TOKYO]),
)
amounts = st.integers(0, 20_000)
spans = st.lists(st.integers(0, 24 * 60), max_size=6, unique=True).map(
    lambda edges: tuple(zip(*[iter(sorted(edges)[: len(edges) // 2 * 2])] * 2, strict=True))
)
calendars = st.builds(
    WorkingTime,
    st.sampled_from([BERLIN, TOKYO, zoneinfo.ZoneInfo("America/St_Johns")]),
    st.lists(spans, min_size=7, max_size=7).filter(any).map(tuple),
    st.frozensets(st.dates(datetime.date(2019, 1, 1), datetime.date(2031, 1, 1)), max_size=5),
    st.just(frozenset({(2, 29), (12, 25)})),
)


@unhurried
@given(calendars, moments, amounts)
def test_between_is_the_inverse_of_add(hours, start, minutes):
    due = hours.add(start, minutes)
    assert due is None or hours.between(start, due) == datetime.timedelta(minutes=minutes)


@unhurried
@given(calendars, moments, st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=9)), amounts, amounts)
def test_later_starts_and_more_minutes_never_end_earlier(hours, start, later, minutes, more):
    due = hours.add(start, minutes)
    after = hours.add(start.astimezone(UTC) + later, minutes + more)
    assert due is None or after is None or start <= due <= after


@unhurried
@given(calendars, moments, st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=40)),
       st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=40)))  # fmt: skip
def test_working_time_adds_up_and_is_no_more_than_the_time_that_passes(hours, start, first, second):
    start = start.astimezone(UTC)
    middle, end = start + first, start + first + second
    assert hours.between(start, middle) + hours.between(middle, end) == hours.between(start, end)
    assert datetime.timedelta(0) <= hours.between(start, end) <= end - start
    assert hours.between(end, start) == datetime.timedelta(0)


@unhurried
@given(spans)
def test_hours_are_read_as_they_are_written(hours):
    assert read_hours(written(hours)) == hours


# As people write them


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ""),
        ("9:00-17:00", "09:00-17:00"),
        ("09:00 – 12:00 ; 13:00—17:30,", "09:00-12:00, 13:00-17:30"),
        ("９：００～１７：００", "09:00-17:00"),
        ("00:00-24:00", "00:00-24:00"),
    ],
)
def test_hours_are_understood(text, hours):
    assert written(read_hours(text)) == hours


@pytest.mark.parametrize(
    "text",
    ["nine to five", "09:00", "09:00-25:00", "09:60-10:00", "24:01-24:30", "17:00-09:00", "09:00-09:00",
     "09:00-12:00, 11:00-13:00", "13:00-17:00, 09:00-12:00", "-1:00-09:00", "09:00-17:00\x00"],
)  # fmt: skip
def test_other_hours_are_refused_with_the_reason(text):
    with pytest.raises(ValidationError) as refusal:
        read_hours(text)
    assert "“" in refusal.value.messages[0]


@pytest.mark.django_db
class TestModel:
    def test_a_calendar_without_any_working_time_is_refused(self):
        with pytest.raises(ValidationError) as refusal:
            WorkingCalendar(name="Never", time_zone="UTC").full_clean()
        assert "monday" in refusal.value.message_dict

    def test_it_calculates_with_its_holidays_in_one_statement(self, django_assert_num_queries):
        office = WorkingCalendar.objects.create(
            name="Berlin", time_zone="Europe/Berlin", tuesday="09:00-17:00", wednesday="09:00-17:00"
        )
        Holiday.objects.create(calendar=office, date="2026-11-24")
        Holiday.objects.create(calendar=office, date="2020-11-25", every_year=True)
        office = WorkingCalendar.objects.get()
        with django_assert_num_queries(1):
            due = office.working_time.add(berlin("2026-11-24 08:00"), 60)
        assert shown(due) == "2026-12-01 10:00"

"""What the tests of time share: a promise of each kind, and office hours to keep them in."""

import datetime

import pytest

from tests.tickets.segregation import world as world
from tickets.models import Sla, WorkingCalendar
from tickets.models.calendar import WEEK


@pytest.fixture
def office(db):
    """Berlin, Monday to Friday from nine to five."""
    days = dict.fromkeys(list(WEEK)[:5], "09:00-17:00")
    return WorkingCalendar.objects.create(name="Berlin office", time_zone="Europe/Berlin", **days)


@pytest.fixture
def gold(db):
    """First response in 60 minutes, update in 120, solution in 480, around the clock; warnings at 80 percent."""
    return Sla.objects.create(
        name="Gold", first_response_minutes=60, update_minutes=120, solution_minutes=480
    )


@pytest.fixture
def bronze(office):
    """The same in Berlin's working time."""
    return Sla.objects.create(
        name="Bronze", calendar=office, first_response_minutes=60, update_minutes=120, solution_minutes=480
    )


@pytest.fixture
def after(clock):
    """`after(90)`: 90 minutes pass."""
    return lambda minutes: clock.shift(datetime.timedelta(minutes=minutes))

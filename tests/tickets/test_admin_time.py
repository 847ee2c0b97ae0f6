"""Calendars, service levels and queues in the admin: errors beside their fields, and what tickets make of a change."""

import pytest

from tickets import due
from tickets.models import Queue, Sla, Ticket, WorkingCalendar
from tickets.models.calendar import WEEK

pytestmark = pytest.mark.django_db

CALENDARS, SLAS = "/admin/tickets/workingcalendar/", "/admin/tickets/sla/"


@pytest.fixture
def desk(ada, signed_in):
    return signed_in(ada)


def calendar_form(holidays=(), **fields):
    form = {
        "name": "Tokyo",
        "time_zone": "Asia/Tokyo",
        **dict.fromkeys(WEEK, ""),
        "monday": "9:00-18:00",
    } | fields
    form |= {"holidays-TOTAL_FORMS": len(holidays), "holidays-INITIAL_FORMS": 0}
    for number, (date, name) in enumerate(holidays):
        form |= {f"holidays-{number}-date": date, f"holidays-{number}-name": name}
    return form


def sla_form(sla, **fields):
    names = [
        f"{clock}_{what}"
        for clock in ("first_response", "update", "solution")
        for what in ("minutes", "warning")
    ]
    form = {"name": sla.name, "is_active": "on", "calendar": sla.calendar_id or ""}
    return form | {name: getattr(sla, name) for name in names} | fields


def errors(answer):
    """{field: its messages}, of the form and of the inline rows."""
    found = dict(answer.context["adminform"].form.errors)
    for formset in answer.context["inline_admin_formsets"]:
        for row in formset.formset.forms:
            found |= row.errors
        for problem in formset.formset.non_form_errors():
            found["holidays"] = [problem]
    return found


def test_a_calendar_with_its_holidays_is_made_in_one_form(desk):
    page = desk.get(f"{CALENDARS}add/")
    assert page.text.count('value="09:00-17:00"') == 5
    answer = desk.post(
        f"{CALENDARS}add/", calendar_form([("2026-11-23", "勤労感謝の日"), ("2027-01-01", "元日")])
    )
    assert answer.status_code == 302
    tokyo = WorkingCalendar.objects.get()
    assert (tokyo.monday, tokyo.tuesday) == ("09:00-18:00", "")
    assert [str(holiday) for holiday in tokyo.holidays.all()] == [
        "2026-11-23 勤労感謝の日",
        "2027-01-01 元日",
    ]


@pytest.mark.parametrize(
    ("fields", "holidays", "field", "message"),
    [
        ({"monday": ""}, [], "monday", "at least one day"),
        ({"tuesday": "17:00-09:00"}, [], "tuesday", "ends before it begins"),
        ({"tuesday": "nine to five"}, [], "tuesday", "write it as 09:00-17:00"),
        ({"sunday": "08:00-12:00, 11:00-13:00"}, [], "sunday", "begins before the time in front of it ends"),
        ({"sunday": "20:00-26:00"}, [], "sunday", "ends at 24:00"),
        ({"time_zone": "Asia/Atlantis"}, [], "time_zone", "is not a time zone"),
        ({"name": ""}, [], "name", "required"),
        ({}, [("2026-02-30", "")], "date", "valid date"),
        ({}, [("2026-01-01", "a"), ("2026-01-01", "b")], "holidays", "duplicate"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_nothing_is_saved(
    desk, fields, holidays, field, message
):
    answer = desk.post(f"{CALENDARS}add/", calendar_form(holidays, **fields))
    assert answer.status_code == 200
    assert message in " ".join(errors(answer)[field])
    assert not WorkingCalendar.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"first_response_minutes": "-1"}, "first_response_minutes"),
        ({"solution_minutes": "99999999999999999999"}, "solution_minutes"),
        ({"solution_minutes": "600000"}, "solution_minutes"),
        ({"update_warning": "100"}, "update_warning"),
        ({"calendar": "4711"}, "calendar"),
    ],
)
def test_a_promise_nobody_can_keep_is_refused_beside_its_field(desk, gold, fields, field):
    answer = desk.post(f"{SLAS}{gold.pk}/change/", sla_form(gold, **fields))
    assert answer.status_code == 200
    assert list(errors(answer)) == [field]


def test_a_changed_sla_sets_the_clocks_of_its_open_tickets_anew_and_says_so(desk, gold, bronze, make_ticket):
    open_one = make_ticket(sla=gold)
    make_ticket(sla=gold, state="closed")
    make_ticket(sla=bronze)
    assert "within a minute of saving" in desk.get(f"{SLAS}{gold.pk}/change/").text
    answer = desk.post(f"{SLAS}{gold.pk}/change/", sla_form(gold, solution_minutes=100), follow=True)
    assert "1 open ticket gets its due times anew within a minute." in answer.text
    assert [ticket.pk for ticket in Ticket.objects.filter(clocks_outdated=True)] == [open_one.pk]
    due.sweep()
    open_one.refresh_from_db()
    assert (open_one.solution_due - open_one.created_at).total_seconds() == 6000


def test_a_new_name_changes_no_ticket(desk, gold, make_ticket):
    make_ticket(sla=gold)
    desk.post(f"{SLAS}{gold.pk}/change/", sla_form(gold, name="Platinum"))
    assert Sla.objects.get().name == "Platinum"
    assert not Ticket.objects.filter(clocks_outdated=True).exists()


def test_a_changed_calendar_is_heeded_by_the_tickets_of_its_slas_and_the_locked_ones_of_its_queues(
    desk, office, bronze, gold, make_ticket, uma
):
    by_sla, other = make_ticket(sla=bronze), make_ticket(sla=gold)
    locked = make_ticket(queue=Queue.objects.create(name="Second level", calendar=office, unlock_minutes=60))
    locked.lock(by=uma)
    fields = {name: getattr(office, name) for name in ("name", "time_zone", *WEEK)}
    url = f"{CALENDARS}{office.pk}/change/"
    desk.post(url, calendar_form(**fields))
    assert not Ticket.objects.filter(clocks_outdated=True).exists()
    desk.post(url, calendar_form([("2026-12-24", "")], **fields))
    assert set(Ticket.objects.filter(clocks_outdated=True)) == {by_sla, locked}
    assert other not in Ticket.objects.filter(clocks_outdated=True)


def test_a_queue_that_unlocks_is_heeded_by_its_locked_tickets(desk, service_desk, ticket, make_ticket, uma):
    make_ticket()
    ticket.lock(by=uma)
    form = {"name": service_desk.name, "follow_up": "reopen", "is_active": "on", "unlock_minutes": 60}
    form |= {"grants-TOTAL_FORMS": 0, "grants-INITIAL_FORMS": 0}
    assert desk.post(f"/admin/tickets/queue/{service_desk.pk}/change/", form).status_code == 302
    assert set(Ticket.objects.filter(clocks_outdated=True)) == {ticket}
    due.sweep()
    ticket.refresh_from_db()
    assert (ticket.unlock_due - ticket.locked_at).total_seconds() == 3600


def test_a_calendar_in_use_is_not_deleted(desk, office, bronze):
    assert "Bronze" in desk.get(CALENDARS).text
    desk.post(f"{CALENDARS}{office.pk}/delete/", {"post": "yes"})
    assert WorkingCalendar.objects.exists()


def test_a_calendar_is_copied_by_saving_it_as_new(desk, office):
    fields = {name: getattr(office, name) for name in ("time_zone", *WEEK)}
    desk.post(
        f"{CALENDARS}{office.pk}/change/", calendar_form(**fields) | {"name": "Copy", "_saveasnew": "1"}
    )
    assert set(WorkingCalendar.objects.values_list("name", flat=True)) == {"Berlin office", "Copy"}


@pytest.mark.parametrize("login", ["mika", "uma", "carl", "ray"])
def test_only_administrators_get_there(everyone, login, signed_in):
    for url in (CALENDARS, SLAS):
        assert signed_in(everyone[login]).get(url).status_code in {302, 403}

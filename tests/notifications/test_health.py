"""The page *Notification health*: what waits and since when, what is wrong, and what to do (docs/operations.md)."""

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from notifications import health as health_module
from notifications import tasks
from notifications.choices import MailState
from notifications.health import Health, waiting_mail
from notifications.models import AddressPause, Definition, Mail, Notice, Outbox, WorkerSign, worker
from opsi.models import User
from tests.waiting import START, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PAGE = "/admin/notifications/mail/health/"
NOW = f"{PAGE}now/"


@pytest.fixture
def admin(ada, signed_in):
    return signed_in(ada)


@pytest.fixture(autouse=True)
def heard(monkeypatch, settings):
    """A worker was heard of a moment ago, and mail reaches people."""
    settings.OPSI_MAIL_REACHES_NOBODY = False
    monkeypatch.setattr(worker, "_said_at", None)
    WorkerSign.give(START)


def mail(state, **fields):
    fields = {"address": f"{Mail.objects.count()}@example.com", "closes_at": timezone.now()} | fields
    return Mail.objects.create(state=state, **fields)


def whats(client, url=PAGE):
    return [trouble.what for trouble in client.get(url).context["troubles"]]


def test_where_nothing_is_wrong_it_says_so(admin):
    assert "All is well" in admin.get(PAGE).text
    assert "All is well" not in admin.get("/admin/").text


def test_each_kind_of_waiting_mail_is_counted_by_itself(db):
    later = START + minutes(5)
    mail(MailState.OPEN, closes_at=later, opened_at=START - minutes(3))
    mail(MailState.OPEN, closes_at=later, lane="quiet:1")
    mail(MailState.OPEN, closes_at=START - minutes(1))
    mail(MailState.DUE, closes_at=START - minutes(2))
    mail(MailState.DUE, closes_at=later, attempts=2, opened_at=START - minutes(60))
    mail(MailState.SENDING)
    mail(MailState.SENT, finished_at=START)
    found = waiting_mail(START)
    assert tuple(found) == (1, 1, 2, 1, 1, START - minutes(2), START - minutes(3), START - minutes(60))
    assert found.all == 6


def test_a_count_stops_and_says_that_there_are_more(monkeypatch, db):
    monkeypatch.setattr(health_module, "MOST", 2)
    for _number in range(4):
        mail(MailState.DUE, attempts=1)
    assert str(waiting_mail(START).retrying) == "2+"


def test_a_silent_worker_is_told(admin, clock):
    clock.shift(minutes(3))
    assert whats(admin) == ["No worker was heard of for more than two minutes."]
    for page in ("/admin/", "/admin/tickets/queue/", "/admin/notifications/definition/add/"):
        assert admin.get(page).text.count("No worker was heard of") == 1
    WorkerSign.objects.all().delete()
    assert "never" in admin.get(PAGE).text


def test_the_sweep_is_the_workers_sign_of_life_and_seldom_writes(clock, django_assert_num_queries):
    clock.shift(minutes(3))
    tasks.sweep()
    assert Health().worker_heard_at == START + minutes(3)
    with django_assert_num_queries(0):
        WorkerSign.give()


def test_events_that_wait_too_long_are_told_and_given_up_ones(admin, ticket, mika, clock):
    ticket.note("Looked at it.", by=mika)
    assert whats(admin) == []
    clock.shift(minutes(11))
    WorkerSign.objects.update(heard_at=timezone.now())
    assert whats(admin) == ["Events wait for more than ten minutes."]
    Outbox.objects.update(state="failed")
    assert whats(admin)[0].endswith("given up.")


def test_mail_that_should_have_left_is_told_and_retries_are(admin, clock):
    mail(MailState.DUE, closes_at=START - minutes(11))
    mail(MailState.DUE, closes_at=START + minutes(5), attempts=1)
    assert whats(admin) == [
        "Mail should have left more than ten minutes ago.",
        "1 mail waits for another try.",
    ]


def test_what_failed_within_a_day_is_told_and_links_to_its_list(admin):
    mail(MailState.FAILED, finished_at=START - minutes(60))
    mail(MailState.FAILED, finished_at=START - minutes(60 * 30))
    page = admin.get(PAGE)
    assert [trouble.what for trouble in page.context["troubles"]] == ["1 mail failed within a day."]
    assert 'href="/admin/notifications/mail/?state=failed"' in page.text


def test_mail_that_nobody_receives_is_told(admin, settings):
    settings.OPSI_MAIL_REACHES_NOBODY = True
    assert whats(admin) == ["Mail is kept as files: nobody receives it."]


def test_every_number_leads_to_a_list_that_can_be_opened(admin):
    page = admin.get(PAGE)
    urls = [figure.url for _heading, figures in page.context["groups"] for figure in figures if figure.url]
    assert len(urls) > 10
    for url in urls:
        assert admin.get(url).status_code == 200, url


def test_paused_addresses_are_counted(admin):
    AddressPause.objects.pause("lost@example.com", "bounced")
    assert 'aria-label="Paused addresses: 1"' in admin.get(PAGE).text


def test_definitions_that_never_fired_are_named(admin, ticket, dispatch):
    name = "Ticket created"
    assert name in [definition.name for definition in Health().never_fired]
    dispatch()
    assert name not in [definition.name for definition in Health().never_fired]
    Definition.objects.update(validity="invalid")
    assert Health().never_fired == []


def test_hours_are_counted_and_drawn_with_a_table_beside(admin, ticket, dispatch, clock):
    dispatch()
    notices = Notice.objects.count()
    mail(MailState.SENT, finished_at=START - minutes(61))
    mail(MailState.DELIVERED, finished_at=START - minutes(62))
    mail(MailState.FAILED, finished_at=START)
    mail(MailState.SENT, finished_at=START - datetime.timedelta(hours=24))
    hours = Health().hours(24)
    assert len(hours) == 24
    assert (hours[-1].begins, hours[-1].notices, hours[-1].sent, hours[-1].failed) == (START, notices, 0, 1)
    assert (hours[-3].sent, sum(hour.sent for hour in hours)) == (2, 2)
    page = admin.get(PAGE)
    assert page.text.count("<rect") == 3
    assert 'role="img" aria-labelledby="chart-title chart-desc"' in page.text
    assert "2026-11-23 09:00" in page.text.partition("<tbody>")[2]
    assert len(admin.get(PAGE, {"hours": "72"}).context["chart"].hours) == 72


@pytest.mark.parametrize("hours", ["", "23", "999999999999999999999", "-1", "x", "２４"])
def test_any_other_span_is_a_day(admin, hours):
    assert len(admin.get(PAGE, {"hours": hours}).context["chart"].hours) == 24


def test_what_the_page_asks_for_by_itself_keeps_no_session_alive(admin):
    from django.urls import resolve

    assert resolve(NOW).func.unattended
    assert "<html" not in admin.get(NOW).text


@pytest.mark.parametrize("login", ["mika", "uma", "carl", "ray"])
def test_nobody_but_the_admin_reads_it(everyone, login, signed_in):
    assert signed_in(everyone[login]).get(PAGE).status_code != 200


def test_its_statements_are_few_and_do_not_grow(admin, django_assert_max_num_queries):
    for number in range(60):
        mail(
            [MailState.DUE, MailState.OPEN, MailState.FAILED][number % 3],
            attempts=number % 2,
            finished_at=START,
        )
    with django_assert_max_num_queries(13):
        admin.get(PAGE)
    with django_assert_max_num_queries(14):  # three of them the first hour's
        admin.get("/admin/")
    User.objects.update(hides_first_hour=True)
    with django_assert_max_num_queries(11):
        admin.get("/admin/")


@pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="a planner that looks at sizes reads small tables whole"
)
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: Mail.objects.unfinished().order_by("closes_at"), "mail_by_state"),
        (lambda: Outbox.objects.unfinished().order_by("created_at"), "outbox_by_state"),
        (lambda: Mail.objects.filter(finished_at__gte=START).order_by(), "mail_by_end"),
        (lambda: Notice.objects.filter(created_at__gte=START).order_by(), "notice_by_time"),
        (lambda: Mail.objects.filter(state="failed").order_by("-id"), "mail_by_state"),
        (lambda: Mail.objects.filter(address="uma@example.com").order_by("-id"), "mail_by_address"),
    ],
)
def test_an_index_answers(rows, index):
    assert connection.vendor == "sqlite"
    assert index in rows().explain()

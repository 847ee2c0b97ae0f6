"""Sessions: how long they live, and what ends them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.module_loading import import_string

from opsi.models import User

NINE = "2026-03-02 09:00Z"


@pytest.fixture
def client(uma, signed_in, time_machine):
    time_machine.move_to(NINE, tick=False)
    return signed_in(uma)


def test_twelve_idle_hours_end_it_and_the_page_says_so(client, time_machine):
    time_machine.move_to("2026-03-02 21:00Z", tick=False)
    answer = client.get("/tickets/?q=printer")
    assert answer.url == "/login/?next=/tickets/%3Fq%3Dprinter&ended=1"
    assert "Your session has ended" in client.get(answer.url).text
    assert not Session.objects.exists()


def test_whoever_works_on_stays_until_the_seventh_day(client, time_machine):
    begun = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for hours in range(10, 7 * 24, 10):
        time_machine.move_to(begun + timedelta(hours=hours), tick=False)
        assert client.get("/preferences/").status_code == 200
    time_machine.move_to("2026-03-09 09:00Z", tick=False)
    assert client.get("/preferences/").status_code == 302


def test_the_badge_keeps_no_session_alive(client, time_machine):
    for hour in range(10, 21):
        time_machine.move_to(f"2026-03-02 {hour}:00Z", tick=False)
        assert client.get("/inbox/badge/").status_code == 200
    time_machine.move_to("2026-03-02 21:00Z", tick=False)
    answer = client.get("/inbox/badge/", headers={"Sec-Fetch-Dest": "empty"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_poll_writes_nothing_however_late(client, time_machine, django_assert_num_queries):
    time_machine.move_to("2026-03-02 15:00Z", tick=False)
    with django_assert_num_queries(3):
        client.get("/inbox/badge/")


def test_a_part_of_a_page_returns_to_its_page_after_signing_in(client, time_machine):
    time_machine.move_to("2026-03-02 21:00Z", tick=False)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tickets/?q=a"}
    answer = client.get("/tickets/", headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/login/?next=/tickets/%3Fq%3Da&ended=1"


@pytest.mark.parametrize(
    ("referer", "url"),
    [
        ("http://testserver/preferences/", "/login/?next=/preferences/"),
        ("https://evil.example/x", "/login/"),
    ],
)
def test_a_form_sent_too_late_returns_to_the_page_it_stood_on(db, referer, url):
    assert Client().post("/preferences/password/", headers={"Referer": referer}).url == url


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": NINE}, {"is_system": True}])
def test_whoever_may_not_sign_in_any_more_is_out_at_once(client, change):
    assert client.get("/preferences/").status_code == 200
    User.objects.update(**change)
    assert client.get("/preferences/").status_code == 302


def test_signing_out_everywhere_else_keeps_this_session(client, uma, signed_in):
    elsewhere = signed_in(uma)
    assert client.get("/preferences/sessions/").status_code == 405
    assert client.post("/preferences/sessions/").url == "/preferences/"
    assert client.get("/preferences/").status_code == 200
    assert elsewhere.get("/preferences/").status_code == 302


def test_ada_signs_somebody_out_and_stays_in_herself(client, ada, uma, signed_in):
    admin = signed_in(ada)
    chosen = {"action": "end_sessions", "_selected_action": [ada.pk, uma.pk]}
    assert admin.post("/admin/opsi/user/", chosen).status_code == 302
    assert client.get("/preferences/").status_code == 302
    assert admin.get("/preferences/").status_code == 200


def test_key_and_csrf_secret_change_at_sign_in(uma):
    client = Client()
    client.get("/login/")
    before = client.cookies["opsi_csrf"].value
    client.post("/login/", {"username": "uma", "password": "demo"})
    assert client.cookies["opsi_csrf"].value != before


def test_new_passwords_have_twelve_characters(client):
    form = {"old_password": "demo", "new_password1": "harbour-wit", "new_password2": "harbour-wit"}
    assert client.post("/preferences/password/", form).status_code == 422
    form |= {"new_password1": "harbour-wits", "new_password2": "harbour-wits"}
    assert client.post("/preferences/password/", form).status_code == 303


def test_rows_of_sessions_that_are_over_are_taken_away(client, uma, signed_in, time_machine):
    """Of people who never came back; a beat does it."""
    time_machine.move_to("2026-03-09 08:59Z", tick=False)
    later = signed_in(uma)
    time_machine.move_to("2026-03-09 09:01Z", tick=False)
    import_string(settings.CELERY_BEAT_SCHEDULE["opsi.clear_sessions"]["task"])()
    assert Session.objects.get().session_key == later.session.session_key

"""`/preferences/`: language, time zone, password; everyone's own."""

import pytest
from django.contrib.auth.hashers import check_password

from opsi.models import User
from tests.people import PASSWORD

NEW = "correct horse battery"


@pytest.fixture
def client(uma, signed_in):
    return signed_in(uma)


def kept(login="uma"):
    return User.objects.get(username=login)


@pytest.mark.parametrize("who", ["ada", "uma", "vera", "carl", "cora", "ray"])
def test_everyone_has_it_with_a_way_to_the_notifications(everyone, signed_in, who):
    response = signed_in(everyone[who]).get("/preferences/")
    page = response.content.decode()
    assert response.status_code == 200
    assert everyone[who].full_name in page
    assert 'href="/preferences/notifications/"' in page


def test_language_and_time_zone_hold_from_the_next_page_on(client):
    response = client.post("/preferences/", {"language": "ja", "time_zone": "Asia/Tokyo"})
    assert (response.status_code, response["Location"]) == (303, "/preferences/")
    assert (kept().language, kept().time_zone) == ("ja", "Asia/Tokyo")
    assert client.get("/preferences/")["Content-Language"] == "ja"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "tlh"),
        ("language", ""),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("time_zone", "../UTC"),
    ],
)
def test_what_does_not_exist_is_refused_beside_its_field(client, field, value):
    response = client.post("/preferences/", {"language": "ja", "time_zone": "Asia/Tokyo"} | {field: value})
    assert response.status_code == 422
    assert list(response.context["person_form"].errors) == [field]
    assert "is-invalid" in response.content.decode()
    assert (kept().language, kept().time_zone) == ("en", "UTC")


def test_a_zone_an_administrator_gave_stays_to_be_chosen(client, uma):
    User.objects.filter(pk=uma.pk).update(time_zone="Etc/GMT-3")
    assert '<option value="Etc/GMT-3" selected>' in client.get("/preferences/").content.decode()


def test_name_role_and_customer_cannot_be_given_to_oneself(signed_in, cora, borealis):
    signed_in(cora).post(
        "/preferences/",
        {
            "language": "ja", "time_zone": "UTC", "full_name": "Queen", "username": "ada", "agent_role": "itsm_admin",
            "customer": borealis.pk, "customer_role": "customer_manager", "is_active": "", "email": "x@example.com",
        },
    )  # fmt: skip
    now = kept("cora")
    assert now.language == "ja"
    assert (now.full_name, now.agent_role, now.customer, now.customer_role, now.email) == (
        cora.full_name, "", cora.customer, "customer_user", cora.email,
    )  # fmt: skip


def test_a_new_password_keeps_this_session_and_ends_the_others(client, uma, signed_in):
    elsewhere = signed_in(uma)
    response = client.post(
        "/preferences/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert (response.status_code, response["Location"]) == (303, "/preferences/")
    assert check_password(NEW, kept().password)
    assert client.get("/preferences/").status_code == 200
    assert elsewhere.get("/preferences/").status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"old_password": "guess"}, "old_password"),
        ({"new_password2": "other horse battery"}, "new_password2"),
        ({"new_password1": "short", "new_password2": "short"}, "new_password2"),
        ({"old_password": ""}, "old_password"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(client, change, field):
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW} | change
    response = client.post("/preferences/password/", data)
    assert response.status_code == 422
    assert field in response.context["password_form"].errors
    assert check_password(PASSWORD, kept().password)
    assert NEW not in response.content.decode()


def test_methods(client):
    assert client.get("/preferences/password/").status_code == 405
    assert client.put("/preferences/").status_code == 405


def test_strangers_sign_in_first(db):
    from django.test import Client

    assert Client().get("/preferences/").status_code == 302

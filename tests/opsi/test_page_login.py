"""Signing in and out (contract: `/login/`, `/logout/`)."""

import pytest
from django.test import Client

from opsi.models import User
from tests.people import PASSWORD


def sign_in(login, password=PASSWORD, **more):
    return Client().post("/login/", {"username": login, "password": password, **more})


def test_the_page_asks_for_login_and_password(client, db):
    page = client.get("/login/")
    assert page.status_code == 200
    assert 'name="username"' in page.text
    assert 'autocomplete="current-password"' in page.text


@pytest.mark.parametrize("login", ["uma", "UMA", "Uma"])
def test_uma_signs_in_however_she_capitalises(uma, login):
    answer = sign_in(login)
    assert (answer.status_code, answer.url) == (302, "/")


def test_signing_in_leads_where_one_was_going(uma):
    assert sign_in("uma", next="/tickets/?q=gateway").url == "/tickets/?q=gateway"


@pytest.mark.parametrize(
    "outside",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil.example",
     "\x00", "/login/", "https://[::1", "", "tickets", "a.b.c"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(uma, outside):
    assert sign_in("uma", next=outside).url == "/"


def test_a_wrong_password_an_unknown_login_and_a_disabled_account_read_the_same(uma, cora, ray):
    User.objects.filter(pk=cora.pk).update(is_active=False)
    User.objects.filter(pk=ray.pk).update(is_system=True)
    answers = [sign_in("uma", "wrong"), sign_in("nobody"), sign_in("cora"), sign_in("ray")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.context["form"].non_field_errors().as_text() for answer in answers}) == 1


@pytest.mark.parametrize(
    "junk", ["\x00", "x" * 100_000, "\ud800".encode("utf-8", "surrogatepass"), "👩", "' OR 1=1 --"]
)
def test_junk_is_refused_politely(db, junk):
    assert sign_in(junk, junk).status_code == 422


def test_every_page_asks_to_sign_in_and_remembers_where_to(client, db):
    answer = client.get("/tickets/?q=printer")
    assert (answer.status_code, answer.url) == (302, "/login/?next=/tickets/%3Fq%3Dprinter")


def test_a_part_of_a_page_asks_the_whole_page_to_sign_in(client, db):
    answer = client.get("/tickets/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login/")


def test_who_is_signed_in_is_not_asked_again(signed_in, uma):
    assert signed_in(uma).get("/login/?next=/tickets/").url == "/tickets/"
    assert signed_in(uma).get("/login/?next=/login/").url == "/"


def test_signing_out_takes_a_post(signed_in, uma):
    client = signed_in(uma)
    assert client.get("/logout/").status_code == 405
    assert client.get("/tickets/").status_code == 200
    assert client.post("/logout/").url == "/login/"
    assert client.get("/tickets/").status_code == 302


def test_the_session_changes_its_key_at_sign_in(uma, client):
    client.get("/login/")
    before = client.session.session_key
    client.post("/login/", {"username": "uma", "password": "demo"})
    assert client.session.session_key != before


def test_other_methods_are_not_there(client, db):
    assert client.put("/login/").status_code == 405
    assert client.delete("/login/").status_code == 405


def test_forging_across_sites_is_refused_with_a_page_of_ours(uma):
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "uma", "password": "demo"})
    assert answer.status_code == 403
    assert "reload" in answer.text.lower()

"""No page of another site makes a browser change something here (docs/security.md)."""

import pytest
from django.test import Client

from tests.web.conftest import ROUTES

pytestmark = pytest.mark.once

# The mail program's own button carries neither cookie nor token (RFC 8058), a provider's report neither: what shows who
# they are is the signed address, and the signature.
WITHOUT_TOKEN = {"unsubscribe", "mail_tracking"}
METHODS = ("POST", "PUT", "PATCH", "DELETE")


def strict(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def test_two_addresses_alone_do_without_the_token():
    assert {route.name for route in ROUTES if route.is_csrf_exempt} == WITHOUT_TOKEN


@pytest.mark.parametrize("login", ["ada", "carl"])
def test_every_other_address_refuses_what_comes_without(addresses, everyone, login):
    client = strict(everyone[login])
    for route, address in addresses:
        if route.name in WITHOUT_TOKEN:
            continue
        for method in METHODS:
            answer = client.generic(method, address, b"_method=delete", "application/x-www-form-urlencoded")
            assert answer.status_code == 403, (method, address)
            assert "form has grown too old" in answer.text, (method, address)


def test_nothing_came_of_it(scene, addresses, everyone):
    test_every_other_address_refuses_what_comes_without(addresses, everyone, "ada")
    assert scene.events.count() == 4
    assert scene.watchers.watching().count() == 2


def test_the_token_of_the_page_lets_it_through_and_that_of_another_does_not(ticket, uma, carl):
    client = strict(uma)
    token = client.get(f"/tickets/{ticket.number}/").context["csrf_token"]
    where = f"/tickets/{ticket.number}/watch/"
    assert client.post(where, {"csrfmiddlewaretoken": token}).status_code == 303
    assert client.post(where, headers={"X-CSRFToken": str(token)}).status_code == 303
    other = strict(carl)
    other.get(f"/tickets/{ticket.number}/")
    assert other.post(where, {"csrfmiddlewaretoken": token}).status_code == 403


def test_the_override_needs_the_token_too(ticket, uma):
    client = strict(uma)
    token = client.get(f"/tickets/{ticket.number}/").context["csrf_token"]
    where = f"/tickets/{ticket.number}/watch/"
    client.post(where, {"csrfmiddlewaretoken": token})
    assert client.post(where, {"_method": "delete"}).status_code == 403
    assert ticket.watchers.watching().count() == 1
    assert client.post(where, {"_method": "delete", "csrfmiddlewaretoken": token}).status_code == 303
    assert ticket.watchers.watching().count() == 0


def test_a_form_of_another_site_is_refused_with_the_token(ticket, uma):
    client = strict(uma)
    token = client.get(f"/tickets/{ticket.number}/").context["csrf_token"]
    answer = client.post(
        f"/tickets/{ticket.number}/watch/",
        {"csrfmiddlewaretoken": token},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403

"""`/tickets/<number>/watch/`: POST watches it myself, DELETE stops (contract)."""

import pytest

from tickets.models import Ticket
from watchers.choices import Extent
from watchers.models import PolicyCell, Watcher, WatcherSettings

HTMX = {"HX-Request": "true"}


def address(ticket):
    return f"/tickets/{ticket.number}/watch/"


def watches(person, ticket):
    return Watcher.objects.watching().filter(ticket=ticket, user=person).exists()


def test_the_switch_toggles(ticket, uma, signed_in):
    client = signed_in(uma)
    answer = client.post(address(ticket))
    assert (answer.status_code, answer.url) == (303, f"/tickets/{ticket.number}/")
    assert watches(uma, ticket)
    assert client.delete(address(ticket)).status_code == 303
    assert not watches(uma, ticket)


def test_a_form_stops_with_its_method_field(ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    answer = signed_in(uma).post(address(ticket), {"_method": "delete", "back": "watched"})
    assert (answer.status_code, answer.url) == (303, "/watched/")
    assert not watches(uma, ticket)


def test_nobody_is_led_out_of_the_house(ticket, uma, signed_in):
    answer = signed_in(uma).post(address(ticket), {"back": "https://evil.example/"})
    assert answer.url == f"/tickets/{ticket.number}/"


def test_htmx_gets_the_buttons_and_the_panel_as_they_are_now(ticket, uma, signed_in):
    client = signed_in(uma)
    watching = client.post(address(ticket), headers=HTMX)
    assert watching.status_code == 200
    assert "<html" not in watching.text
    assert "Stop watching" in watching.text
    assert '<span class="watcher-count" aria-hidden="true">1</span>' in watching.text
    assert 'id="watchers-panel"' in watching.text
    assert "Uma Ogawa" in watching.text
    stopped = client.delete(address(ticket), headers=HTMX)
    assert "Watch it myself" in stopped.text
    assert '<span class="watcher-count" aria-hidden="true">0</span>' in stopped.text


def test_narrowing_that_says_nothing_changes_nothing(ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    assert signed_in(uma).patch(address(ticket)).status_code == 400
    assert watches(uma, ticket)


@pytest.mark.parametrize("method", ["get", "head", "put", "options"])
def test_other_methods_are_not_there(method, ticket, uma, signed_in):
    assert getattr(signed_in(uma), method)(address(ticket)).status_code == 405
    assert not watches(uma, ticket)


def test_an_unknown_method_field_changes_nothing(ticket, uma, signed_in):
    assert signed_in(uma).post(address(ticket), {"_method": "put"}).status_code == 405
    assert not watches(uma, ticket)


def test_who_reads_only_because_they_watch_is_led_to_the_list_when_they_stop(ticket, uma, ray, signed_in):
    Watcher.objects.watch(ticket, ray, by=uma)
    answer = signed_in(ray).delete(address(ticket), follow=True)
    assert answer.redirect_chain == [("/tickets/", 303)]
    assert f"You no longer watch ticket {ticket.number}, and so can no longer read it." in answer.text
    assert signed_in(ray).delete(address(ticket)).status_code == 404


def test_the_same_by_htmx_moves_the_whole_page(ticket, uma, ray, signed_in):
    Watcher.objects.watch(ticket, ray, by=uma)
    answer = signed_in(ray).delete(address(ticket), headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/tickets/")


def test_where_the_policy_says_no_one_may_not_begin_but_always_end(ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    PolicyCell.objects.update(add=Extent.NONE, see=Extent.NONE, remove=Extent.NONE)
    client = signed_in(uma)
    assert "Remove Uma Ogawa" in client.get(f"/tickets/{ticket.number}/watchers/").text
    assert client.post(address(ticket)).status_code == 303, "watching already: nothing to refuse"
    assert client.delete(address(ticket)).status_code == 303
    refused = client.post(address(ticket))
    assert refused.status_code == 403
    assert "Your role may not watch this ticket." in refused.text
    assert not watches(uma, ticket)


def test_without_the_grant_of_reading_a_watch_opens_nothing_and_rests(ticket, uma, ray, signed_in):
    Watcher.objects.watch(ticket, ray, by=uma)
    assert Ticket.objects.readable_by(ray).exists()
    WatcherSettings(watching_grants_reading=False).save()
    assert not Ticket.objects.readable_by(ray).exists()
    assert signed_in(ray).get(f"/tickets/{ticket.number}/watchers/").status_code == 404
    assert "Cannot read this ticket" in signed_in(uma).get(f"/tickets/{ticket.number}/watchers/").text
    assert watches(ray, ticket)


def test_one_must_be_signed_in(ticket, client):
    assert client.post(address(ticket)).url.startswith("/login/")
    assert client.post(address(ticket), headers=HTMX).status_code == 401
    assert not ticket.watchers.exists()

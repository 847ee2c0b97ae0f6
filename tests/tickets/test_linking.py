"""Linking tickets by hand: in both directions, to what one may read, with a row in both histories."""

import pytest
from django.core.exceptions import ValidationError

from tickets.models import Queue


@pytest.fixture
def other(make_ticket, acme):
    return make_ticket(title="Relay out of order", customer=acme)


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}/{tail}"


def names(ticket):
    return list(ticket.events.values_list("name", flat=True))


def test_both_name_each_other(ticket, other, uma, cora, signed_in):
    client = signed_in(uma)
    answer = client.post(url(ticket, "links/"), {"target": other.number})
    assert (answer.status_code, answer.url) == (302, url(ticket))
    page = client.get(url(ticket))
    assert f"Linked with {other.number}." in page.text
    assert "Relay out of order" in page.text
    assert "Mail stops at the gateway" in client.get(url(other)).text.partition("related-title")[2]
    assert "Relay out of order" in signed_in(cora).get(url(ticket)).text


def test_both_histories_say_so_by_number_alone(ticket, other, uma, vera, signed_in):
    ticket.link(other, by=uma)
    assert (names(ticket)[-1], names(other)[-1]) == ("TicketLinked", "TicketLinked")
    history = signed_in(vera).get(url(ticket, "history/")).text
    assert "Linked with another ticket" in history
    assert other.number in history
    assert "Relay out of order" not in history


def test_linking_twice_is_once_whichever_way_round(ticket, other, uma, signed_in):
    ticket.link(other, by=uma)
    assert other.link(ticket, by=uma) is None
    assert names(other).count("TicketLinked") == 1
    client = signed_in(uma)
    client.post(url(other, "links/"), {"target": ticket.number})
    assert "was linked already" in client.get(url(other)).text


@pytest.mark.parametrize("way_round", [False, True])
def test_unlinking_from_either_side(ticket, other, uma, signed_in, way_round):
    ticket.link(other, by=uma)
    here, there = (other, ticket) if way_round else (ticket, other)
    client = signed_in(uma)
    answer = client.post(url(here, f"links/{there.number}/"), {"_method": "delete"})
    assert (answer.status_code, answer.url) == (303, url(here))
    assert f"No longer linked with {there.number}." in client.get(url(here)).text
    assert (names(ticket)[-1], names(other)[-1]) == ("TicketUnlinked", "TicketUnlinked")
    assert here.unlink(there, by=uma) is None


def test_a_follow_up_is_named_as_one_and_stays(ticket, other, uma, signed_in):
    ticket.links.create(target=other, kind="follow_up")
    here, there = (signed_in(uma).get(url(one)).text for one in (ticket, other))
    assert "follow-up of this one" in here
    assert "this one follows it up" in there
    assert "Unlink" not in here
    assert ticket.unlink(other, by=uma) is None
    assert ticket.links.exists()


def test_not_with_itself_and_not_with_what_one_may_not_read(ticket, make_ticket, uma, signed_in):
    hidden = make_ticket(queue=Queue.objects.create(name="Board"), title="Merger")
    client = signed_in(uma)
    itself = client.post(url(ticket, "links/"), {"target": ticket.number})
    assert (itself.status_code, "cannot be linked with itself" in itself.text) == (422, True)
    texts = []
    for number in (hidden.number, "2026010199999999"):
        answer = client.post(url(ticket, "links/"), {"target": number})
        assert answer.status_code == 422
        assert client.delete(url(ticket, f"links/{number}/")).status_code == 404
        texts.append(answer.text.partition("<main")[2].replace(number, "#").partition("csrf")[0])
    assert texts[0] == texts[1]
    assert names(ticket) == ["TicketCreate"]
    with pytest.raises(ValidationError):
        ticket.link(ticket, by=uma)


def test_what_one_may_not_read_is_not_named_beside_it(ticket, make_ticket, ada, uma, signed_in):
    hidden = make_ticket(queue=Queue.objects.create(name="Board"), title="Merger", owner=ada)
    ticket.link(hidden, by=ada)
    assert "Merger" not in signed_in(uma).get(url(ticket)).text
    assert "Merger" not in signed_in(uma).get(url(ticket, "history/")).text


def test_it_disturbs_no_form(ticket, other, uma):
    version = ticket.version
    ticket.link(other, by=uma)
    ticket.refresh_from_db()
    assert ticket.version == version


@pytest.mark.parametrize("login", ["vera", "cora"])
def test_those_who_may_not_are_offered_nothing(everyone, ticket, other, uma, signed_in, login):
    ticket.link(other, by=uma)
    page = signed_in(everyone[login]).get(url(ticket)).text
    assert "Relay out of order" in page
    assert "links/" not in page


def test_links_cost_the_page_no_statement_more(
    ticket, make_ticket, acme, uma, signed_in, django_assert_max_num_queries
):
    client = signed_in(uma)
    client.get(url(ticket))
    for _ in range(8):
        ticket.link(make_ticket(customer=acme), by=uma)
    with django_assert_max_num_queries(19):
        client.get(url(ticket))

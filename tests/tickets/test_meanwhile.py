"""Who else is writing on a ticket, and what came in meanwhile: said to agents, as far as they may know."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tickets import tasks
from tickets.models import Composing
from watchers.models import PolicyCell

A_MOMENT, HALF_A_MINUTE = datetime.timedelta(seconds=10), datetime.timedelta(seconds=30)


def url(ticket):
    return f"/tickets/{ticket.number}/composing/"


@pytest.fixture
def types(signed_in, ticket, clock):
    """`types(uma, "reply")`: her browser says that she is writing."""

    def beat(person, kind="note"):
        return signed_in(person).post(url(ticket), {"kind": kind})

    return beat


@pytest.fixture
def hears(signed_in, ticket):
    """`hears(mika)`: what is said to her on the ticket's page."""

    def ask(person, since=""):
        return signed_in(person).get(url(ticket), {"since": since}).json()["said"]

    return ask


def test_others_hear_of_it_and_one_hears_nothing_of_oneself(types, hears, uma, mika, vera):
    assert types(uma, "reply").json()["said"] == ""
    assert hears(mika) == hears(vera) == "Uma Ogawa is writing a reply here."
    assert hears(uma) == ""


def test_how_long_it_has_been_is_shown(types, uma, mika, signed_in, ticket, clock):
    for _beat in range(13):
        types(uma)
        clock.shift(A_MOMENT)
    answer = signed_in(mika).get(url(ticket)).json()
    assert "Uma Ogawa is writing a note here, for 2 minutes." in answer["html"]
    assert answer["said"] == "Uma Ogawa is writing a note here."


def test_who_stops_typing_is_forgotten(types, hears, uma, mika, clock):
    types(uma)
    clock.shift(HALF_A_MINUTE)
    assert hears(mika) == ""
    types(uma)
    assert Composing.objects.get().since == Composing.objects.get().seen_at
    clock.shift(HALF_A_MINUTE)
    tasks.tidy()
    assert not Composing.objects.exists()


def test_two_tabs_are_one_person(types, hears, uma, mika):
    types(uma, "note")
    types(uma, "reply")
    assert hears(mika) == "Uma Ogawa is writing a reply here."


@pytest.mark.parametrize("how", ["sent", "cancelled"])
def test_whoever_is_done_is_gone_at_once(types, hears, ticket, uma, mika, signed_in, how):
    types(uma)
    if how == "sent":
        signed_in(uma).post(f"/tickets/{ticket.number}/articles/", {"kind": "note", "body": "Seen."})
    else:
        assert signed_in(uma).delete(url(ticket)).status_code == 204
    assert hears(mika) == ""


def test_who_is_hidden_writes_unseen(types, hears, uma, vera, mika):
    types(uma)
    PolicyCell.objects.filter(setter="itsm_viewer", target="agent").update(see="none")
    assert hears(vera) == ""
    assert hears(mika) != ""


def test_nobody_else_is_told_or_can_say_it(types, ticket, everyone, signed_in):
    types(everyone["uma"])
    for login in ("cora", "carl", "bo", "ray"):
        assert signed_in(everyone[login]).get(url(ticket)).status_code == 404
        assert signed_in(everyone[login]).post(url(ticket)).status_code == 404
    assert types(everyone["vera"]).status_code == 403
    assert types(everyone["mika"], "letter").status_code == 422
    assert Composing.objects.get().person == everyone["uma"]


def test_what_came_in_is_said_but_not_ones_own(hears, ticket, uma, mika, aiko):
    ticket.note("One.", by=aiko)
    ticket.note("Two.", by=mika)
    assert hears(mika, since=1) == "佐藤 愛子 wrote #2 meanwhile."
    assert hears(uma, since=2) == "Mika Manager wrote #3 meanwhile."
    assert hears(uma, since=3) == hears(uma) == hears(uma, since="x") == ""


def test_many_are_counted(ticket, uma, mika, signed_in):
    for _number in range(5):
        ticket.note("Again.", by=mika)
    assert "and 2 more articles" in signed_in(uma).get(url(ticket), {"since": 1}).json()["html"]


def test_nothing_new_costs_no_body_and_few_statements(types, ticket, uma, mika, signed_in):
    client = signed_in(mika)
    types(uma)
    first = client.get(url(ticket))
    with CaptureQueriesContext(connection) as statements:
        again = client.get(url(ticket), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len(statements) <= 7


class TestTheForm:
    def page(self, ticket, client, kind="note"):
        return client.get(f"/tickets/{ticket.number}/articles/new/", {"kind": kind})

    def test_without_script_it_says_so_when_opened(self, types, ticket, uma, mika, signed_in):
        types(uma, "reply")
        assert "Uma Ogawa is writing a reply here." in self.page(ticket, signed_in(mika)).text

    def test_what_came_in_before_it_was_sent_is_said_and_stops_nothing(self, ticket, uma, mika, signed_in):
        client = signed_in(uma)
        seen = self.page(ticket, client).context["form"]["newest"].value()
        ticket.note("The disk is full.", by=mika)
        sent = {"kind": "note", "body": "It is the disk?", "newest": seen}
        page = client.post(f"/tickets/{ticket.number}/articles/", sent, follow=True)
        assert "Mika Manager wrote #2 meanwhile." in page.text
        assert ticket.articles.last().body == "It is the disk?"

    def test_a_form_that_comes_back_says_it_too(self, ticket, uma, mika, signed_in):
        ticket.note("The disk is full.", by=mika)
        sent = {"kind": "note", "body": "", "newest": 1}
        page = signed_in(uma).post(f"/tickets/{ticket.number}/articles/", sent)
        assert page.status_code == 422
        assert "Mika Manager wrote #2 meanwhile." in page.text
        assert 'name="newest" value="1"' in page.text

    def test_the_zoom_page_asks_nothing_of_it(self, types, ticket, uma, mika, signed_in):
        types(uma)
        page = signed_in(mika).get(f"/tickets/{ticket.number}/").text
        assert "data-meanwhile-url" in page
        assert "is writing" not in page

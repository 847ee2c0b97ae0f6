"""Filters of the list that people keep by a name (`/tickets/filters/`)."""

import re

import pytest
from django.db import IntegrityError

from tests.tickets.test_page_list import titles
from tickets.forms.keeping import KeepForm
from tickets.models import ListFilter, Queue
from tickets.models.list_filter import MOST_FILTERS

URL = "/tickets/filters/"


def keep(client, name, query="", **data):
    return client.post(f"{URL}?{query}", {"name": name} | data)


def links(page):
    return re.findall(r'href="/tickets/\?saved=(\d+)"', page.text)


def test_what_is_asked_for_is_kept_and_found_again(make_ticket, uma, aiko, signed_in):
    make_ticket(title="A", priority="high", owner=uma)
    make_ticket(title="B", priority="high", owner=uma)
    make_ticket(title="C", priority="high", owner=aiko)
    client = signed_in(uma)
    answer = keep(client, "  Urgent \n ones ", "priority=high&view=mine&sort=-title&page=2&nonsense=1")
    kept = uma.list_filters.get()
    assert answer["Location"] == f"/tickets/?saved={kept.pk}"
    assert (kept.name, kept.asks) == ("Urgent ones", {"priority": "high", "view": "mine", "sort": "-title"})
    page = client.get(answer["Location"])
    assert titles(page) == ["B", "A"]
    assert re.search(rf'saved={kept.pk}"[^>]* aria-current="page"', page.text)
    assert titles(client.get(f"/tickets/?saved={kept.pk}&sort=title")) == ["A", "B"]
    assert links(client.get("/tickets/")) == [str(kept.pk)]


def test_the_list_offers_to_keep_just_what_it_shows(make_ticket, uma, signed_in):
    make_ticket(title="ä&b")
    client = signed_in(uma)
    page = client.get("/tickets/", {"q": "ä&b", "priority": "medium"})
    action = re.search(r'class="filters-keep" action="([^"]+)"', page.text)[1].replace("&amp;", "&")
    client.post(action, {"name": "x"})
    assert uma.list_filters.get().asks == {
        "q": "ä&b", "priority": "medium", "state": "any", "sort": "-changed", "view": "all",
    }  # fmt: skip


def test_a_name_is_used_once_a_person(uma, aiko, signed_in):
    client = signed_in(uma)
    keep(client, "Mine", "view=mine")
    keep(client, "Mine", "view=due")
    assert uma.list_filters.get().asks["view"] == "due"
    keep(signed_in(aiko), "Mine")
    assert aiko.list_filters.count() == 1
    with pytest.raises(IntegrityError):
        ListFilter.objects.create(person=uma, name="Mine")


def test_it_is_renamed_and_removed(uma, signed_in):
    client = signed_in(uma)
    keep(client, "One")
    keep(client, "Two")
    one = uma.list_filters.get(name="One")
    assert client.post(f"{URL}{one.pk}/", {"name": "Three"}).status_code == 303
    refused = client.post(f"{URL}{one.pk}/", {"name": "Two"})
    assert (refused.status_code, "Another filter of yours has this name." in refused.text) == (422, True)
    assert {kept.name for kept in uma.list_filters.all()} == {"Two", "Three"}
    assert client.post(f"{URL}{one.pk}/", {"_method": "delete"}).status_code == 303
    assert [kept.name for kept in uma.list_filters.all()] == ["Two"]


def test_the_list_begins_with_one_of_them(make_ticket, uma, signed_in):
    make_ticket(title="Low", priority="low")
    make_ticket(title="High", priority="high")
    client = signed_in(uma)
    keep(client, "High", "priority=high", starts="on")
    assert titles(client.get("/")) == ["High"]
    keep(client, "Low", "priority=low", starts="on")
    assert titles(client.get("/")) == ["Low"]
    assert len([kept for kept in uma.list_filters.all() if kept.starts_since]) == 1
    assert set(titles(client.get("/tickets/"))) == {"Low", "High"}
    assert set(titles(client.get("/?view=all"))) == {"Low", "High"}
    low = uma.list_filters.get(name="Low")
    client.post(f"{URL}{low.pk}/", {"name": "Low"})
    assert set(titles(client.get("/"))) == {"Low", "High"}


def test_a_queue_one_no_longer_sees_finds_nothing_and_is_no_mistake(make_ticket, uma, signed_in):
    secret = Queue.objects.create(name="Backstage")
    ticket = make_ticket(title="Seen while mine", queue=secret, owner=uma)
    client = signed_in(uma)
    keep(client, "Behind", f"queue={secret.pk}", starts="on")
    kept = uma.list_filters.get()
    assert titles(client.get(f"/tickets/?saved={kept.pk}")) == ["Seen while mine"]
    ticket.change_owner(None, by=uma)
    for url in (f"/tickets/?saved={kept.pk}", "/"):
        page = client.get(url)
        assert (page.status_code, titles(page)) == (200, [])
        assert "this filter asks for something that is not there for you any more" in page.text
        assert "Backstage" not in page.text
        assert "Seen while mine" not in page.text
    assert client.get(f"/tickets/?saved={kept.pk}&priority=nonsense").status_code == 422


def test_nobody_sees_or_touches_anothers(uma, mika, signed_in):
    keep(signed_in(uma), "Uma's secret plan")
    kept = uma.list_filters.get()
    client = signed_in(mika)
    assert "secret plan" not in client.get("/tickets/").text + client.get(URL).text
    for pk in (kept.pk, 999_999, 2**70):
        assert client.get(f"/tickets/?saved={pk}").status_code == 404
        assert client.post(f"{URL}{pk}/", {"name": "Mine"}).status_code == 404
        assert client.post(f"{URL}{pk}/", {"_method": "delete"}).status_code == 404
    assert uma.list_filters.get().name == "Uma's secret plan"


@pytest.mark.parametrize("saved", ["", "x", "-1", "\0", "1" * 400, "²"])
def test_junk_for_a_filter_is_not_there(uma, signed_in, saved):
    assert signed_in(uma).get("/tickets/", {"saved": saved}).status_code == 404


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\0b"])
def test_a_bad_name_is_told_and_nothing_is_kept(uma, signed_in, name):
    answer = keep(signed_in(uma), name, "view=mine")
    assert answer.status_code == 422
    assert 'name="name"' in answer.text
    assert "view=mine" in answer.text
    assert not uma.list_filters.exists()


def test_what_the_list_would_refuse_is_not_kept(uma, signed_in):
    assert keep(signed_in(uma), "Bad", "priority=urgent").status_code == 422
    assert not uma.list_filters.exists()


def test_there_is_an_end_to_it(uma, signed_in):
    ListFilter.objects.bulk_create(ListFilter(person=uma, name=f"{n}") for n in range(MOST_FILTERS))
    answer = keep(signed_in(uma), "One more")
    assert (answer.status_code, "Remove one first." in answer.text) == (422, True)
    assert keep(signed_in(uma), "7", "view=mine").status_code == 303


def test_titles_of_filters_are_text(uma, signed_in):
    client = signed_in(uma)
    keep(client, "<b>&")
    assert "&lt;b&gt;&amp;" in client.get("/tickets/").text
    assert "<b>&" not in client.get(URL).text


def test_customer_users_keep_theirs(make_ticket, acme, cora, signed_in):
    make_ticket(title="Acme's", customer=acme)
    client = signed_in(cora)
    keep(client, "All", "view=all&owner=mine&customer=1")
    assert cora.list_filters.get().asks == {"view": "all", "sort": "-changed"}
    assert titles(client.get(f"/tickets/?saved={cora.list_filters.get().pk}")) == ["Acme's"]


def test_of_two_renamed_to_one_name_at_once_the_second_is_told(uma, signed_in, monkeypatch):
    client = signed_in(uma)
    keep(client, "One")
    one = uma.list_filters.get(name="One")
    clean = KeepForm.clean_name

    def clean_before_the_other(form):
        name = clean(form)
        uma.list_filters.create(name=name)  # between the question and the answer
        return name

    monkeypatch.setattr(KeepForm, "clean_name", clean_before_the_other)
    refused = client.post(f"{URL}{one.pk}/", {"name": "Two"})
    assert (refused.status_code, "Another filter of yours has this name." in refused.text) == (422, True)
    assert 'value="Two"' in refused.text
    assert uma.list_filters.get(pk=one.pk).name == "One"


def test_what_the_list_cannot_read_is_said_and_not_kept(uma, signed_in):
    refused = signed_in(uma).post(f"{URL}?state=nonsense", {"name": "Good name"})
    assert refused.status_code == 422
    assert re.search(r'role="alert">State: Select a valid choice', refused.text)
    assert not uma.list_filters.exists()

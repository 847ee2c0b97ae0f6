"""`/watched/`: my watched tickets (contract; B17)."""

import datetime
import re

import pytest

from tickets.choices import State
from tickets.models import Reading, Ticket
from watchers.models import Watcher
from watchers.watched import Watched

NOW = datetime.datetime(2026, 5, 4, 9, 0, tzinfo=datetime.UTC)


def titles(page):
    return [ticket.title for ticket in page.context["watched"].page]


def test_all_i_watch_newest_change_first_and_nothing_else(make_ticket, uma, aiko, signed_in):
    first, second, _third = (make_ticket(title=title) for title in ("First", "Second", "Not watched"))
    Watcher.objects.watch(first, uma, by=uma)
    Watcher.objects.watch(second, uma, by=aiko)
    ended = make_ticket(title="Ended")
    Watcher.objects.watch(ended, uma, by=uma)
    Watcher.objects.unwatch(ended, uma, by=uma)
    page = signed_in(uma).get("/watched/")
    assert titles(page) == ["Second", "First"]
    assert "Not watched" not in page.text
    assert f'href="/tickets/{first.number}/"' in page.text
    assert f'aria-label="Stop watching {first.number}"' in page.text


def test_only_what_i_can_read_now(ticket, borealis, cora, uma, signed_in):
    Watcher.objects.watch(ticket, cora, by=uma)
    assert titles(signed_in(cora).get("/watched/")) == [ticket.title]
    ticket.change_customer(borealis, by=uma)
    page = signed_in(cora).get("/watched/")
    assert titles(page) == []
    assert ticket.title not in page.text


def test_stopping_there_leads_back_there(ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    answer = signed_in(uma).post(
        f"/tickets/{ticket.number}/watch/", {"_method": "delete", "back": "watched"}, follow=True
    )
    assert answer.redirect_chain == [("/watched/", 303)]
    assert "You no longer watch this ticket." in answer.text
    assert "You watch no tickets." in answer.text


def test_pending_and_reminder_reached_with_their_numbers(make_ticket, uma, signed_in, time_machine):
    time_machine.move_to(NOW, tick=False)
    open_one, waiting, due = (make_ticket(title=title) for title in ("Open", "Waiting", "Due"))
    for ticket, until in ((waiting, NOW + datetime.timedelta(1)), (due, NOW - datetime.timedelta(hours=1))):
        ticket.change_state(State.PENDING, by=uma, pending_until=until)
    for ticket in (open_one, waiting, due):
        Watcher.objects.watch(ticket, uma, by=uma)
    client = signed_in(uma)
    assert [(view.value, number) for view, number in client.get("/watched/").context["watched"].views] == [
        ("all", 3),
        ("new", 3),
        ("pending", 2),
        ("reminder", 1),
    ]
    assert set(titles(client.get("/watched/?view=pending"))) == {"Waiting", "Due"}
    assert titles(client.get("/watched/?view=reminder")) == ["Due"]


@pytest.mark.parametrize("query", ["view=nonsense", "page=x", "page=99999", "view=&page=-1", "view=%00"])
def test_nonsense_in_the_address_shows_something_sensible(query, ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    assert titles(signed_in(uma).get(f"/watched/?{query}")) == [ticket.title]


@pytest.mark.parametrize("method", ["post", "delete", "put"])
def test_it_is_only_read(method, uma, signed_in):
    assert getattr(signed_in(uma), method)("/watched/").status_code == 405


def test_times_are_the_readers_own(ticket, aiko, signed_in, time_machine):
    time_machine.move_to(datetime.datetime(2026, 5, 4, 22, 30, tzinfo=datetime.UTC), tick=False)
    Watcher.objects.watch(ticket, aiko, by=aiko)
    assert "2026-05-05 07:30 JST" in signed_in(aiko).get("/watched/").text


def test_a_new_article_is_one_i_have_not_read_and_did_not_write(make_ticket, uma, mika, signed_in):
    read, news, mine = (make_ticket(title=title) for title in ("Read", "News", "Mine"))
    for ticket in (read, news, mine):
        Watcher.objects.watch(ticket, uma, by=uma)
        Reading.objects.read(ticket, uma, 1)
    news.note("Something new.", by=mika)
    mine.note("I wrote this.", by=uma)
    client = signed_in(uma)
    page = client.get("/watched/?view=new")
    assert titles(page) == ["News"]
    assert dict(page.context["watched"].views)["new"] == 1
    Reading.objects.read(news, uma, 2)
    page = client.get("/watched/?view=new")
    assert titles(page) == []
    assert "You have read everything on the tickets you watch." in page.text


def test_internal_notes_are_no_news_to_customers(ticket, cora, uma, mika, signed_in):
    Watcher.objects.watch(ticket, cora, by=uma)
    Reading.objects.read(ticket, cora, 1)
    ticket.note("Between us.", by=mika)
    assert titles(signed_in(cora).get("/watched/?view=new")) == []


def test_the_top_bar_of_every_page_counts_them(make_ticket, borealis, cora, uma, mika, signed_in):
    for title in "ab":
        ticket = make_ticket(title=title, customer=cora.customer)
        Watcher.objects.watch(ticket, cora, by=uma)
    ticket.change_state(State.PENDING, by=uma)
    hidden = make_ticket(customer=cora.customer)
    Watcher.objects.watch(hidden, cora, by=uma)
    hidden.change_customer(borealis, by=uma)
    menu = signed_in(cora).get("/preferences/").text.partition("watched-menu")[2].partition("</details>")[0]
    counted = re.findall(r'href="/watched/(?:\?view=(\w+))?".*?watcher-count">([^<]+)<', menu, re.DOTALL)
    assert counted == [("", "2"), ("new", "2"), ("pending", "1"), ("reminder", "0")]
    assert "2 with a new article" in menu


def test_the_top_bar_costs_one_statement_and_counts_no_further_than_99(
    make_ticket, uma, django_assert_num_queries
):
    first = make_ticket()
    Ticket.objects.bulk_create(
        Ticket(number=f"20260101{n:08}", title=f"{n}", queue=first.queue) for n in range(120)
    )
    Watcher.objects.bulk_create(Watcher(ticket=ticket, user=uma) for ticket in Ticket.objects.all())
    with django_assert_num_queries(1):
        assert dict(Watched(uma, {}).shown)["all"] == "99+"

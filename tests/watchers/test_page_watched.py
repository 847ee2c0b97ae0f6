"""`/watched/`: my watched tickets (contract; B17)."""

import datetime

import pytest

from tickets.choices import State
from watchers.models import Watcher

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

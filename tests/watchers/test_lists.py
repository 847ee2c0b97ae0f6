"""Watching from a list: a switch on every row, and both verbs for all that is chosen (`/watched/selection/`)."""

import re

import pytest

from tests.tickets.test_bulk import said
from tickets.models import TicketEvent
from watchers.choices import Extent
from watchers.models import PolicyCell, Watcher

URL = "/watched/selection/"


@pytest.fixture
def three(make_ticket, acme):
    return [make_ticket(title=title, customer=acme) for title in ("Printer", "Mail", "Disk")]


def send(client, tickets, **data):
    return client.post(
        URL, {"ticket": [ticket.number for ticket in tickets], "back": "view=all&page=2"} | data
    )


def watched_by(person):
    return set(Watcher.objects.watching().filter(user=person).values_list("ticket__title", flat=True))


@pytest.mark.parametrize("login", ["uma", "vera", "cora"])
def test_chosen_tickets_are_watched_and_let_go_again(three, everyone, signed_in, login):
    person = everyone[login]
    client = signed_in(person)
    answer = send(client, three[:2])
    assert (answer.status_code, answer["Location"]) == (303, "/tickets/?view=all&page=2")
    assert watched_by(person) == {"Printer", "Mail"}
    assert (
        len(set(TicketEvent.objects.filter(name="TicketSubscribe").values_list("operation", flat=True))) == 1
    )
    assert said(send(client, three))[-1] == "You watch 1 more ticket now."
    assert said(send(client, three))[-1] == "It was so already: nothing changed."
    assert said(send(client, three[1:], _method="delete"))[-1] == "You no longer watch 2 tickets."
    assert watched_by(person) == {"Printer"}


def test_the_policy_is_asked_for_each(three, make_ticket, acme, carl, cora, signed_in):
    PolicyCell.objects.filter(setter="customer_user", target="own_customer").update(add=Extent.NONE)
    assert "may not watch these" in said(send(signed_in(cora), three))[0]
    assert watched_by(cora) == set()
    assert "data-watch" not in signed_in(cora).get("/tickets/?view=all").text
    send(signed_in(carl), three)
    assert watched_by(carl) == {"Printer", "Mail", "Disk"}


def test_what_one_cannot_read_is_not_watched_and_not_named(three, bo, signed_in):
    answer = send(signed_in(bo), three)
    assert watched_by(bo) == set()
    assert not any(ticket.number in text for text in said(answer) for ticket in three)


def test_whose_watch_was_all_that_let_them_read_is_told(three, make_ticket, ray, uma, signed_in):
    Watcher.objects.watch(three[0], ray, by=uma)
    answer = send(signed_in(ray), three[:1], _method="delete", to="watched")
    assert answer["Location"] == "/watched/"
    assert said(answer) == [f"You no longer watch 1 ticket. So you can no longer read: {three[0].number}."]


@pytest.mark.parametrize("login", ["uma", "vera", "cora", "ray"])
def test_each_row_has_its_switch_and_leads_back_to_the_row(three, everyone, uma, signed_in, login):
    Watcher.objects.watch(three[0], everyone[login], by=uma)
    client = signed_in(everyone[login])
    page = client.get("/tickets/?view=all&sort=title").text
    names = re.findall(r"(Stop watching|Watch) (\d{16})", page)
    assert ("Stop watching", three[0].number) in names
    assert ("Watch", three[1].number) in names or login == "ray"
    back = {"back": "list", "query": "view=all&sort=title"}
    answer = client.post(f"/tickets/{three[0].number}/watch/", {"_method": "delete"} | back)
    assert answer["Location"] == f"/tickets/?view=all&sort=title#ticket-{three[0].number}"
    assert watched_by(everyone[login]) == set()


@pytest.mark.parametrize("query", ["//evil.example", "https://evil.example/?a=b", "\0", "a=" + "x" * 9000])
def test_back_is_never_another_page(three, uma, signed_in, query):
    answer = signed_in(uma).post(f"/tickets/{three[0].number}/watch/", {"back": "list", "query": query})
    assert answer["Location"].startswith("/tickets/")


def test_rows_cost_one_statement_together(make_ticket, uma, signed_in, django_assert_max_num_queries):
    client = signed_in(uma)
    counts = []
    for more in (1, 24):
        for _number in range(more):
            make_ticket()
        with django_assert_max_num_queries(16) as statements:
            client.get("/tickets/")
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("data", [{}, {"ticket": ["x", "\0", "9" * 300]}, {"ticket": ["1" * 16] * 3}])
@pytest.mark.parametrize(("method", "status"), [("", 303), ("delete", 303), ("brew", 405)])
def test_junk_changes_nothing(three, uma, signed_in, data, method, status):
    assert signed_in(uma).post(URL, data | {"_method": method}).status_code == status
    assert not Watcher.objects.exists()


def test_a_hundred_at_once_and_no_more(three, uma, signed_in):
    many = [f"20260101{number:08}" for number in range(100)] + [three[0].number]
    answer = signed_in(uma).post(URL, {"ticket": many})
    assert said(answer) == ["At most 100 tickets at once: nothing was changed."]
    assert watched_by(uma) == set()


def test_a_program_deletes_by_the_method_itself(three, uma, signed_in):
    client = signed_in(uma)
    send(client, three)
    body = f"ticket={three[0].number}&to=watched"
    answer = client.delete(URL, body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer["Location"]) == (303, "/watched/")
    assert watched_by(uma) == {one.title for one in three[1:]}


def test_another_method_in_disguise_changes_nothing(three, uma, signed_in):
    assert send(signed_in(uma), three, _method="put").status_code == 405
    assert watched_by(uma) == set()

"""The pages of watching cost the same however many watch."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.watchers.test_page_watchers import HTMX, address, crowd
from watchers.models import Watcher


def statements(act):
    with CaptureQueriesContext(
        connection,
    ) as done:
        act()
    return len(done)


@pytest.mark.parametrize("login", ["uma", "vera", "cora"])
@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("dialog", lambda client, ticket: client.get(address(ticket))),
        ("fragment", lambda client, ticket: client.get(address(ticket), {"q": "p"}, headers=HTMX)),
        ("watch", lambda client, ticket: client.post(f"/tickets/{ticket.number}/watch/", headers=HTMX)),
        ("add", lambda client, ticket: client.post(address(ticket), {"user": "carl"}, headers=HTMX)),
        ("remove", lambda client, ticket: client.delete(address(ticket, "carl"), headers=HTMX)),
        ("watched", lambda client, ticket: client.get("/watched/")),
    ],
)
def test_one_watcher_or_fifty(name, act, login, ticket, everyone, signed_in, uma):
    client = signed_in(everyone[login])

    def prepare():
        Watcher.objects.filter(user__in=[everyone["carl"], everyone[login]]).delete()
        if name in {"remove", "watched"}:
            Watcher.objects.watch(ticket, everyone["carl"], by=uma)
            Watcher.objects.watch(ticket, everyone[login], by=uma)

    crowd(ticket, 1)
    act(client, ticket)  # whatever is only looked up once a process
    prepare()
    with_one = statements(lambda: act(client, ticket))
    Watcher.objects.all().delete()
    crowd(ticket, 50)
    prepare()
    # A full page of people has no room for groups.
    assert statements(lambda: act(client, ticket)) <= with_one


def test_fifty_watched_tickets_cost_what_one_does(make_ticket, signed_in, uma):
    client = signed_in(uma)
    Watcher.objects.watch(make_ticket(), uma, by=uma)
    client.get("/watched/")
    with_one = statements(lambda: client.get("/watched/"))
    for _number in range(49):
        Watcher.objects.watch(make_ticket(), uma, by=uma)
    assert statements(lambda: client.get("/watched/")) == with_one

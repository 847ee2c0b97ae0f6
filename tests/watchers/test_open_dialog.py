"""Two who edit at once see each other's changes: an open dialog asks what is new, by ETag (docs/watchers.md)."""

import re

import pytest

from opsi.models import Group
from tests.watchers.test_page_watchers import HTMX, crowd
from tests.watchers.test_statements import statements
from watchers.models import Watcher

ASKING = HTMX | {"HX-Target": "watcher-news"}


def address(ticket):
    return f"/tickets/{ticket.number}/watchers/"


@pytest.fixture
def news(ticket, signed_in):
    """`news(uma)`: what has changed for uma since she was last told; None for nothing."""
    known, clients = {}, {}

    def ask(person, **query):
        client = clients.get(person.pk) or clients.setdefault(person.pk, signed_in(person))
        if person.pk not in known:
            page = client.get(address(ticket)).text
            known[person.pk] = re.search(r'data-stamp="([^"]+)"', page)[1]
        headers = ASKING | {"If-None-Match": f'"{known[person.pk]}"'}
        answer = client.get(address(ticket), query, headers=headers)
        known[person.pk] = answer.headers["ETag"].strip('"')
        assert answer.status_code in (200, 304)
        return answer.text if answer.status_code == 200 else None

    return ask


def test_nothing_new_is_304_and_costs_little(ticket, uma, mika, news, signed_in):
    assert news(uma) is None
    client = signed_in(uma)
    stamp = re.search(r'data-stamp="([^"]+)"', client.get(address(ticket)).text)[1]
    headers = ASKING | {"If-None-Match": f'"{stamp}"'}
    ask = lambda: client.get(address(ticket), headers=headers)  # noqa: E731
    with_none = statements(ask)
    crowd(ticket, 1000)
    news(uma)
    assert with_none <= 8
    assert statements(lambda: news(uma)) <= with_none


def test_what_another_adds_removes_or_narrows_is_seen_and_announced(ticket, cora, vera, uma, mika, news):
    assert news(uma) is None
    Watcher.objects.watch(ticket, cora, by=mika)
    Watcher.objects.watch(ticket, vera, by=mika)
    told = news(uma)
    assert "The Watcher list has changed: 2 watchers." in told
    assert "Remove Cora Castor" in told
    assert "Watches already" not in told
    Watcher.objects.unwatch(ticket, cora, by=mika)
    assert "The Watcher list has changed: 1 watcher." in news(uma)
    Watcher.objects.adjust(Watcher.objects.get(user=vera), by=vera, until_resolved=True)
    assert news(uma) is not None
    network = Group.objects.create(name="Network", slug="network")
    Watcher.objects.watch_group(ticket, network, by=mika)
    assert "Remove Network" in news(uma)
    assert news(uma) is None


def test_one_leaving_as_another_comes_is_seen(ticket, cora, vera, uma, mika, news):
    Watcher.objects.watch(ticket, cora, by=mika)
    assert news(uma) is None
    Watcher.objects.unwatch(ticket, cora, by=mika)
    Watcher.objects.watch(ticket, vera, by=mika)
    assert "Remove Vera Viewer" in news(uma)


def test_what_is_hidden_makes_no_news(ticket, cora, uma, mika, news):
    assert news(cora) is None
    Watcher.objects.watch(ticket, uma, by=mika)
    Watcher.objects.watch_group(ticket, Group.objects.create(name="Network", slug="network"), by=mika)
    assert news(cora) is None


def test_a_change_of_the_ticket_renews_without_a_word_about_the_list(ticket, uma, mika, news):
    assert news(uma) is None
    ticket.change_priority("high", by=mika)
    assert "The Watcher list has changed" not in news(uma)


def test_a_ticket_out_of_reach_is_out_of_reach(ticket, cora, mika, signed_in):
    client = signed_in(cora)
    ticket.remove(by=mika)
    assert client.get(address(ticket), headers=ASKING).status_code == 404

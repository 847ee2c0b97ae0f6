"""The bell on every page and what keeps it up to date: cheap, and never more than one may read."""

import pytest
from django.utils import timezone

from notifications.badge import Badge
from notifications.inbox import receive
from notifications.models import AddressPause, DefinitionVersion, InboxRow, Notice, PersonalSettings
from tickets.models import Ticket
from watchers.models import Watcher


@pytest.fixture
def badge(signed_in):
    def get(person, **headers):
        return signed_in(person).get("/inbox/badge/", headers=headers)

    return get


@pytest.fixture
def ask(ticket, dispatch, forget):
    """`ask(uma, 3)`: that many tickets of one's own, each with something unread."""

    def fill(person, number, title="Many"):
        event = ticket.events.first()
        version = DefinitionVersion.objects.first()
        tickets = Ticket.objects.bulk_create(
            Ticket(number=f"99{index:014}", title=title, queue=ticket.queue, created_by=person)
            for index in range(number)
        )
        notices = Notice.objects.bulk_create(
            Notice(
                operation=event.operation, person=person, ticket=one, event=event, definition_version=version,
                severity=1, channels=["in_app"],
            )
            for one in tickets
        )  # fmt: skip
        receive(notices, timezone.now())
        return tickets

    forget()
    return fill


def test_every_page_has_the_bell_with_what_is_unread(ask, uma, signed_in):
    ask(uma, 3)
    page = signed_in(uma).get("/preferences/").content.decode()
    assert 'href="/inbox/"' in page
    assert "3 unread" in page


def test_customers_have_it_too(ask, cora, signed_in):
    page = signed_in(cora).get("/preferences/").content.decode()
    assert 'href="/inbox/"' in page


def test_the_count_stops_at_ninety_nine(ask, uma, badge):
    ask(uma, 120)
    assert badge(uma).json() | {"latest": 0} == {
        "unread": 100,
        "shown": "99+",
        "label": "more than 99 unread",
        "latest": 0,
        "paused": False,
    }


def test_nothing_unread_shows_nothing(ask, uma, badge):
    assert badge(uma).json() == {"unread": 0, "shown": "", "label": "0 unread", "latest": 0, "paused": False}


def test_only_what_one_may_read_counts(ask, ticket, mika, ray, badge, dispatch):
    Watcher.objects.watch(ticket, ray, by=mika)
    ticket.reply("We are on it.", by=mika)
    dispatch()
    assert badge(ray).json()["unread"] == 1
    Watcher.objects.all().delete()
    assert badge(ray).json()["unread"] == 0


def test_what_did_not_change_is_not_sent_again(ask, uma, badge):
    ask(uma, 2)
    first = badge(uma)
    assert first["Cache-Control"] == "private, no-cache"
    assert "Cookie" in first["Vary"]
    second = badge(uma, if_none_match=first["ETag"])
    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])


def test_news_on_a_ticket_that_was_unread_already_are_sent(ask, ticket, uma, mika, badge, dispatch):
    ticket.note("One", by=mika)
    dispatch()
    first = badge(uma)
    ticket.note("Two", by=mika)
    dispatch()
    second = badge(uma, if_none_match=first["ETag"])
    assert (second.status_code, second.json()["unread"]) == (200, 1)
    assert second.json()["latest"] > first.json()["latest"]


def test_two_people_at_one_browser_never_share_an_answer(ask, uma, mika, badge):
    assert badge(mika, if_none_match=badge(uma)["ETag"]).status_code == 200


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client, db):
    assert client.get("/inbox/badge/").status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_asked(signed_in, uma, method):
    assert getattr(signed_in(uma), method)("/inbox/badge/").status_code == 405


@pytest.mark.parametrize("who", ["uma", "cora", "ray"])
def test_it_costs_one_statement_beside_session_and_person(
    everyone, ask, signed_in, who, django_assert_num_queries
):
    ask(everyone[who], 5)
    client = signed_in(everyone[who])
    with django_assert_num_queries(3):
        client.get("/inbox/badge/")


def test_a_thousand_rows_cost_the_same(ask, uma, signed_in, django_assert_num_queries):
    ask(uma, 1_000)
    assert InboxRow.objects.count() == 1_000
    with django_assert_num_queries(1):
        assert Badge.of(uma).count == 100
    client = signed_in(uma)
    with django_assert_num_queries(3):
        client.get("/inbox/badge/")


def test_it_hints_at_mail_that_is_paused_and_costs_no_more(
    uma, mika, badge, signed_in, django_assert_num_queries
):
    before = badge(uma)
    assert not before.json()["paused"]
    AddressPause.objects.pause("uma@example.com", "bounced")
    client = signed_in(uma)
    with django_assert_num_queries(3):
        now = client.get("/inbox/badge/", headers={"If-None-Match": before["ETag"]})
    assert (now.status_code, now.json()["paused"]) == (200, True)
    assert not badge(mika).json()["paused"]
    shown = 'title="E-mail to you is paused">'
    assert shown in client.get("/preferences/").text
    assert shown not in signed_in(mika).get("/preferences/").text
    # It goes by where mail goes to, not by the account.
    PersonalSettings.objects.create(person=uma, own_address="uma@elsewhere.example")
    assert not badge(uma).json()["paused"]

"""What is done in the inbox can be taken back: just that, and nothing that came or was done since (domain §6)."""

import re
import uuid

import pytest
import time_machine
from django.utils import timezone

from notifications.choices import InboxState
from notifications.inbox_acts import READ
from notifications.models import InboxRow
from opsi.templatetags.undoing import undo_url
from tests.sweeping import sweep

pytestmark = pytest.mark.django_db
UNDO = re.compile(r'action="(/inbox/acts/[0-9a-f-]{36}/[^"]*)" method="post" data-undo')
KEPT = ("ticket", "state", "unread_count", "saved_at", "snoozed_until", "read_at", "severity", "notice")


@pytest.fixture
def told(make_ticket, acme, uma, mika, dispatch, forget):
    """Four tickets of uma's: the first with two notices, the second read, the third saved, the fourth put aside."""
    tickets = [
        make_ticket(customer=acme, owner=uma, title=title) for title in ("One", "Two", "Three", "Four")
    ]
    forget()
    for ticket in (tickets[0], *tickets):
        ticket.note("Have a look.", by=mika)
    dispatch()
    uma.inbox.filter(ticket=tickets[1]).mark_read()
    uma.inbox.filter(ticket=tickets[2]).save_for_later()
    uma.inbox.filter(ticket=tickets[3]).mark_done()
    return tickets


def rows(person):
    return list(person.inbox.order_by("ticket").values_list(*KEPT))


def way_back(client, response):
    """The address that the message on the next page leads back by."""
    page = client.get(response["Location"]) if response.status_code == 303 else response
    return UNDO.findall(page.text)[-1]


def undo(client, response):
    return client.post(way_back(client, response), {"_method": "delete"}, follow=True)


ONE_ROW = [
    (0, "reading", {}),
    (1, "reading", {"_method": "delete"}),
    (0, "done", {}),
    (3, "done", {"_method": "delete"}),
    (0, "saved", {}),
    (2, "saved", {"_method": "delete"}),
    (0, "snooze", {"moment": "tomorrow"}),
    (2, "snooze", {"moment": "later"}),
]


@pytest.mark.parametrize(("place", "part", "data"), ONE_ROW)
@pytest.mark.parametrize("script", [True, False])
def test_what_is_done_to_a_row(told, uma, signed_in, place, part, data, script):
    client, before = signed_in(uma), rows(uma)
    row = uma.inbox.get(ticket=told[place])
    headers = {"HX-Request": "true"} if script else {}
    done = client.post(f"/inbox/{row.pk}/{part}/", data, headers=headers)
    assert rows(uma) != before
    assert "It is as it was." in undo(client, done).text
    assert rows(uma) == before


def test_waking_one_early(told, uma, signed_in):
    client, row = signed_in(uma), uma.inbox.get(ticket=told[0])
    client.post(f"/inbox/{row.pk}/snooze/", {"moment": "tomorrow"})
    before = rows(uma)
    undo(client, client.delete(f"/inbox/{row.pk}/snooze/"))
    assert rows(uma) == before


@pytest.mark.parametrize("do", ["read", "unread", "done", "undone", "saved", "unsaved"])
def test_what_is_done_to_several(told, uma, signed_in, do):
    client, before = signed_in(uma), rows(uma)
    done = client.post("/inbox/selection/?show=all", {"row": [row.pk for row in uma.inbox.all()], "do": do})
    assert rows(uma) != before
    undo(client, done)
    assert rows(uma) == before


def test_marking_all_as_read_gives_back_just_what_was_unread(told, uma, signed_in):
    client, before = signed_in(uma), rows(uma)
    done = client.post("/inbox/reading/")
    assert not uma.inbox.unread().exists()
    undo(client, done)
    assert rows(uma) == before
    assert uma.inbox.get(ticket=told[0]).unread_count == 2


def test_what_news_came_to_since_is_left_alone(told, uma, mika, signed_in, dispatch):
    client = signed_in(uma)
    uma.inbox.filter(ticket=told[1]).mark_unread()
    done = client.post("/inbox/reading/")
    told[0].note("News.", by=mika)
    dispatch()
    undo(client, done)
    states = dict(uma.inbox.values_list("ticket", "unread_count"))
    assert (states[told[0].pk], states[told[1].pk]) == (1, 1)
    assert uma.inbox.get(ticket=told[0]).state == InboxState.UNREAD


def test_what_was_done_to_it_since_is_left_alone(told, uma, signed_in):
    client = signed_in(uma)
    row = uma.inbox.get(ticket=told[0])
    first = way_back(client, client.post("/inbox/reading/"))
    client.post(f"/inbox/{row.pk}/done/")
    answer = client.delete(first, follow=True)
    assert "There is nothing to take back" in answer.text
    row.refresh_from_db()
    assert row.state == InboxState.DONE


def test_taking_back_a_snooze_counts_what_came_meanwhile(told, uma, mika, signed_in, dispatch):
    client, row = signed_in(uma), uma.inbox.get(ticket=told[1])
    done = client.post(f"/inbox/{row.pk}/snooze/", {"moment": "tomorrow"})
    told[1].note("News.", by=mika)
    dispatch()
    undo(client, done)
    row.refresh_from_db()
    assert (row.state, row.unread_count, row.snoozed_until) == (InboxState.UNREAD, 1, None)


def test_a_snooze_whose_time_came_is_over(told, uma, signed_in):
    client, row = signed_in(uma), uma.inbox.get(ticket=told[1])
    back = way_back(client, client.post(f"/inbox/{row.pk}/snooze/", {"moment": "later"}))
    row.refresh_from_db()
    with time_machine.travel(row.snoozed_until, tick=False):
        sweep()
    client.delete(back)
    row.refresh_from_db()
    assert (row.state, row.unread_count) == (InboxState.UNREAD, 1)


def test_nobody_takes_back_what_another_did(told, uma, aiko, signed_in):
    client = signed_in(uma)
    back = way_back(client, client.post("/inbox/reading/"))
    before = rows(uma)
    assert signed_in(aiko).delete(back).status_code == 303
    assert rows(uma) == before


def test_a_link_takes_nothing_back(told, uma, signed_in):
    client = signed_in(uma)
    back = way_back(client, client.post("/inbox/reading/"))
    assert client.get(back).status_code == client.post(back).status_code == 405
    assert not uma.inbox.unread().exists()


def test_what_changed_nothing_offers_no_way_back(told, uma, signed_in):
    client, done = signed_in(uma), uma.inbox.get(ticket=told[3])
    page = client.post(f"/inbox/{done.pk}/done/", follow=True)
    assert "data-undo" not in page.text
    page = client.post("/inbox/selection/", {"do": "done", "row": done.pk}, follow=True)
    assert "Nothing was changed." in page.text
    page = client.post("/inbox/selection/", {"do": "done"}, follow=True)
    assert "Choose notifications first." in page.text


def test_of_news_that_came_before_the_click_it_is_said(told, uma, mika, signed_in, dispatch):
    client, row = signed_in(uma), uma.inbox.get(ticket=told[0])
    told[0].note("News.", by=mika)
    dispatch()
    page = client.post(f"/inbox/{row.pk}/done/", {"until": row.notice_id}, follow=True)
    assert "News came meanwhile: nothing was changed." in page.text
    assert uma.inbox.get(ticket=told[0]).unread_count == 3


def test_it_is_one_update_however_many(make_ticket, uma, dispatch, django_assert_num_queries):
    for _number in range(5):
        make_ticket(owner=uma)
    dispatch()
    act = uuid.uuid4()
    with django_assert_num_queries(1):
        assert READ.change(uma.inbox.all(), act) == 5
    with django_assert_num_queries(1):
        assert uma.inbox.take_back(act) == 5
    assert (
        InboxRow.objects.filter(person=uma, state=InboxState.UNREAD, changed_at__lt=timezone.now()).count()
        == 5
    )


def test_only_a_message_of_ours_offers_a_way_back():
    class Said:
        extra_tags = "watched"

    assert undo_url(Said()) == ""

"""Doing one thing with several chosen notifications, and finding them (domain §6)."""

import pytest

from notifications.choices import InboxState

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(make_ticket, acme, uma, mika, dispatch, forget):
    """Three tickets of uma's, of which she has been told."""
    tickets = [make_ticket(customer=acme, owner=uma, title=title) for title in ("Printer", "Mail", "Disk")]
    forget()
    for ticket in tickets:
        ticket.note("Have a look.", by=mika)
    dispatch()
    return tickets


def select(client, rows, do, **more):
    return client.post("/inbox/selection/", {"row": [row.pk for row in rows], "do": do} | more)


def states(person):
    return sorted(person.inbox.values_list("state", flat=True))


@pytest.mark.parametrize("do", ["read", "saved", "done"])
def test_only_the_chosen_change(told, uma, signed_in, do):
    first, second, _third = uma.inbox.all()
    answer = select(signed_in(uma), [first, second], do)
    assert answer["Location"] == "/inbox/"
    assert states(uma) == sorted([do, do, "unread"])


def test_and_back_to_unread(told, uma, signed_in):
    client = signed_in(uma)
    select(client, uma.inbox.all(), "read")
    select(client, uma.inbox.all(), "unread")
    assert states(uma) == ["unread"] * 3


def test_what_came_since_the_page_was_made_stays(told, uma, mika, signed_in, dispatch):
    until = max(uma.inbox.values_list("notice", flat=True))
    told[0].note("News.", by=mika)
    dispatch()
    select(signed_in(uma), uma.inbox.all(), "done", until=until)
    assert uma.inbox.get(ticket=told[0]).state == InboxState.UNREAD
    assert states(uma) == ["done", "done", "unread"]


def test_nobody_changes_anothers(told, uma, aiko, signed_in):
    assert select(signed_in(aiko), uma.inbox.all(), "done").status_code == 303
    assert states(uma) == ["unread"] * 3


@pytest.mark.parametrize("do", ["", "delete", "opening"])
def test_an_unknown_verb_is_refused(told, uma, signed_in, do):
    assert select(signed_in(uma), uma.inbox.all(), do).status_code == 400
    assert states(uma) == ["unread"] * 3


@pytest.mark.parametrize("row", ["", "x", "-1", "9" * 40, "\x00"])
def test_junk_chooses_nothing(told, uma, signed_in, row):
    assert signed_in(uma).post("/inbox/selection/", {"row": row, "do": "done"}).status_code == 303
    assert states(uma) == ["unread"] * 3


def test_a_link_changes_nothing(told, uma, signed_in):
    assert signed_in(uma).get("/inbox/selection/?do=done").status_code == 405


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "print"}, {"Printer"}),
        ({"q": "NUMBER"}, {"Mail"}),
        ({"reason": "owner"}, {"Printer", "Mail", "Disk"}),
        ({"reason": "watchers"}, set()),
        ({"queue": "QUEUE"}, {"Printer", "Mail", "Disk"}),
        ({"queue": "999999"}, set()),
        ({"q": "disk", "reason": "owner", "queue": "QUEUE"}, {"Disk"}),
        ({"q": "a\x00b", "queue": "²", "reason": "'"}, set()),
    ],
)
def test_filters(told, uma, signed_in, query, found):
    known = {"NUMBER": told[1].number, "QUEUE": str(told[0].queue_id)}
    page = signed_in(uma).get("/inbox/", {name: known.get(value, value) for name, value in query.items()})
    assert {ticket.title for ticket in told if f"New article: {ticket.title}" in page.text} == found
    assert bool(found) != ("Nothing here fits your filter." in page.text)

"""Changing many chosen tickets as one act (`/tickets/selection/`; domain §2), and taking them oneself."""

import datetime

import pytest
from django.utils import timezone

from opsi.models import Group
from tickets.choices import Level
from tickets.models import Queue, QueueGrant, Ticket, TicketEvent

URL, CHANGES, MINE = "/tickets/selection/", "/tickets/selection/changes/", "/tickets/selection/mine/"


def marks(*tickets):
    return [f"{ticket.number}.{ticket.version}" for ticket in tickets]


def send(client, tickets, **data):
    return client.post(CHANGES, {"ticket": marks(*tickets), "back": "view=all&sort=title"} | data)


def said(answer):
    return [str(message) for message in answer.wsgi_request._messages]


def fresh(*tickets):
    for ticket in tickets:
        ticket.refresh_from_db()
    return tickets


@pytest.fixture
def three(make_ticket):
    return [make_ticket(title=title) for title in ("Printer", "Mail", "Disk")]


@pytest.fixture
def read_only(db, uma):
    """A queue whose tickets uma reads and cannot change."""
    queue = Queue.objects.create(name="Archive")
    QueueGrant.objects.create(queue=queue, role="itsm_viewer", level=Level.READ)
    return queue


@pytest.fixture
def hidden(db):
    """A queue that nobody but its group reads, open to moves from everywhere."""
    queue = Queue.objects.create(name="Legal", open_to_moves=True)
    group = Group.objects.create(name="Lawyers", slug="lawyers")
    QueueGrant.objects.create(queue=queue, group=group, level=Level.WRITE)
    return queue


def test_the_list_leads_there_with_what_was_chosen(three, uma, signed_in):
    client = signed_in(uma)
    answer = client.post(URL, {"ticket": marks(*three[:2]), "back": "view=all"})
    assert answer.status_code == 303
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "Change 2 tickets" in page.text
    assert all(mark in page.text for mark in marks(*three[:2]))
    assert three[2].number not in page.text
    assert "/tickets/?view=all" in page.text


def test_all_that_a_list_finds_may_be_chosen_without_turning_pages(three, uma, signed_in):
    three[0].change_priority("high", by=uma)
    page = signed_in(uma).get(URL + "?all=1&priority=high&view=all")
    assert [ticket.title for ticket in page.context["selection"].changeable] == ["Printer"]
    assert page.context["back"] == "/tickets/?priority=high&view=all"
    assert "Change 0" in signed_in(uma).get(URL + "?all=1&priority=nonsense").text


def test_many_change_as_one_operation(three, uma, aiko, service_desk, signed_in):
    network = Queue.objects.create(name="Network")
    network.grant_shipped()
    answer = send(
        signed_in(uma), three, owner=aiko.pk, state="pending", pending_until=in_two_days(), priority="high",
        queue=network.pk,
    )  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (303, "/tickets/?view=all&sort=title")
    for ticket in fresh(*three):
        assert (ticket.owner, ticket.state, ticket.priority, ticket.queue) == (
            aiko,
            "pending",
            "high",
            network,
        )
        assert ticket.pending_until == ticket.due_at is not None
        assert ticket.version == 6
        assert ticket.alarms.filter(name="NotificationPendingReminder").count() == 1
    changes = TicketEvent.objects.filter(ticket__in=three).exclude(name="TicketCreate")
    assert len(set(changes.values_list("operation", flat=True))) == 1
    assert sorted(changes.filter(ticket=three[0]).values_list("name", flat=True)) == [
        "TicketOwnerUpdate", "TicketPendingTimeUpdate", "TicketPriorityUpdate",
        "TicketQueueUpdate", "TicketStateUpdate",
    ]  # fmt: skip
    owner = changes.get(ticket=three[0], name="TicketOwnerUpdate")
    assert (owner.old, owner.new, owner.actor) == (None, {"id": aiko.pk, "name": aiko.full_name}, uma)
    assert owner.snapshot["queue"] == network.pk


def in_two_days():
    return (timezone.now() + datetime.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")


def test_a_row_of_history_is_the_same_as_of_a_single_change(make_ticket, gold, uma, mika, signed_in):
    """Whatever one verb writes for one ticket, a bulk change writes for many: fields, times, history."""
    singly, many = make_ticket(sla=gold, owner=mika), make_ticket(sla=gold, owner=mika)
    for ticket in (singly, many):
        ticket.change_state("closed", by=mika)
    singly.change_owner(None, by=uma)
    singly.change_state("open", by=uma)
    send(signed_in(uma), [many], owner="nobody", state="open")
    fresh(singly, many)
    apart = {"id", "number", "created_at", "changed_at", "clocks_since", "_state"}
    times = {"first_response_due", "update_due", "solution_due", "due_at"}
    for name in set(vars(singly)) - apart - times:
        assert getattr(singly, name) == getattr(many, name), name
    assert all((getattr(singly, name) is None) == (getattr(many, name) is None) for name in times)
    assert many.clocks_since > many.created_at
    rows = [
        list(ticket.events.order_by("name", "id").values_list("name", "old", "new", "data"))
        for ticket in (singly, many)
    ]
    assert rows[0] == rows[1]
    assert set(singly.events.last().snapshot) == set(many.events.last().snapshot)


def test_who_may_not_change_some_is_told_which_before(three, make_ticket, read_only, uma, signed_in):
    locked = make_ticket(title="Old contract", queue=read_only)
    client = signed_in(uma)
    page = client.get(URL, {"ticket": [ticket.number for ticket in [*three, locked]]})
    assert "Change 3 tickets" in page.text
    assert "1 ticket stays as it is: you may read it, but not change it" in page.text
    assert f"{locked.number}.{locked.version}" not in page.text
    # Sent all the same, it is refused, and the others with it: nothing is done by halves.
    answer = send(client, [*three, locked], priority="high")
    assert answer.status_code == 409
    assert {ticket.priority for ticket in fresh(*three, locked)} == {"medium"}


def test_what_changed_meanwhile_is_shown_and_nothing_is_saved(three, uma, mika, signed_in):
    client = signed_in(uma)
    seen = marks(*three)
    three[1].change_priority("very_high", by=mika)
    answer = client.post(CHANGES, {"ticket": seen, "priority": "low"})
    assert answer.status_code == 409
    assert "Mika Manager" in answer.text
    assert 'value="low" selected' in answer.text
    assert [ticket.priority for ticket in fresh(*three)] == ["medium", "very_high", "medium"]
    assert all(mark in answer.text for mark in marks(*three))
    assert send(client, three, priority="low").status_code == 303
    assert {ticket.priority for ticket in fresh(*three)} == {"low"}


def test_what_is_not_there_answers_like_what_is_hidden(three, make_ticket, hidden, uma, signed_in):
    secret = make_ticket(title="Lawsuit", queue=hidden)
    client = signed_in(uma)
    for number in (secret.number, "2026010199999999"):
        page = client.get(URL, {"ticket": [three[0].number, number]})
        assert "1 of them is not there, or not for you." in page.text
        assert number not in page.text
        answer = client.post(CHANGES, {"ticket": [*marks(three[0]), f"{number}.1"], "priority": "low"})
        assert answer.status_code == 409
        assert number not in answer.text
    assert {ticket.priority for ticket in fresh(three[0], secret)} == {"medium"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "Choose what is to change."),
        ({"quiet": "on"}, "Choose what is to change."),
        ({"state": "pending"}, "Say until when they are to wait."),
        ({"state": "pending", "pending_until": "2020-01-01T00:00"}, "This time is past."),
        ({"state": "asleep"}, "Select a valid choice."),
        ({"owner": "vera"}, "Select a valid choice."),
        ({"owner": "999999"}, "Select a valid choice."),
        ({"queue": "x"}, "Select a valid choice."),
        ({"priority": "\0"}, "Select a valid choice."),
    ],
)
def test_a_mistake_is_told_and_nothing_changes(three, uma, signed_in, data, told):
    answer = send(signed_in(uma), three, **data)
    assert answer.status_code == 422
    assert told in answer.text
    assert {ticket.version for ticket in fresh(*three)} == {1}


def test_a_date_counts_for_pending_alone(three, uma, signed_in):
    send(signed_in(uma), three, state="open", pending_until="2020-01-01T00:00")
    assert {(ticket.state, ticket.pending_until) for ticket in fresh(*three)} == {("open", None)}


def test_a_move_asks_about_owners_who_cannot_read_there(three, hidden, uma, mika, signed_in):
    for ticket in three[:2]:
        ticket.change_owner(mika, by=uma)
    client = signed_in(uma)
    asked = send(client, three, queue=hidden.pk)
    assert asked.status_code == 200
    assert "The owners of 2 tickets cannot read “Legal”. What then?" in asked.text
    assert "once they are moved, 3 tickets are out of your sight" in asked.text
    assert Ticket.objects.filter(queue=hidden).count() == 0
    unanswered = send(client, three, queue=hidden.pk, asked=hidden.pk)
    assert (unanswered.status_code, "Choose one of the two." in unanswered.text) == (422, True)
    done = send(client, three, queue=hidden.pk, asked=hidden.pk, owner_then="take_off")
    assert done.status_code == 303
    assert {(ticket.queue, ticket.owner) for ticket in fresh(*three)} == {(hidden, None)}
    events = TicketEvent.objects.filter(name="TicketOwnerUpdate", new__isnull=True)
    assert events.count() == 2


def test_a_move_that_gives_an_owner_asks_nothing_about_the_old_one(three, hidden, uma, mika, signed_in):
    three[0].change_owner(mika, by=uma)
    asked = send(signed_in(uma), three, queue=hidden.pk, owner=uma.pk)
    assert "What then?" not in asked.text


def test_more_than_500_are_refused_whole(three, uma, signed_in):
    many = [f"20260101{number:08}.1" for number in range(500)] + marks(three[0])
    answer = signed_in(uma).post(CHANGES, {"ticket": many, "priority": "low"})
    assert answer.status_code == 303
    assert said(answer) == ["At most 500 tickets at once: nothing was changed."]
    assert fresh(three[0])[0].priority == "medium"


@pytest.mark.parametrize("url", [URL, CHANGES, MINE])
@pytest.mark.parametrize(
    "ticket", [[], [""], ["x"], ["-1.1"], ["9" * 400], ["\0"], ["1234567890123456." + "9" * 30]]
)
def test_junk_chooses_nothing(three, uma, signed_in, url, ticket):
    answer = signed_in(uma).post(url, {"ticket": ticket, "priority": "low", "back": "//evil.example\0"})
    assert answer.status_code in (303, 409)
    assert not answer.get("Location", "/").startswith("//")
    assert {one.version for one in fresh(*three)} == {1}


@pytest.mark.parametrize("login", ["vera", "carl", "cora", "ray"])
@pytest.mark.parametrize("url", [URL, CHANGES, MINE])
def test_viewers_and_others_change_nothing(three, everyone, signed_in, url, login):
    client = signed_in(everyone[login])
    assert client.post(url, {"ticket": marks(*three), "priority": "low"}).status_code == 403
    assert client.get(url).status_code == (403 if url == URL else 405)
    assert {ticket.version for ticket in fresh(*three)} == {1}


def test_500_tickets_take_as_many_statements_as_5(
    make_ticket, uma, aiko, signed_in, django_assert_max_num_queries
):
    first = make_ticket()
    Ticket.objects.bulk_create(
        Ticket(number=f"20260101{n:08}", title=f"{n}", queue=first.queue, created_by=uma) for n in range(500)
    )
    client = signed_in(uma)
    counts = []
    for number in (5, 500):
        tickets = Ticket.objects.filter(number__startswith="20260101").order_by("pk")[:number]
        changes = {
            "owner": [aiko, uma][number == 500].pk,
            "priority": ["high", "low"][number == 500],
            "state": "open",
        }
        with django_assert_max_num_queries(40) as statements:
            assert send(client, tickets, **changes).status_code == 303
        counts.append(len(statements))
    assert abs(counts[0] - counts[1]) <= 2, counts
    assert Ticket.objects.filter(owner=uma, priority="low").count() == 500


def test_one_click_takes_a_ticket(three, uma, signed_in):
    answer = signed_in(uma).post(MINE, {"ticket": marks(three[0]), "back": "view=unassigned&page=2"})
    assert (answer.status_code, answer["Location"]) == (
        303,
        f"/tickets/?view=unassigned&page=2#ticket-{three[0].number}",
    )
    assert [ticket.owner for ticket in fresh(*three)] == [uma, None, None]
    assert said(answer) == [f"You are the owner of 1 ticket now: {three[0].number}."]


def test_whoever_was_quicker_keeps_it(three, uma, aiko, signed_in):
    seen = marks(*three)
    three[1].change_owner(aiko, by=aiko)
    answer = signed_in(uma).post(MINE, {"ticket": seen})
    assert [ticket.owner for ticket in fresh(*three)] == [uma, aiko, uma]
    assert three[1].number in said(answer)[1]


def test_the_zoom_page_has_it_too_while_it_is_somebody_elses(ticket, mika, uma, signed_in):
    client = signed_in(mika)
    page = client.get(f"/tickets/{ticket.number}/")
    assert "Assign to me" in page.text
    client.post(f"/tickets/{ticket.number}/fields/owner/", {"version": ticket.version, "owner": mika.pk})
    assert fresh(ticket)[0].owner == mika
    assert "Assign to me" not in client.get(f"/tickets/{ticket.number}/").text


def test_rows_offer_it_where_it_can_be_done(make_ticket, uma, vera, signed_in):
    make_ticket(title="Hers", owner=uma)
    assert "data-mine" not in signed_in(uma).get("/tickets/").text
    make_ticket(title="Nobody's")
    assert signed_in(uma).get("/tickets/").text.count("data-mine") == 1
    assert "data-mine" not in signed_in(vera).get("/tickets/").text


def test_no_script_chooses_a_page_by_a_link(three, uma, signed_in):
    page = signed_in(uma).get("/tickets/?chosen=page")
    assert page.text.count("checked aria-label") == 3

"""Merging and deleting in the pages; bringing back in the admin."""

import pytest

from tickets.models import Ticket


def names(ticket):
    return list(ticket.events.values_list("name", flat=True))


def merge(client, ticket, number):
    return client.post(f"/tickets/{ticket.number}/merge/", {"target": number})


@pytest.fixture
def twin(make_ticket, acme):
    return make_ticket(customer=acme, title="Same thing")


def test_uma_merges_by_number(ticket, twin, uma, signed_in):
    client = signed_in(uma)
    assert client.get(f"/tickets/{ticket.number}/merge/").status_code == 200
    assert merge(client, ticket, f" {twin.number} ").url == f"/tickets/{twin.number}/"
    ticket.refresh_from_db()
    assert (ticket.merged_into, ticket.state) == (twin, "closed")
    assert "was merged into another one" in client.get(f"/tickets/{ticket.number}/").text
    assert "merged into this one" in client.get(f"/tickets/{twin.number}/").text


def test_on_a_merged_ticket_nobody_writes_and_what_was_typed_is_not_lost(ticket, twin, uma, cora, signed_in):
    version = ticket.version
    ticket.merge_into(twin, by=uma)
    url = f"/tickets/{ticket.number}/"
    page = signed_in(cora).get(url).text
    assert ("goes on there" in page, "Write a reply" in page) == (True, False)
    assert "kind=note" not in signed_in(uma).get(url).text
    # Whoever was writing while it was merged.
    late = signed_in(cora).post(f"{url}articles/", {"body": "Any news?"})
    assert (late.status_code, "goes on there: please write" in late.text) == (422, True)
    assert "Any news?" in late.text
    late = signed_in(uma).post(f"{url}articles/", {"kind": "note", "body": "Hm.", "version": version})
    assert (late.status_code, "Hm." in late.text) == (422, True)


def test_unknown_and_hidden_targets_read_the_same(ticket, make_ticket, acme, uma, signed_in):
    from tickets.models import Queue

    hidden = make_ticket(customer=acme, queue=Queue.objects.create(name="Backstage"))
    answers = [merge(signed_in(uma), ticket, number) for number in (hidden.number, "2099010100000001")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1
    assert names(ticket) == ["TicketCreate"]


@pytest.mark.parametrize("junk", ["", "x", "\x00", "9" * 21, "-1", "١٢٣", "' OR 1=1"])
def test_junk_is_told_beside_the_field(ticket, uma, signed_in, junk):
    answer = merge(signed_in(uma), ticket, junk)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["target"])


def test_what_cannot_be_merged_says_why(ticket, twin, make_ticket, borealis, uma, signed_in):
    client = signed_in(uma)
    assert "cannot be merged with itself" in merge(client, ticket, ticket.number).text
    assert (
        "Tickets of different customers" in merge(client, ticket, make_ticket(customer=borealis).number).text
    )
    merge(client, ticket, twin.number)
    assert "merged already" in merge(client, ticket, twin.number).text


def test_the_target_must_be_hers_to_change_too(ticket, make_ticket, acme, uma, signed_in):
    from tickets.choices import Level
    from tickets.models import Queue

    queue = Queue.objects.create(name="To look at")
    queue.grants.create(role="itsm_viewer", level=Level.READ)
    answer = merge(signed_in(uma), ticket, make_ticket(customer=acme, queue=queue).number)
    assert answer.status_code == 422
    assert "not change it" in answer.text
    assert names(ticket) == ["TicketCreate"]


def test_deleting_asks_first_and_hides_it_from_all(ticket, uma, ada, signed_in):
    client = signed_in(uma)
    assert "Delete this ticket?" in client.get(f"/tickets/{ticket.number}/delete/").text
    assert names(ticket) == ["TicketCreate"]
    assert client.post(f"/tickets/{ticket.number}/delete/").url == "/tickets/"
    assert names(ticket)[-1] == "TicketDelete"
    for person in (uma, ada):
        assert signed_in(person).get(f"/tickets/{ticket.number}/").status_code == 404


@pytest.mark.parametrize("act", ["merge", "delete"])
@pytest.mark.parametrize(
    ("login", "status"), [("vera", 403), ("carl", 403), ("cora", 403), ("bo", 404), ("ray", 404)]
)
def test_forged_endings_are_refused(ticket, twin, everyone, signed_in, login, status, act):
    client = signed_in(everyone[login])
    assert client.get(f"/tickets/{ticket.number}/{act}/").status_code == status
    assert client.post(f"/tickets/{ticket.number}/{act}/", {"target": twin.number}).status_code == status
    assert names(ticket) == ["TicketCreate"]


def test_ada_brings_a_deleted_ticket_back(ticket, uma, ada, signed_in):
    ticket.remove(by=uma)
    client = signed_in(ada)
    assert ticket.number in client.get("/admin/tickets/ticket/?deleted=yes").text
    client.post("/admin/tickets/ticket/", {"action": "restore", "_selected_action": [ticket.pk]})
    assert Ticket.objects.get(pk=ticket.pk).deleted_at is None
    assert names(ticket)[-1] == "TicketRestore"
    assert signed_in(uma).get(f"/tickets/{ticket.number}/").status_code == 200


def test_the_admin_changes_no_ticket_behind_its_history(ticket, ada, signed_in):
    client = signed_in(ada)
    page = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/")
    assert page.status_code == 200
    assert 'name="title"' not in page.text
    assert client.post(f"/admin/tickets/ticket/{ticket.pk}/change/", {"title": "x"}).status_code == 403
    assert client.post("/admin/tickets/ticket/add/", {"title": "x"}).status_code == 403
    assert client.post(f"/admin/tickets/ticket/{ticket.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_queue_grants_what_is_shipped(ada, uma, make_ticket, signed_in):
    from tickets.models import Queue

    signed_in(ada).post(
        "/admin/tickets/queue/add/",
        {"name": "Fresh", "is_active": "on", "follow_up": "reopen", "unlock_minutes": 0},
    )
    assert Queue.objects.get(name="Fresh").grants.count() == 2


@pytest.mark.parametrize("login", ["mika", "uma", "vera", "carl", "ray"])
def test_the_admin_is_adas_alone(everyone, signed_in, login):
    assert signed_in(everyone[login]).get("/admin/tickets/queue/").status_code == 302

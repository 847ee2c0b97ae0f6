"""Moving a ticket where its owner or its responsible cannot read it: the agent is asked first (domain §1)."""

import pytest

from opsi.models import Group
from tickets.choices import Level
from tickets.models import Queue, QueueGrant
from watchers.models import PolicyCell, Watcher, WatcherSettings

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(mika):
    """A queue only the group Personnel reads; mika is in it."""
    group = Group.objects.create(name="Personnel", slug="personnel")
    mika.groups.add(group)
    queue = Queue.objects.create(name="Personnel matters")
    QueueGrant.objects.create(queue=queue, group=group, level=Level.WRITE)
    return queue


def move(client, ticket, queue, **answers):
    sent = {"version": ticket.version, "queue": queue.pk, **answers}
    return client.post(f"/tickets/{ticket.number}/fields/queue/", sent)


def happened(ticket):
    return [event.name for event in ticket.events.order_by("id")[1:]]


def test_mika_is_asked_about_the_owner_and_nothing_is_saved_before(ticket, staff, mika, signed_in):
    answer = move(signed_in(mika), ticket, staff)
    assert answer.status_code == 200
    assert "The owner Uma Ogawa cannot read “Personnel matters”. What then?" in answer.text
    assert 'name="responsible_then"' not in answer.text
    assert "is-invalid" not in answer.text
    assert happened(ticket) == []


def test_an_answer_that_is_left_out_stands_beside_its_question(ticket, staff, mika, signed_in):
    answer = move(signed_in(mika), ticket, staff, asked=staff.pk)
    assert answer.status_code == 422
    assert "Choose one of the two." in answer.text
    wrong = move(signed_in(mika), ticket, staff, asked=staff.pk, owner_then="perhaps")
    assert wrong.status_code == 422
    assert happened(ticket) == []


def test_kept_the_owner_reads_on_as_the_owner(ticket, staff, mika, uma, signed_in):
    answer = move(signed_in(mika), ticket, staff, asked=staff.pk, owner_then="keep")
    assert answer.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.queue, ticket.owner) == (staff, uma)
    assert happened(ticket) == ["TicketQueueUpdate"]
    assert signed_in(uma).get(f"/tickets/{ticket.number}/").status_code == 200


def test_taken_off_in_the_same_operation_each_with_a_row(ticket, staff, mika, uma, aiko, signed_in):
    ticket.change_responsible(aiko, by=mika)
    asked = move(signed_in(mika), ticket, staff).text
    assert "佐藤 愛子, who is responsible, cannot read" in asked
    answer = move(
        signed_in(mika), ticket, staff, asked=staff.pk, owner_then="take_off", responsible_then="take_off"
    )
    assert answer.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.queue, ticket.owner, ticket.responsible) == (staff, None, None)
    rows = ticket.events.order_by("-id")[:3]
    assert {row.name for row in rows} == {
        "TicketQueueUpdate",
        "TicketOwnerUpdate",
        "TicketResponsibleUpdate",
    }
    assert len({row.operation for row in rows}) == 1
    for person in (uma, aiko):
        assert signed_in(person).get(f"/tickets/{ticket.number}/").status_code == 404


def test_one_is_kept_and_the_other_taken_off(ticket, staff, mika, uma, aiko, signed_in):
    ticket.change_responsible(aiko, by=mika)
    move(signed_in(mika), ticket, staff, asked=staff.pk, owner_then="keep", responsible_then="take_off")
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.responsible) == (uma, None)


def test_nobody_is_asked_where_all_can_read(ticket, mika, signed_in):
    other = Queue.objects.create(name="Second level")
    other.grant_shipped()
    assert move(signed_in(mika), ticket, other).status_code == 302
    assert happened(ticket) == ["TicketQueueUpdate"]


def test_an_answer_for_another_queue_is_none(ticket, staff, mika, signed_in):
    """Who was asked of one queue and sends another is asked again."""
    answer = move(signed_in(mika), ticket, staff, asked=staff.pk + 1, owner_then="keep")
    assert answer.status_code == 200
    assert "What then?" in answer.text
    assert happened(ticket) == []


def test_an_answer_to_an_older_ticket_waits(ticket, staff, mika, aiko, signed_in):
    version = ticket.version
    ticket.change_owner(aiko, by=mika)
    answer = move(signed_in(mika), ticket, staff, version=version, asked=staff.pk, owner_then="take_off")
    assert answer.status_code == 409
    assert "佐藤 愛子" in answer.text
    ticket.refresh_from_db()
    assert ticket.owner == aiko


def test_a_queue_nobody_sees_is_offered_only_where_it_is_open_to_moves(ticket, staff, uma, signed_in):
    client = signed_in(uma)
    form = f"/tickets/{ticket.number}/fields/queue/"
    assert "Personnel matters" not in client.get(form).text
    Queue.objects.filter(pk=staff.pk).update(open_to_moves=True)
    assert "Personnel matters" in client.get(form).text


def test_who_moves_it_out_of_their_own_sight_is_warned(ticket, staff, aiko, mika, signed_in):
    """aiko may write in the old queue and has no other ground."""
    aiko.language = "en"
    aiko.save()
    Queue.objects.filter(pk=staff.pk).update(open_to_moves=True)
    ticket.change_owner(None, by=mika)
    client = signed_in(aiko)
    asked = move(client, ticket, staff)
    assert asked.status_code == 200
    assert "once it is moved, this ticket is out of your sight" in asked.text
    done = move(client, ticket, staff, asked=staff.pk)
    assert (done.status_code, done.url) == (302, "/tickets/")
    assert client.get(f"/tickets/{ticket.number}/").status_code == 404


def test_who_owns_it_is_asked_about_themselves(ticket, staff, uma, signed_in):
    Queue.objects.filter(pk=staff.pk).update(open_to_moves=True)
    asked = move(signed_in(uma), ticket, staff).text
    assert "You are the owner and cannot read “Personnel matters” yourself." in asked
    assert "You stay the owner, and read this ticket for that reason alone" in asked
    assert "Stays the owner" not in asked
    assert "out of your sight" not in asked
    assert move(signed_in(uma), ticket, staff, asked=staff.pk, owner_then="take_off").url == "/tickets/"


def test_it_says_how_many_watchers_will_read_only_because_they_watch(
    ticket, staff, mika, uma, aiko, vera, carl, signed_in
):
    """carl reads it by right, uma is asked about: vera and aiko are left with their watch."""
    for person in (vera, aiko, carl, uma):
        Watcher.objects.watch(ticket, person, by=mika)
    said = "2 watchers cannot read “Personnel matters” and will read this ticket only because they watch."
    assert said in move(signed_in(mika), ticket, staff).text
    WatcherSettings(watching_grants_reading=False).save()
    resting = "2 watchers cannot read “Personnel matters”: their watches rest there"
    assert resting in move(signed_in(mika), ticket, staff).text


def test_it_counts_only_the_watchers_the_mover_may_see(ticket, staff, mika, aiko, vera, signed_in):
    for person in (vera, aiko):
        Watcher.objects.watch(ticket, person, by=mika)
    PolicyCell.objects.filter(setter="itsm_manager", target="agent").update(
        see="none", add="none", remove="none"
    )
    assert "only because they watch" not in move(signed_in(mika), ticket, staff).text


def test_watchers_left_with_their_watch_are_marked_and_read_on(ticket, staff, mika, vera, signed_in):
    Watcher.objects.watch(ticket, vera, by=mika)
    move(signed_in(mika), ticket, staff, asked=staff.pk, owner_then="keep")
    assert signed_in(vera).get(f"/tickets/{ticket.number}/").status_code == 200
    for page in ("", "watchers/"):
        shown = signed_in(mika).get(f"/tickets/{ticket.number}/{page}").text
        assert "Reads only because they watch" in shown


def test_the_dialog_is_asked_in_just_so(ticket, staff, mika, signed_in):
    answer = signed_in(mika).post(
        f"/tickets/{ticket.number}/fields/queue/",
        {"version": ticket.version, "queue": staff.pk},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "What then?" in answer.text


def test_the_verb_takes_off_who_is_named(ticket, staff, mika, uma):
    ticket.change_queue(staff, by=mika, take_off=["owner"])
    assert ticket.owner is None
    with pytest.raises(ValueError, match="created_by"):
        ticket.change_queue(staff, by=mika, take_off=["created_by"])


@pytest.mark.parametrize("junk", ["", "x", "9" * 30, "\x00", "-1"])
def test_junk_asks_nothing_and_moves_nothing(junk, ticket, mika, staff, signed_in):
    answered = {"queue": staff.pk, "asked": staff.pk, "owner_then": junk, "version": junk}
    for sent, status in (({"queue": junk}, 422), (answered, 422), (answered | {"asked": junk}, 200)):
        answer = signed_in(mika).post(f"/tickets/{ticket.number}/fields/queue/", sent)
        assert answer.status_code == status
    assert happened(ticket) == []

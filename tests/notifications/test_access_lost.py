"""Reading is lost and won again by groups, grants and roles: at once, everywhere (domain §1, §3).

Each with a real dispatch, its mail waiting in the window, and the window's end.
"""

from dataclasses import dataclass

import pytest

from notifications.models import Candidate, MailItem
from opsi.models import Customer, User
from tests.notifications.comings import EVERYWHERE, change, switch
from tests.notifications.comings import back_office as back_office
from tests.notifications.comings import begun as begun
from tests.notifications.comings import network as network
from tests.notifications.comings import seen as seen
from tests.notifications.comings import told as told
from tests.sweeping import sweep
from tickets import access
from tickets.choices import Level
from tickets.models import QueueGrant, Ticket
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@dataclass
class Loss:
    take: object
    give_back: object


def _group_membership(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, group=network, level=Level.READ)
    vera.groups.add(network)
    return Loss(lambda: vera.groups.remove(network), lambda: vera.groups.add(network))


def _members_from_the_groups_side(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, group=network, level=Level.READ)
    network.members.add(vera)
    return Loss(network.members.clear, lambda: network.members.add(vera))


def _grant(vera, network, ticket, acme):
    def grant():
        return QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)

    grant()
    return Loss(lambda: QueueGrant.objects.filter(queue=ticket.queue).delete(), grant)


def _all_roles(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)
    return Loss(lambda: change(vera, agent_role=""), lambda: change(vera, agent_role="itsm_viewer"))


def _role_from_a_group(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_user", level=Level.READ)
    vera.groups.add(network)
    change(network, agent_role="itsm_user")
    return Loss(lambda: change(network, agent_role=""), lambda: change(network, agent_role="itsm_user"))


def _a_customer_besides_the_role(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)
    other = Customer.objects.create(name="Caldera")
    return Loss(lambda: change(vera, customer=other), lambda: change(vera, customer=None))


def _assignment_group(vera, network, ticket, acme):
    vera.groups.add(network)
    ticket.change_assignment_group(network, by=None)
    return Loss(lambda: vera.groups.remove(network), lambda: vera.groups.add(network))


def _assignment(vera, network, ticket, acme):
    vera.groups.add(network)
    ticket.change_assignment_group(network, by=None)
    return Loss(
        lambda: Ticket.objects.get(pk=ticket.pk).change_assignment_group(None, by=None),
        lambda: Ticket.objects.get(pk=ticket.pk).change_assignment_group(network, by=None),
    )


LOSSES = [
    _group_membership, _members_from_the_groups_side, _grant, _all_roles, _role_from_a_group,
    _a_customer_besides_the_role, _assignment_group, _assignment,
]  # fmt: skip


@pytest.mark.parametrize("losing", LOSSES, ids=lambda way: way.__name__.strip("_"))
def test_what_is_lost_is_lost_everywhere_at_once(losing, begun, told, seen, vera, network, acme):
    """vera watches as well; but watching grants no reading here, so that the ground alone decides."""
    ticket = begun(vera)
    loss = losing(vera, network, ticket, acme)
    sweep()
    switch(False)
    told(ticket)
    assert seen(ticket, vera).places() == EVERYWHERE
    loss.take()
    assert seen(ticket, vera).places() == set()
    assert not Ticket.objects.readable_by(User.objects.get(pk=vera.pk)).exists()
    assert told.fate(vera) == "no_access"
    told(ticket)
    assert told.drops(vera) == {"no_access"}
    loss.give_back()
    told(ticket)
    assert told.fate(vera) == "sent"
    assert seen(ticket, vera).places() == EVERYWHERE


def test_a_user_who_becomes_a_viewer_reads_on_and_writes_no_more(
    begun, told, seen, aiko, back_office, signed_in
):
    back_office.grant_shipped()
    ticket = begun(aiko, owner=aiko)
    told(ticket)
    note = {"kind": "note", "body": "Looked at it."}
    client = signed_in(aiko)
    assert client.post(f"/tickets/{ticket.number}/articles/", note).status_code == 302
    change(aiko, agent_role="itsm_viewer")
    aiko.refresh_from_db()
    assert access.verbs_of(aiko, ticket) == {"read"}
    assert client.post(f"/tickets/{ticket.number}/articles/", note).status_code == 403
    assert client.post(f"/tickets/{ticket.number}/fields/state/", {"state": "open"}).status_code == 403
    assert client.get("/tickets/new/").status_code == 403
    assert seen(ticket, aiko).places() >= {"page", "attachment", "list", "inbox"}
    assert told.fate(aiko) == "sent"


def test_without_any_role_an_agent_is_a_requester_of_their_own_tickets_alone(begun, uma, seen, signed_in):
    mine, anothers = begun(by=uma, owner=uma), begun(owner=uma)
    change(uma, agent_role="")
    assert "page" in seen(mine, uma).places()
    # What is unread is of the ticket that is theirs.
    assert seen(anothers, uma).places() <= {"badge"}
    page = signed_in(uma).get(f"/tickets/{mine.number}/")
    assert "is-request" in page.text
    assert signed_in(uma).get(f"/tickets/{mine.number}/history/").status_code == 403


def test_a_role_and_a_customer_make_a_customer_user_who_sees_no_internal_article(
    begun, uma, mika, acme, told, mail_host, signed_in, clock
):
    ticket = begun(uma, customer=acme, owner=uma)
    Candidate.objects.all().delete()
    ticket.note("The relay is theirs.", by=mika)
    sweep()
    assert MailItem.objects.filter(person=uma, state="waiting").exists()
    change(uma, customer=acme)
    assert told.fate(uma) == "article_gone"
    client = signed_in(User.objects.get(pk=uma.pk))
    page = client.get(f"/tickets/{ticket.number}/")
    assert page.status_code == 200
    assert "is-request" in page.text
    assert "The relay is theirs." not in page.text + client.get("/inbox/").text


def test_a_group_that_watches_grants_its_members_no_reading(begun, vera, network, told, seen):
    vera.groups.add(network)
    ticket = begun()
    Watcher.objects.create(ticket=ticket, group=network)
    told(ticket)
    assert seen(ticket, vera).places() == set()
    assert not told.waits(vera)
    # With a ground of their own they are told, as the group watches.
    QueueGrant.objects.create(queue=ticket.queue, group=network, level=Level.READ)
    told(ticket)
    assert told.fate(vera) == "sent"


def test_a_member_who_leaves_the_watching_group_gets_no_mail_that_waits(begun, vera, network, told):
    vera.groups.add(network)
    ticket = begun()
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)
    Watcher.objects.create(ticket=ticket, group=network)
    told(ticket)
    vera.groups.remove(network)
    assert told.fate(vera) == "watch_ended"

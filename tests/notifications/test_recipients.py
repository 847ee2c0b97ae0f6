"""Whom each recipient kind means, and that overlaps give one notice each (domain §5, behaviours B8, B9, B10)."""

import pytest

from notifications import recipients
from notifications.models import Notice, Subscription
from opsi.models import Group
from opsi.roles import AgentRole
from tests.notifications.conftest import drops, told
from tests.people import person
from tickets.models import Service
from watchers.models import Watcher


@pytest.fixture
def reached(ticket, ada, only, dispatch, forget):
    """`reached(recipients=[…], …)`: who is told of ada's answer by a definition with these fields."""

    def reach(**fields):
        forget()
        only(**{"recipients": [], **fields})
        ticket.reply("We are on it.", by=ada)
        dispatch()
        return sorted(told())

    return reach


@pytest.fixture
def network(db, aiko, vera):
    group = Group.objects.create(name="Network", slug="network")
    group.members.add(aiko, vera)
    return group


def test_creator(reached):
    assert reached(recipients=["creator"]) == ["mika"]


def test_owner_and_responsible_as_they_were_then(ticket, uma, aiko, vera, mika, only, dispatch, forget):
    ticket.change_responsible(mika, by=uma)
    forget()
    only(recipients=["owner", "responsible"])
    ticket.note("Yours, Uma.", by=None)
    ticket.change_owner(aiko, by=uma)
    dispatch()
    assert told() == {"uma": 1, "mika": 1}


def test_assignment_group(ticket, network, ada, reached):
    ticket.change_assignment_group(network, by=ada)
    assert reached(recipients=["assignment_group"]) == ["aiko", "vera"]


def test_watchers_as_they_were_then(ticket, uma, aiko, vera, carl, ada, reached):
    for watcher in (aiko, vera, carl):
        Watcher.objects.watch(ticket, watcher, by=uma)
    Watcher.objects.unwatch(ticket, aiko, by=aiko)
    assert reached(recipients=["watchers"]) == ["carl", "vera"]


def test_whoever_watched_when_it_happened_is_told_though_they_stopped_since(
    ticket, uma, aiko, vera, only, dispatch, forget
):
    Watcher.objects.watch(ticket, aiko, by=uma)
    forget()
    only(recipients=["watchers"])
    ticket.note("Before.", by=uma)
    Watcher.objects.unwatch(ticket, aiko, by=aiko)
    Watcher.objects.watch(ticket, vera, by=vera)
    dispatch()
    assert told() == {"aiko": 1}


def test_a_watching_group_is_its_members_but_for_those_who_ended_their_own_watch(
    ticket, network, uma, aiko, reached
):
    Watcher.objects.create(ticket=ticket, group=network, added_by=uma)
    Watcher.objects.watch(ticket, aiko, by=uma)
    Watcher.objects.unwatch(ticket, aiko, by=aiko)
    assert reached(recipients=["watchers"]) == ["vera"]


def test_a_member_of_a_watching_group_who_begins_to_watch_afterwards_is_told(
    ticket, network, uma, vera, only, dispatch, forget
):
    Watcher.objects.create(ticket=ticket, group=network, added_by=uma)
    forget()
    only(recipients=["watchers"])
    ticket.note("Before.", by=uma)
    Watcher.objects.watch(ticket, vera, by=vera)
    dispatch()
    assert told() == {"aiko": 1, "vera": 1}


def test_customer_user(make_ticket, acme, carl, only, mika, dispatch, forget):
    ticket = make_ticket(customer=acme, customer_user=carl)
    forget()
    only(recipients=["customer_user"])
    ticket.reply("We are on it.", by=mika)
    dispatch()
    assert told() == {"carl": 1}


def test_agents_with_write_permission(reached, ada, mika, uma, aiko, vera, carl, network):
    through_group = person("gus", "Gus Group")
    Group.objects.create(name="Desk", slug="desk", agent_role=AgentRole.USER).members.add(through_group)
    assert reached(recipients=["write_agents"]) == ["aiko", "gus", "mika", "uma"]


def test_subscribers(ticket, service_desk, uma, aiko, vera, mika, ada, reached):
    mail = Service.objects.create(name="Mail")
    ticket.change_service(mail, by=ada)
    Subscription.objects.create(person=aiko, queue=service_desk)
    Subscription.objects.create(person=vera, service=mail)
    Subscription.objects.create(person=mika, queue=service_desk)
    Subscription.objects.create(person=mika, service=mail)
    assert reached(recipients=["queue_subscribers"]) == ["aiko", "mika"]
    assert reached(name="Second", recipients=["service_subscribers"]) == ["mika", "vera"]
    assert reached(name="Third", recipients=["queue_and_service_subscribers"]) == ["mika"]


def test_named_people_groups_and_roles_overlap_in_one_notice_each(reached, network, uma, aiko, vera, mika):
    assert reached(
        recipients=["owner"], users=[uma, aiko], groups=[network], roles=["itsm_viewer", "itsm_user"]
    ) == ["aiko", "uma", "vera"]
    [notice] = Notice.objects.filter(person=uma)
    assert notice.reasons == ["owner", "named_users", "roles"]


def test_a_role_held_through_a_group_counts(reached, vera):
    Group.objects.create(name="Deputies", slug="deputies", agent_role=AgentRole.MANAGER).members.add(vera)
    assert reached(roles=["itsm_manager"]) == ["mika", "vera"]


def test_a_customers_role_means_people_of_the_tickets_customer(reached, carl, cora, bo):
    assert reached(roles=["customer_manager"]) == ["carl"]
    assert drops() == {}


def test_administrators(reached, ticket, ada, mika):
    second = person("abe", "Abe Admin", agent_role=AgentRole.ADMIN)
    assert reached(recipients=["admins"]) == [second.username]


def test_newly_concerned_are_new_owner_responsible_group_and_subscribers(
    ticket, network, uma, aiko, vera, mika, only, dispatch, forget
):
    mail = Service.objects.create(name="Mail")
    Subscription.objects.create(person=vera, service=mail)
    changes = [
        "TicketOwnerUpdate",
        "TicketResponsibleUpdate",
        "TicketAssignmentGroupUpdate",
        "TicketServiceUpdate",
    ]
    forget()
    only(events=changes, recipients=["newly_concerned"])
    ticket.change_owner(aiko, by=uma)
    ticket.change_responsible(mika, by=uma)
    ticket.change_service(mail, by=uma)
    ticket.change_service(None, by=uma)
    dispatch()
    assert told() == {"aiko": 1, "mika": 1, "vera": 1}


@pytest.mark.parametrize("kind", ["first_article_recipients", "last_article_recipients"])
def test_recipients_of_an_article_each_get_one_and_know_nothing_of_each_other(
    kind, ticket, carl, uma, mika, only, dispatch, forget
):
    to = "Carl <CARL@example.com>, boss@acme.example, not-an-address, boss@acme.example"
    ticket.reply("First answer.", by=mika, to=to, cc="Boss <Boss@acme.example>")
    forget()
    only(recipients=[kind], events=["TicketStateUpdate"])
    ticket.change_state("open", by=mika)
    dispatch()
    assert told() == ({} if kind.startswith("first") else {"carl": 1, "boss@acme.example": 1})


def test_the_sender_of_a_customers_article_is_among_its_recipients(
    ticket, cora, mika, only, dispatch, forget
):
    ticket.follow_up("It happened again.", by=cora)
    forget()
    only(recipients=["last_article_recipients"], events=["TicketStateUpdate"])
    ticket.change_state("pending", by=mika)
    dispatch()
    assert told() == {"cora": 1}


class TestExtraAddresses:
    def test_are_split_cleaned_and_told_once_each_by_mail_only(self, reached):
        addresses = "team@example.org, TEAM@example.org;duty@example.org boss@example.org\n;, nonsense @ x@"
        assert reached(extra_addresses=addresses) == [
            "boss@example.org",
            "duty@example.org",
            "team@example.org",
        ]
        assert all(notice.channels == ["email"] for notice in Notice.objects.all())

    def test_the_systems_own_address_is_none(self, reached):
        assert reached(extra_addresses="ops-i@localhost") == []

    def test_one_that_is_a_persons_becomes_that_person(self, reached, aiko):
        assert reached(extra_addresses="Aiko@Example.com") == ["aiko"]

    def test_one_that_is_a_disabled_persons_is_not_told_as_a_stranger(self, reached, aiko):
        type(aiko).objects.filter(pk=aiko.pk).update(is_active=False)
        assert reached(extra_addresses="aiko@example.com") == []
        assert drops() == {"aiko": {"inactive"}}

    def test_get_customer_visible_articles_only(self, ticket, uma, only, dispatch, forget):
        forget()
        only(recipients=[], extra_addresses="team@example.org")
        ticket.note("The customer need not know.", by=uma)
        dispatch()
        assert told() == {}
        assert drops() == {"team@example.org": {"no_article_access"}}

    def test_tags_in_them_are_filled(self, ticket, cora, ada, only, dispatch, forget):
        forget()
        only(recipients=[], extra_addresses="{{ticket.number}}@example.org {{no.such.tag}}")
        ticket.reply("We are on it.", by=ada)
        dispatch()
        assert told() == {f"{ticket.number}@example.org": 1}


def test_an_unknown_kind_means_nobody(reached):
    assert reached(recipients=["owner", "no_such_kind"]) == ["uma"]


def test_every_kind_has_a_name_of_its_own():
    names = [kind.name for kind in recipients.all_kinds()]
    assert len(names) == len(set(names))
    assert {"named_users", "extra_addresses"}.isdisjoint(name for name, _label in recipients.choices())

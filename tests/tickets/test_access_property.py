"""Access answers in three shapes (domain §1): tickets of a person, people of a ticket, pairs. Whatever the mix of
people, queues, grants, tickets and watchers, the three must agree."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from opsi.models import Customer, Group, User
from opsi.roles import AgentRole
from tickets import access
from tickets.choices import Level
from tickets.models import Queue, QueueGrant, Ticket
from watchers.models import Watcher, WatcherSettings

ROLES = ["", "", *AgentRole.values]


def worlds(count):
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        # A world is small already; shrinking it costs minutes of database.
        phases=[Phase.explicit, Phase.generate],
    )


def maybe(chance, draw):
    return lambda choices: draw.choice(choices) if choices and draw.random() < chance else None


def build_world(draw):
    """A small installation drawn from `draw`; small, so that collisions (owner and watcher and …) are the rule."""
    sometimes, often = maybe(0.3, draw), maybe(0.6, draw)
    customers = [Customer.objects.create(name=name) for name in ("Acme", "Borealis")]
    groups = [
        Group.objects.create(name=name, slug=name.lower(), agent_role=draw.choice(ROLES))
        for name in ("Network", "Desk")
    ]
    people = []
    for number in range(8):
        person = User(
            username=f"p{number}",
            full_name=f"Person {number}",
            agent_role=draw.choice(ROLES),
            customer=sometimes(customers),
            is_active=draw.random() < 0.9,
            is_system=draw.random() < 0.05,
        )
        person.save()
        person.groups.set([group for group in groups if draw.random() < 0.3])
        people.append(person)
    queues = [Queue.objects.create(name=name) for name in ("Service desk", "Backstage")]
    for queue in queues:
        for role in AgentRole.values:
            if draw.random() < 0.4:
                QueueGrant.objects.create(queue=queue, role=role, level=draw.choice(Level.values))
        for group in groups:
            if draw.random() < 0.4:
                QueueGrant.objects.create(queue=queue, group=group, level=draw.choice(Level.values))
    tickets = []
    for number in range(5):
        # Rows as they may come to stand after years of changes, not only as a verb would make them today.
        ticket = Ticket.objects.create(
            number=f"2026010100000{number:03}",
            title="Something",
            queue=draw.choice(queues),
            created_by=often(people),
            owner=sometimes(people),
            responsible=sometimes(people),
            assignment_group=sometimes(groups),
            customer=often(customers),
            customer_user=sometimes(people),
        )
        if draw.random() < 0.15:
            Ticket.objects.filter(pk=ticket.pk).update(deleted_at=ticket.created_at)
        for person in people:
            if draw.random() < 0.3:
                watch = Watcher.objects.create(ticket=ticket, user=person)
                if draw.random() < 0.2:
                    Watcher.objects.filter(pk=watch.pk).update(ended_at=watch.since)
        for group in groups:
            if draw.random() < 0.2:
                Watcher.objects.create(ticket=ticket, group=group)
        tickets.append(ticket)
    WatcherSettings(watching_grants_reading=draw.random() < 0.6).save()


@pytest.fixture
def clean_slate(db):
    """hypothesis runs many worlds in one test: each starts from nothing."""

    def clear():
        for model in (Watcher, Ticket, QueueGrant, Queue, User.groups.through):
            model.objects.all().delete()
        # People are never deleted; only a test begins a world without those of the last.
        User.objects.all()._raw_delete("default")
        for model in (Group, Customer):
            model.objects.all().delete()

    return clear


@given(draw=st.randoms(use_true_random=False))
@worlds(40)
def test_the_three_shapes_of_access_agree(clean_slate, draw):
    clean_slate()
    build_world(draw)
    # As a request sees them: fresh from the database, effective roles and all.
    people, tickets = list(User.objects.all()), list(Ticket.objects.all())
    for level in Level:
        by_person = {
            (ticket, person.pk)
            for person in people
            for ticket in Ticket.objects.accessible_to(person, level).values_list("pk", flat=True)
        }
        by_ticket = {
            (ticket.pk, person)
            for ticket in tickets
            if ticket.deleted_at is None
            for person in User.objects.filter(access.people_of(ticket, level)).values_list("pk", flat=True)
        }
        assert by_person == by_ticket == access.pairs(tickets, people, level)
        right = {
            (ticket.pk, person)
            for ticket in tickets
            if ticket.deleted_at is None
            for person in User.objects.filter(access.people_of(ticket, level, by_right=True)).values_list(
                "pk", flat=True
            )
        }
        assert right == access.pairs(tickets, people, level, by_right=True) <= by_ticket
        singly = {
            (ticket.pk, person.pk)
            for ticket in tickets
            for person in people
            if access.pairs([ticket], [person], level)
        }
        assert singly == by_ticket, "asking one by one gives what asking for all gives"


@given(draw=st.randoms(use_true_random=False))
@worlds(20)
def test_what_watching_gives_is_reading_and_only_while_the_installation_says_so(clean_slate, draw):
    clean_slate()
    build_world(draw)
    people, tickets = list(User.objects.all()), list(Ticket.objects.all())
    WatcherSettings(watching_grants_reading=True).save()
    by_watching = access.pairs(tickets, people) - access.pairs(tickets, people, by_right=True)
    watching = set(Watcher.objects.watching().exclude(user=None).values_list("ticket", "user"))
    assert by_watching <= watching
    assert not by_watching & access.pairs(tickets, people, Level.NOTE)
    WatcherSettings(watching_grants_reading=False).save()
    assert access.pairs(tickets, people) == access.pairs(tickets, people, by_right=True)


@given(draw=st.randoms(use_true_random=False))
@worlds(20)
def test_nobody_reads_through_the_wall_between_customers(clean_slate, draw):
    clean_slate()
    build_world(draw)
    people, tickets = list(User.objects.exclude(customer=None)), list(Ticket.objects.all())
    customer_of = {person.pk: person.customer_id for person in people}
    by_id = {ticket.pk: ticket for ticket in tickets}
    for ticket, person in access.pairs(tickets, people):
        one = by_id[ticket]
        assert one.customer_id == customer_of[person] or (
            one.customer_id is None and one.created_by_id == person
        )

"""Whatever the mix of roles, definitions, preferences and events (domain §5): nobody gets two notices for one act on
one ticket, nobody who may not read a ticket is told of it, internal articles never reach those who are no agents."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from notifications import recipients
from notifications.dispatch import dispatch_operation
from notifications.models import Candidate, Definition, Notice, Outbox, Preference, Subscription
from opsi.models import Group
from tests.notifications.conftest import make_definition
from tickets import access
from tickets.models import Queue, TicketEvent
from tickets.operations import operation
from watchers.models import Watcher

LOGINS = ["ada", "mika", "uma", "aiko", "vera", "carl", "cora", "bo", "ray"]
AGENTS = ["ada", "mika", "uma", "aiko"]
EVENTS = [
    "TicketCreate",
    "ArticleCreate",
    "TicketStateUpdate",
    "TicketOwnerUpdate",
    "TicketSubscribe",
    "TicketDelete",
]
KINDS = [name for name, _label in recipients.choices()]
ROLES = ["itsm_admin", "itsm_manager", "itsm_user", "itsm_viewer", "customer_user", "customer_manager"]

some = lambda values, **sizes: st.lists(st.sampled_from(values), unique=True, **sizes)  # noqa: E731
definitions = st.fixed_dictionaries(
    {
        "events": some(EVENTS, min_size=1),
        "recipients": some(KINDS),
        "roles": some(ROLES, max_size=2),
        "severity": st.sampled_from(["from_priority", "information", "warning", "critical"]),
        "show_in_preferences": st.sampled_from(["no", "yes", "mandatory"]),
        "also_notify_actor": st.booleans(),
        "once_per_day": st.booleans(),
        "channels": st.dictionaries(st.sampled_from(["in_app", "email"]), st.booleans(), min_size=1),
        "extra_addresses": st.sampled_from(
            ["", "x@example.org, cora@example.com", "BO@example.com; x@example.org"]
        ),
    }
)
worlds = st.fixed_dictionaries(
    {
        "definitions": st.lists(definitions, min_size=1, max_size=3),
        "named": some(LOGINS, max_size=4),
        "grouped": some(LOGINS, max_size=4),
        "watchers": some(LOGINS, max_size=6),
        "subscribers": some(LOGINS, max_size=3),
        "choices": st.lists(
            st.tuples(st.sampled_from(LOGINS), st.sampled_from(["in_app", "email"]), st.booleans()),
            max_size=6,
        ),
        "customer": st.sampled_from([None, "acme", "borealis"]),
        "creator": st.sampled_from(LOGINS),
        "owner": st.sampled_from([None, *AGENTS]),
        "hidden": st.booleans(),
        "disabled": some(LOGINS, max_size=2),
        "acts": st.lists(
            st.tuples(
                st.sampled_from(["note", "reply", "state", "owner", "subscribe", "delete"]),
                st.sampled_from(LOGINS),
            ),
            min_size=1,
            max_size=4,
        ),
        "informed": some(LOGINS, max_size=3),
        "together": st.booleans(),
    }
)


@pytest.fixture
def build(everyone, acme, borealis, service_desk):
    """`build(world)`: a ticket in that world, and what happened to it; the ids of the operations."""
    secret = Queue.objects.create(name="Secret")
    customers = {"acme": acme, "borealis": borealis, None: None}

    def make(world, make_ticket):
        group = Group.objects.create(name="Group", slug="group")
        group.members.set(everyone[login] for login in world["grouped"])
        Definition.objects.update(validity="invalid")
        named = [everyone[login] for login in world["named"]]
        made = [
            make_definition(name=f"Definition {number}", users=named, groups=[group], **fields)
            for number, fields in enumerate(world["definitions"])
        ]
        for login, channel, enabled in world["choices"]:
            Preference.objects.update_or_create(
                person=everyone[login], definition=made[0], channel=channel, defaults={"enabled": enabled}
            )
        for login in world["subscribers"]:
            Subscription.objects.create(person=everyone[login], queue=service_desk)
        owner = everyone[world["owner"]] if world["owner"] else None
        ticket = make_ticket(
            by=everyone[world["creator"]],
            customer=customers[world["customer"]],
            owner=owner,
            queue=secret if world["hidden"] else service_desk,
        )
        for login in world["watchers"]:
            Watcher.objects.watch(ticket, everyone[login], by=everyone["ada"])
        if world["together"]:
            with operation(by=everyone[world["acts"][0][1]]):
                act(ticket, world)
        else:
            act(ticket, world)
        for login in world["disabled"]:
            type(everyone[login]).objects.filter(pk=everyone[login].pk).update(is_active=False)

    def act(ticket, world):
        informed = [everyone[login] for login in world["informed"]]
        for what, login in world["acts"]:
            by = everyone[login]
            match what:
                case "note":
                    ticket.note("Internal.", by=by, informed=informed)
                case "reply":
                    ticket.reply("Public.", by=by, to="x@example.org, ray@example.com", informed=informed)
                case "state":
                    ticket.change_state("open" if ticket.state == "new" else "new", by=by)
                case "owner":
                    ticket.change_owner(everyone["aiko"], by=by)
                case "subscribe":
                    Watcher.objects.watch(ticket, everyone["ray"], by=by)
                case "delete":
                    ticket.remove(by=by)

    return make


def check(everyone):
    notices = list(Notice.objects.select_related("person", "ticket"))
    people = list({person.pk: person for person in type(everyone["ada"]).objects.all()}.values())
    tickets = {notice.ticket for notice in notices}
    readable = access.pairs(tickets, people, deleted=True)
    events = TicketEvent.objects.select_related("article").in_bulk()
    seen = set()
    for notice in notices:
        key = (notice.operation, notice.ticket_id, notice.person_id, notice.address)
        assert key not in seen, "two notices for one act on one ticket"
        seen.add(key)
        assert bool(notice.person_id) != bool(notice.address)
        assert notice.event_id in notice.event_ids
        assert notice.channels
        if notice.person:
            assert notice.person.is_notifiable
            assert (notice.ticket_id, notice.person_id) in readable, "told without access"
        if not (notice.person and notice.person.is_agent):
            for event in (events[pk] for pk in notice.event_ids):
                assert event.article is None or event.article.visible_for_customer, (
                    "an internal article got out"
                )
    assert not Candidate.objects.filter(drop="", notice=None).exists()
    assert not Candidate.objects.exclude(drop="").exclude(notice=None).exists()
    assert not Outbox.objects.exclude(state="done", error="").exists()
    persons_addresses = {person.email for person in people}
    assert not {notice.address for notice in notices} & persons_addresses


@pytest.mark.django_db
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(world=worlds)
def test_nobody_is_told_twice_or_of_what_they_may_not_read(world, everyone, build, make_ticket):
    from django.db import transaction

    with transaction.atomic():
        build(world, make_ticket)
        for waiting in list(Outbox.objects.order_by("created_at").values_list("pk", flat=True)):
            assert dispatch_operation(waiting)
            assert not dispatch_operation(waiting)
        check(everyone)
        transaction.set_rollback(True)

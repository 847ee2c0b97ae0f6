"""Whatever the mix of roles, definitions, preferences and events (domain §5): nobody gets two notices for one act on
one ticket, nobody who may not read a ticket is told of it, neither when it is decided nor when mail goes out, internal
articles never reach those who are no agents, and what one person has held back is in nobody else's mail."""

import datetime

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from notifications import recipients
from notifications.dispatch import dispatch_operation
from notifications.models import (
    Candidate,
    Definition,
    Following,
    Mail,
    MailItem,
    Notice,
    NotificationFunction,
    Outbox,
    PersonalSettings,
    Preference,
    Subscription,
)
from notifications.recheck import recheck
from notifications.watching import BY_WATCHING, STATE_CHANGES, STATE_CHANGES_ONLY
from opsi.models import Group, User
from tests.notifications.conftest import make_definition
from tickets import access
from tickets.models import Article, Queue, QueueGrant, Ticket, TicketEvent
from tickets.operations import operation
from watchers.models import AutoWatch, Watcher

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

OPTIONS = {"only_state_changes": "state_changes_only", "until_resolved": "until_resolved"}

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
        "critical_skips_window": st.booleans(),
        "send_out_of_office": st.booleans(),
        "channels": st.dictionaries(st.sampled_from(["in_app", "email"]), st.booleans(), min_size=1),
        "extra_addresses": st.sampled_from(
            ["", "x@example.org, cora@example.com", "BO@example.com; x@example.org"]
        ),
    }
)
personal = st.fixed_dictionaries(
    {
        "quiet": st.booleans(),
        "rhythm": st.sampled_from(["each", "daily", "weekly"]),
        "away": st.booleans(),
        "stand_in": st.sampled_from([None, *LOGINS]),
        "own_actions": st.booleans(),
    }
)
worlds = st.fixed_dictionaries(
    {
        "definitions": st.lists(definitions, min_size=1, max_size=3),
        "named": some(LOGINS, max_size=4),
        "grouped": some(LOGINS, max_size=4),
        "watchers": some(LOGINS, max_size=6),
        "state_changes_only": some(LOGINS, max_size=3),
        "until_resolved": some(LOGINS, max_size=3),
        "group_watches": st.booleans(),
        "subscribers": some(LOGINS, max_size=3),
        "choices": st.lists(
            st.tuples(st.sampled_from(LOGINS), st.sampled_from(["in_app", "email"]), st.booleans()),
            max_size=6,
        ),
        "personal": st.dictionaries(st.sampled_from(LOGINS), personal, max_size=5),
        "following": some(["carl", "cora", "bo"], max_size=2),
        "automatic": some(LOGINS, max_size=3),
        "customer": st.sampled_from([None, "acme", "borealis"]),
        "creator": st.sampled_from(LOGINS),
        "owner": st.sampled_from([None, *AGENTS]),
        "hidden": st.booleans(),
        "disabled": some(LOGINS, max_size=2),
        "acts": st.lists(
            st.tuples(
                st.sampled_from(
                    ["note", "reply", "state", "resolve", "owner", "subscribe", "undo", "delete"]
                ),
                st.sampled_from(LOGINS),
            ),
            min_size=1,
            max_size=4,
        ),
        "informed": some(LOGINS, max_size=3),
        "together": st.booleans(),
        # What happens while the mail waits.
        "meanwhile": some(
            ["unwatch", "hide", "close", "switch", "disable", "internal", "unsay", "delete", "turn off"],
            max_size=3,
        ),
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
        for login, own in world["personal"].items():
            settle(login, own)
        for login in world["following"]:
            Following.objects.create(person=everyone[login], customer=everyone[login].customer)
        AutoWatch.objects.bulk_create(
            AutoWatch(person=everyone[login], on_create=True, on_article=True, on_informed=True)
            for login in world["automatic"]
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
            options = {name: login in world[of] for name, of in OPTIONS.items()}
            Watcher.objects.watch(ticket, everyone[login], by=everyone["ada"], **options)
        if world["group_watches"]:
            Watcher.objects.watch_group(ticket, group, by=everyone["ada"])
        if world["together"]:
            with operation(by=everyone[world["acts"][0][1]]):
                act(ticket, world)
        else:
            act(ticket, world)
        for login in world["disabled"]:
            User.objects.filter(pk=everyone[login].pk).update(is_active=False)
        return ticket

    def settle(login, own):
        PersonalSettings.objects.create(
            person=everyone[login],
            quiet_from=datetime.time(0) if own["quiet"] else None,
            quiet_until=datetime.time(23, 59) if own["quiet"] else None,
            rhythm=own["rhythm"],
            out_of_office_from=datetime.date(2020, 1, 1) if own["away"] else None,
            stand_in=everyone[own["stand_in"]] if own["stand_in"] else None,
            own_actions=own["own_actions"],
        )

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
                case "resolve":
                    ticket.change_state("resolved", by=by)
                case "undo":
                    # Whoever happens to act ends the oldest watch and takes that back.
                    if watch := ticket.watchers.watching().exclude(user=None).first():
                        Watcher.objects.unwatch(ticket, watch.user, by=by)
                        Watcher.objects.bring_back(watch, by=by)
                case "owner":
                    ticket.change_owner(everyone["aiko"], by=by)
                case "subscribe":
                    Watcher.objects.watch(ticket, everyone["ray"], by=by)
                case "delete":
                    ticket.remove(by=by)

    return make


def go_on(ticket, everyone, borealis, what):
    """What can happen to a ticket and its people between the decision and the mail."""
    by = everyone["ada"]
    ticket.refresh_from_db()
    match what:
        case "unwatch":
            for login in ("vera", "cora", "ray"):
                Watcher.objects.unwatch(ticket, everyone[login], by=by)
        case "hide":
            Ticket.objects.filter(pk=ticket.pk).update(queue=Queue.objects.create(name="Nobody's"))
        case "close":
            QueueGrant.objects.all().delete()
        case "switch":
            User.objects.filter(username__in=["carl", "cora"]).update(customer=borealis)
        case "disable":
            User.objects.filter(username__in=["uma", "cora"]).update(is_active=False)
        case "internal":
            Article.objects.update(visible_for_customer=False)
        case "unsay":
            Article.objects.update(deleted_at=timezone.now())
        case "delete":
            Ticket.objects.filter(pk=ticket.pk).update(deleted_at=timezone.now())
        case "turn off":
            Watcher.objects.update(ended_at=timezone.now())


def check_mail(ticket):
    """All that waits is sent now: nobody is mailed what they may not read by then."""
    mails = list(Mail.objects.all())
    for mail in mails:
        owners = set(mail.items.values_list("person", flat=True))
        assert not mail.lane or mail.lane.partition(":")[2] == str(*owners), "somebody else's lane"
    places = [(mail.address, mail.lane) for mail in mails if mail.state == "open"]
    assert len(places) == len(set(places))
    parts = recheck(mails, NotificationFunction.load(), timezone.now())
    people = {person.pk: person for person in User.objects.all()}
    for part in (part for found in parts.values() for part in found):
        person = people.get(part.item.person_id)
        assert person is None or person.is_notifiable
        for event in part.events:
            article = Article.objects.filter(pk=event.article_id).first() if event.type.has_article else None
            assert not event.type.has_article or (article and article.deleted_at is None)
            if person is None or not person.is_agent:
                assert article is None or article.visible_for_customer, "an internal article got out by mail"
            if person is not None:
                gone = event.name == "TicketDelete"
                assert access.pairs([Ticket.objects.get(pk=ticket.pk)], [person], deleted=gone), (
                    "mailed without access"
                )


def check_watching(world, everyone):
    """Who watches state changes only is told of nothing else as a watcher, through a group neither."""
    added_anew = {"ray"} if "subscribe" in [what for what, _login in world["acts"]] else set()
    narrowed = {
        everyone[login].pk for login in set(world["watchers"]) & set(world["state_changes_only"]) - added_anew
    }
    events = TicketEvent.objects.in_bulk()
    for notice in Notice.objects.filter(person__in=narrowed):
        if BY_WATCHING.issuperset(notice.reasons):
            assert {events[pk].name for pk in notice.event_ids} <= STATE_CHANGES
    for candidate in Candidate.objects.all():
        if STATE_CHANGES_ONLY in candidate.reasons:
            assert candidate.drop
            assert candidate.reasons == [STATE_CHANGES_ONLY]


def check(everyone):
    notices = list(Notice.objects.select_related("person", "ticket"))
    people = list(User.objects.all())
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
    for notice in notices:
        absent = {one["id"] for one in notice.stands_in_for}
        assert bool(absent) == ("stand_in" in notice.reasons)
        assert notice.person_id not in absent
    assert MailItem.objects.count() == sum("email" in notice.channels for notice in notices)
    assert not Candidate.objects.filter(drop="", notice=None).exists()
    assert not Candidate.objects.exclude(drop="").exclude(notice=None).exists()
    assert not Outbox.objects.exclude(state="done", error="").exists()
    persons_addresses = {person.email for person in people}
    assert not {notice.address for notice in notices} & persons_addresses


@pytest.mark.timeout(600)  # sixty worlds, on a busy machine
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
def test_nobody_is_told_twice_or_of_what_they_may_not_read(world, everyone, borealis, build, make_ticket):
    with transaction.atomic():
        ticket = build(world, make_ticket)
        for waiting in list(Outbox.objects.order_by("created_at").values_list("pk", flat=True)):
            assert dispatch_operation(waiting)
            assert not dispatch_operation(waiting)
        check(everyone)
        check_watching(world, everyone)
        for what in world["meanwhile"]:
            go_on(ticket, everyone, borealis, what)
        check_mail(ticket)
        transaction.set_rollback(True)

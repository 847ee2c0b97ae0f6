"""Dispatch step 3 as a table: each reason why somebody concerned is not told, and which of two is said (domain §5).

The finer points of each stand in test_drops.py (B4, B5, B6), test_dispatch_access.py (B7) and test_dispatch_actor.py
(B2, B20).
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from notifications.choices import Drop, Function, PauseReason
from notifications.models import (
    AddressPause,
    Candidate,
    Definition,
    Mute,
    NotificationFunction,
    PersonalSettings,
    Preference,
)
from opsi.models import User
from tests.notifications.conftest import make_definition
from tickets.models import Ticket
from watchers.models import Watcher

BOTH = {"in_app", "email"}


@dataclass
class World:
    """uma owns the ticket, a definition tells its owner of articles, and mika is about to write an internal note."""

    ticket: Ticket
    definition: Definition
    people: dict[str, User]
    writes: str = "mika"

    def change(self, **fields):
        User.objects.filter(username="uma").update(**fields)

    def settle(self, **fields):
        PersonalSettings.objects.update_or_create(person=self.people["uma"], defaults=fields)

    def define(self, **fields):
        Definition.objects.filter(pk=self.definition.pk).update(**fields)

    def note(self, dispatch):
        self.ticket.note("Looked at it.", by=self.people[self.writes])
        dispatch()


def name_bo(world):
    world.definition.named_users.add(world.people["bo"])


def let_cora_watch(world):
    Watcher.objects.watch(world.ticket, world.people["cora"], by=world.people["uma"])
    world.define(recipients=["watchers"])


def have_vera_watch_states(world):
    Watcher.objects.watch(
        world.ticket, world.people["vera"], by=world.people["vera"], only_state_changes=True
    )
    world.define(recipients=["watchers"])


def remove_cora_and_undo_it(world):
    cora, uma = world.people["cora"], world.people["uma"]
    Watcher.objects.watch(world.ticket, cora, by=uma)
    Watcher.objects.unwatch(world.ticket, cora, by=uma)
    Watcher.objects.bring_back(Watcher.objects.get(user=cora), by=uma)
    world.define(events=["TicketUnsubscribe"], recipients=["watcher_subject"])


def turn_mail_off(world):
    Preference.objects.create(
        person=world.people["uma"], definition=world.definition, channel="email", enabled=False
    )


def act_as_uma(world):
    world.writes = "uma"


ARRANGE: dict[Drop, tuple[str, set[str], Callable[[World], object]]] = {
    # why not: who, through which channels, how it comes about
    Drop.SYSTEM: ("uma", BOTH, lambda world: world.change(is_system=True)),
    Drop.INACTIVE: ("uma", BOTH, lambda world: world.change(is_active=False)),
    Drop.ACTOR: ("uma", BOTH, act_as_uma),
    Drop.NO_ACCESS: ("bo", BOTH, name_bo),
    Drop.NO_ARTICLE_ACCESS: ("cora", BOTH, let_cora_watch),
    Drop.STATE_CHANGES_ONLY: ("vera", BOTH, have_vera_watch_states),
    Drop.UNDONE: ("cora", BOTH, remove_cora_and_undo_it),
    Drop.MUTED: ("uma", BOTH, lambda world: Mute.objects.mute(world.ticket.pk, world.people["uma"].pk)),
    Drop.PREFERENCE: ("uma", {"email"}, turn_mail_off),
    Drop.ONCE_PER_DAY: ("uma", BOTH, lambda world: world.define(once_per_day=True)),
    Drop.OUT_OF_OFFICE: ("uma", {"email"}, lambda world: world.settle(out_of_office_from="2020-01-01")),
    Drop.NO_ADDRESS: ("uma", {"email"}, lambda world: world.change(email="nowhere")),
    Drop.MAIL_PAUSED: (
        "uma",
        {"email"},
        lambda world: AddressPause.objects.pause(world.people["uma"].email, PauseReason.BOUNCED),
    ),
    Drop.FUNCTION: (
        "uma",
        {"in_app"},
        lambda world: NotificationFunction.objects.create(function=Function.MAIL_SERVER),
    ),
}


@pytest.fixture
def world(ticket, everyone, forget):
    Definition.objects.update(validity="invalid")
    world = World(ticket, make_definition(name="Ours"), everyone)
    forget()
    return world


def outcome(login):
    """{channel: why not, "" where told} of what was last decided about `login`."""
    rows = Candidate.objects.filter(person__username=login).order_by("pk")
    return dict(rows.values_list("channel", "drop"))


def test_without_any_of_them_she_is_told(world, dispatch):
    world.note(dispatch)
    assert outcome("uma") == {"in_app": "", "email": ""}


@pytest.mark.parametrize("drop", Drop, ids=lambda drop: drop.value)
def test_each_reason_stops_its_channels_and_is_kept(clock, drop, world, dispatch):
    who, stopped, arrange = ARRANGE[drop]
    arrange(world)
    world.note(dispatch)
    if drop == Drop.ONCE_PER_DAY:
        assert outcome(who) == {"in_app": "", "email": ""}
        world.note(dispatch)
    assert outcome(who) == {channel: drop if channel in stopped else "" for channel in BOTH}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Drop.SYSTEM, Drop.INACTIVE),
        (Drop.SYSTEM, Drop.ACTOR),
        (Drop.INACTIVE, Drop.ACTOR),
        (Drop.ACTOR, Drop.PREFERENCE),
        (Drop.PREFERENCE, Drop.OUT_OF_OFFICE),
        (Drop.MUTED, Drop.PREFERENCE),
        (Drop.OUT_OF_OFFICE, Drop.NO_ADDRESS),
        (Drop.OUT_OF_OFFICE, Drop.MAIL_PAUSED),
    ],
    ids=lambda drop: drop.value,
)
def test_of_two_reasons_the_first_is_said(first, second, world, dispatch):
    for drop in (second, first):
        _who, _stopped, arrange = ARRANGE[drop]
        arrange(world)
    world.note(dispatch)
    assert outcome("uma")["email"] == first

"""The policy table of domain §3, cell by cell, as data and as answers; test_forged holds the pages to the same."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from opsi.models import User
from tickets.models import QueueGrant
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.kinds import of_kind, setter_kind, target_kind
from watchers.models import PolicyCell, Watcher, WatcherSettings
from watchers.policy import Policy, Refusal
from watchers.presets import SHIPPED, Preset, Rule

AGENTS = ("ada", "mika", "uma", "aiko", "vera")


def rights(setter, ticket):
    return Policy.load().of(setter, ticket)


def test_an_installation_starts_with_the_shipped_policy(db):
    assert {(cell.setter, cell.target): cell.rule for cell in PolicyCell.objects.all()} == {
        (setter, target): rule for setter, row in SHIPPED.items() for target, rule in row.items()
    }


@pytest.mark.django_db
def test_migrating_again_keeps_what_an_administrator_chose():
    PolicyCell.objects.replace(Preset.STRICT_VIEWER.table)
    call_command("migrate", verbosity=0)
    assert Policy.load().rule(SetterKind.VIEWER, TargetKind.OWN_CUSTOMER) == Rule(see=Extent.ALL)


@pytest.mark.parametrize("preset", Preset)
def test_every_preset_fills_every_cell_with_something_valid(db, preset):
    PolicyCell.objects.replace(preset.table)
    assert PolicyCell.objects.count() == len(SetterKind) * len(TargetKind)
    for cell in PolicyCell.objects.all():
        cell.full_clean()


def test_switching_a_preset_says_which_cells_changed(db):
    changed = PolicyCell.objects.replace(Preset.CUSTOMER_MANAGER_DECIDES.table)
    assert [(cell.setter, cell.target, cell.remove) for cell in changed] == [
        ("customer_user", "own_customer", "own")
    ]
    assert PolicyCell.objects.replace(Preset.CUSTOMER_MANAGER_DECIDES.table) == []


def test_the_policy_is_one_statement(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        Policy.load()


def test_a_cell_that_is_missing_lets_nobody_do_anything(ticket, uma, aiko):
    PolicyCell.objects.filter(setter=SetterKind.USER).delete()
    assert not Policy.load().may_add(uma, ticket, aiko)
    assert Policy.load().may_see(uma, ticket, uma)


def test_what_people_are_seen_from_the_ticket(ticket, everyone):
    kinds = {login: target_kind(ticket, person) for login, person in everyone.items()}
    assert kinds == dict.fromkeys(AGENTS, "agent") | {
        "carl": "own_customer",
        "cora": "own_customer",
        "bo": "other_customer",
        "ray": "requester",
    }


def test_on_a_ticket_without_customer_only_its_creator_counts_as_own(make_ticket, cora, carl, ray):
    ticket = make_ticket(by=cora, customer=None, customer_user=None)
    assert target_kind(ticket, cora) == TargetKind.OWN_CUSTOMER
    assert target_kind(ticket, carl) == TargetKind.OTHER_CUSTOMER
    assert target_kind(make_ticket(by=ray), carl) == TargetKind.OTHER_CUSTOMER


def test_one_person_and_many_are_sorted_into_kinds_alike(ticket, make_ticket, everyone, cora):
    User.objects.create_user("both", "x", full_name="Both", agent_role="itsm_user", customer=cora.customer)
    for one in (ticket, make_ticket(), make_ticket(by=cora, customer=None, customer_user=None)):
        for kind in TargetKind:
            of_this_kind = {person for person in User.objects.all() if target_kind(one, person) == kind}
            assert set(User.objects.filter(of_kind(one, kind))) == of_this_kind


def test_a_customer_user_with_an_agent_role_sets_as_a_customer_user(cora):
    cora.agent_role = "itsm_admin"
    cora.save()
    assert setter_kind(cora) == SetterKind.CUSTOMER_USER


# Adding


def test_an_agent_who_cannot_read_is_added_only_by_those_with_write(ticket, uma, vera, mika):
    QueueGrant.objects.filter(role="itsm_viewer").delete()
    QueueGrant.objects.filter(role="itsm_user").update(role="itsm_manager")
    Watcher.objects.watch(ticket, vera, by=mika)
    outsider = User.objects.create_user("otto", "x", full_name="Otto Outside", agent_role="itsm_user")
    assert rights(mika, ticket).refusal(outsider) is None
    assert rights(uma, ticket).refusal(outsider) is None, "the owner has write"
    assert rights(vera, ticket).refusal(outsider) == Refusal.CANNOT_READ
    assert rights(vera, ticket).refusal(uma) is None


def test_a_requester_is_added_only_to_what_they_read_by_right(ticket, make_ticket, uma, ray):
    assert rights(uma, ticket).refusal(ray) == Refusal.CANNOT_READ
    assert rights(uma, make_ticket(by=ray)).refusal(ray) is None


def test_another_customers_user_is_never_added_whatever_the_table_says(ticket, uma, bo):
    PolicyCell.objects.filter(target=TargetKind.OTHER_CUSTOMER).update(add=Extent.ALL)
    assert rights(uma, ticket).refusal(bo) == Refusal.OTHER_CUSTOMER


def test_people_out_of_use_are_never_added(ticket, uma, aiko):
    aiko.is_active = False
    aiko.save()
    assert rights(uma, ticket).refusal(aiko) == Refusal.INACTIVE
    assert aiko not in rights(uma, ticket).candidates()


def test_without_the_grant_of_reading_candidates_must_read_already_and_nobody_is_excepted(ticket, ada, mika):
    QueueGrant.objects.filter(role="itsm_viewer").delete()
    QueueGrant.objects.filter(role="itsm_user").update(role="itsm_manager")
    outsider = User.objects.create_user("otto", "x", full_name="Otto Outside", agent_role="itsm_user")
    WatcherSettings(watching_grants_reading=False).save()
    assert rights(mika, ticket).refusal(outsider) == Refusal.CANNOT_READ
    assert rights(mika, ticket).refusal(ada) is None


def test_whoever_cannot_read_the_ticket_sets_nobody(ticket, bo, ray, carl, uma):
    policy = Policy.load()
    for stranger in (bo, ray):
        assert not policy.may_add(stranger, ticket, stranger)
        assert not policy.may_see(stranger, ticket, stranger)
        assert not policy.may_remove(stranger, ticket, stranger)
    ticket.remove(by=uma)
    assert not policy.may_add(uma, ticket, uma)


def test_a_table_that_lets_people_add_whom_they_may_not_see_does_not(ticket, cora, uma):
    PolicyCell.objects.filter(setter=SetterKind.CUSTOMER_USER, target=TargetKind.AGENT).update(
        add=Extent.ALL, see=Extent.NONE, remove=Extent.ALL
    )
    assert rights(cora, ticket).refusal(uma) == Refusal.POLICY
    assert uma not in rights(cora, ticket).candidates()
    assert not rights(cora, ticket).may_remove(uma)


# Seeing and removing


def test_themselves_and_whom_they_added(ticket, cora, carl, acme):
    PolicyCell.objects.filter(setter=SetterKind.CUSTOMER_USER, target=TargetKind.OWN_CUSTOMER).update(
        see=Extent.OWN, remove=Extent.OWN, add=Extent.SELF
    )
    colleague = User.objects.create_user("cleo", "x", full_name="Cleo Castor", customer=acme)
    Watcher.objects.watch(ticket, cora, by=carl)
    Watcher.objects.watch(ticket, carl, by=carl)
    Watcher.objects.watch(ticket, colleague, by=cora)
    assert {watch.user for watch in rights(cora, ticket).visible()} == {cora, colleague}
    assert rights(cora, ticket).may_remove(colleague, cora.pk)
    assert not rights(cora, ticket).may_remove(carl, carl.pk)
    assert rights(cora, ticket).may_remove(cora, carl.pk)


@pytest.mark.parametrize("preset", Preset)
def test_one_watch_and_many_are_shown_alike(preset, ticket, everyone, uma, cora):
    PolicyCell.objects.replace(preset.table)
    for login, person in everyone.items():
        Watcher.objects.watch(ticket, person, by=cora if login == "carl" else uma)
    for setter in everyone.values():
        now = rights(setter, ticket)
        assert {watch.user for watch in now.visible()} == {
            watch.user for watch in Watcher.objects.all() if now.may_see(watch.user, watch.added_by_id)
        }


@pytest.mark.parametrize("preset", Preset)
@pytest.mark.parametrize("grants", [True, False])
def test_one_candidate_and_many_are_offered_alike(preset, grants, ticket, make_ticket, everyone, cora):
    WatcherSettings(watching_grants_reading=grants).save()
    PolicyCell.objects.replace(preset.table)
    QueueGrant.objects.filter(role="itsm_viewer").update(role="itsm_manager")
    for one in (ticket, make_ticket(), make_ticket(by=cora, customer=None, customer_user=None)):
        for setter in everyone.values():
            now = rights(setter, one)
            shown = list(now.candidates())
            refused = now.refusals(shown)
            offered = {person for person in shown if person.pk not in refused}
            assert offered == {person for person in everyone.values() if now.refusal(person) is None}
            assert setter.is_agent or not refused, "only agents are told who cannot read"


@pytest.mark.parametrize(
    ("target", "extents", "field"),
    [
        (TargetKind.OTHER_CUSTOMER, Rule(add=Extent.ALL, see=Extent.ALL), "add"),
        (TargetKind.AGENT, Rule(add=Extent.OWN, see=Extent.ALL), "add"),
        (TargetKind.AGENT, Rule(add=Extent.ALL, see=Extent.OWN), "add"),
        (TargetKind.AGENT, Rule(see=Extent.NONE, remove=Extent.ALL), "remove"),
        (TargetKind.AGENT, Rule(see=Extent.SELF, remove=Extent.OWN), "remove"),
    ],
)
def test_cells_that_make_no_sense_are_refused(db, target, extents, field):
    cell = PolicyCell.objects.get(setter=SetterKind.USER, target=target)
    cell.add, cell.see, cell.remove = extents
    with pytest.raises(ValidationError) as refused:
        cell.full_clean()
    assert list(refused.value.message_dict) == [field]

"""Roles come directly or through a group; the strongest holds, and a customer makes the narrower (domain §1)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from opsi.models import Group, User
from opsi.roles import AgentRole, PersonKind


@pytest.fixture
def leads(db):
    return Group.objects.create(name="Leads", slug="leads", agent_role=AgentRole.MANAGER)


def fresh(person):
    return User.objects.get(pk=person.pk)


def test_a_group_lends_its_role_while_one_is_a_member(uma, leads):
    uma.groups.add(leads)
    assert fresh(uma).effective_role == AgentRole.MANAGER
    uma.groups.remove(leads)
    assert fresh(uma).effective_role == AgentRole.USER


def test_members_set_from_the_groups_side_count_as_well(uma, ray, leads):
    leads.members.set([uma, ray])
    assert fresh(ray).kind == PersonKind.AGENT
    leads.members.clear()
    assert (fresh(ray).kind, fresh(uma).effective_role) == (PersonKind.REQUESTER, AgentRole.USER)


def test_a_groups_new_role_reaches_its_members(ray, leads):
    leads.members.add(ray)
    leads.agent_role = AgentRole.ADMIN
    leads.save()
    assert fresh(ray).is_staff


def test_a_deleted_group_lends_nothing(ray, leads):
    leads.members.add(ray)
    leads.delete()
    assert fresh(ray).kind == PersonKind.REQUESTER


def test_a_customer_narrows_whatever_role_is_held(ada, acme):
    ada.customer = acme
    ada.save()
    assert ada.kind == PersonKind.CUSTOMER
    assert not ada.is_staff
    assert not ada.holds(AgentRole.VIEWER)


def test_only_the_administrator_reaches_the_admin(everyone):
    assert [login for login, person in everyone.items() if person.is_staff] == ["ada"]


def test_a_disabled_administrator_does_not(ada):
    ada.is_active = False
    assert not ada.is_staff


def test_logins_differ_by_more_than_capitals(uma):
    with pytest.raises(ValidationError):
        User.objects.create_user("UMA", "x", full_name="Another Uma")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username="Uma", full_name="Another Uma")])


def test_a_time_zone_that_does_not_exist_is_refused(db):
    with pytest.raises(ValidationError):
        User.objects.create_user("nemo", "x", full_name="Nemo", time_zone="Mars/Olympus")


def test_the_first_administrator_reaches_the_admin(db):
    assert User.objects.create_superuser("root", "x", email="root@example.com").is_staff


def test_a_role_that_was_taken_away_does_not_come_back_with_what_else_is_saved(uma):
    """uma's page was read before her role was taken; then her preferences, or her sign-in, are saved."""
    read_before = User.objects.get(pk=uma.pk)
    uma.agent_role = ""
    uma.save()
    read_before.language = "ja"
    read_before.save(update_fields=["language"])
    assert User.objects.get(pk=uma.pk).effective_role == ""

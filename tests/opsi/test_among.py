"""“One of these”: the same rows as `…__in` finds, whatever the values are."""

import pytest

from opsi.among import Among
from opsi.models import User


def names(*conditions):
    return set(User.objects.filter(*conditions).values_list("username", flat=True))


def test_by_id(uma, mika, vera):
    assert names(Among.these("pk", {uma.pk, vera.pk, 10**6})) == {"uma", "vera"}
    assert names(Among.these("pk", (mika.pk,))) == {"mika"}


@pytest.mark.parametrize("name", ["uma", 'it\'s {100%} "sure", \\', "会議室", "NULL", "", "%s"])
def test_by_text_of_any_kind(uma, mika, name):
    User.objects.filter(pk=uma.pk).update(full_name=name)
    assert names(Among.these("full_name", [name, "nobody at all"])) == {"uma"}


def test_of_nothing_finds_nobody(uma):
    assert names(Among.these("pk", [])) == set()


def test_through_a_relation_and_beside_other_conditions(uma, mika, vera, ticket):
    owners = User.objects.filter(Among.these("owned_tickets__pk", [ticket.pk]) | Among.these("pk", [vera.pk]))
    assert set(owners.values_list("username", flat=True)) == {ticket.owner.username, "vera"}
    assert set(owners.exclude(pk=vera.pk).values_list("username", flat=True)) == {ticket.owner.username}

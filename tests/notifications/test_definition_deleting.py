"""Deleting a ticket notification: one that was used stays, and the page says what to do instead."""

import pytest

from notifications.models import Definition
from tests.notifications.conftest import make_definition

LIST = "/admin/notifications/definition/"


def page_of(definition):
    return f"{LIST}{definition.pk}/delete/"


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def used(only, ticket, mika, forget, dispatch):
    definition = only(name="Every article")
    ticket.note("The disk is full.", by=mika)
    dispatch()
    return definition


def test_one_that_told_nobody_goes_with_its_texts(site, db):
    definition = make_definition(name="Draft")
    assert "Delete “Draft” with its texts?" in site.get(page_of(definition)).text
    assert site.post(page_of(definition), {"post": "yes"}).url == LIST
    assert not Definition.objects.filter(pk=definition.pk).exists()


def test_one_that_was_used_says_what_to_do_instead(site, used, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        page = site.get(page_of(used)).text
    assert "“Every article” has been used" in page
    assert "Set it to invalid, and it tells nobody any more." in page
    assert 'value="yes"' not in page
    answer = site.post(page_of(used), {"post": "yes"})
    assert answer.status_code in (200, 403)
    assert Definition.objects.filter(pk=used.pk).exists()


def test_of_many_none_goes_and_all_can_be_set_invalid(site, used):
    draft = make_definition(name="Draft")
    chosen = {"_selected_action": [used.pk, draft.pk]}
    page = site.post(LIST, chosen | {"action": "delete_selected"})
    assert "None is deleted" in page.text
    assert "<li>Every article</li>" in page.text
    assert "<li>Draft</li>" not in page.text
    site.post(LIST, chosen | {"action": "delete_selected", "post": "yes"})
    assert Definition.objects.filter(pk__in=[used.pk, draft.pk]).count() == 2
    site.post(LIST, chosen | {"action": "make_invalid"})
    assert set(Definition.objects.filter(pk__in=[used.pk, draft.pk]).values_list("validity", flat=True)) == {
        "invalid"
    }


def test_many_that_told_nobody_go(site, db):
    drafts = [make_definition(name=name) for name in ("One", "Two")]
    chosen = {"_selected_action": [draft.pk for draft in drafts], "action": "delete_selected"}
    page = site.post(LIST, chosen)
    assert "Delete these with their texts?" in page.text
    site.post(LIST, chosen | {"post": "yes"})
    assert not Definition.objects.filter(pk__in=chosen["_selected_action"]).exists()

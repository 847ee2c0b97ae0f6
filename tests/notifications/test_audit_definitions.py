"""Who changed which ticket notification, old → new, wherever it was changed (docs/security.md)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from notifications.exchange import export
from notifications.models import Definition
from opsi.models import Customer, Group
from tests.notifications.auditing import DEFINITIONS, as_it_is, changes
from tests.notifications.auditing import new as new
from tests.notifications.auditing import site as site
from tests.notifications.conftest import make_definition
from tickets.choices import Level
from tickets.models import QueueGrant

pytestmark = pytest.mark.django_db


def test_a_changed_definition_with_its_texts_and_people(site, ada, uma, new):
    definition = make_definition("Escalated to us", recipients=["owner"])
    new()
    url, data = as_it_is(site, definition)
    first = definition.texts.first()
    was = first.subject
    data |= {
        "comment": "For the night shift",
        "recipients": ["owner", "watchers"],
        "named_users": [uma.pk],
        "texts-0-subject": "Look",
    }
    assert site.post(url, data).status_code == 302
    entries = new()
    assert {(one.actor, one.act, one.kind, one.object_id, one.object_name) for one in entries} == {
        (ada, "changed", "notifications.definition", str(definition.pk), "Escalated to us")
    }
    said = changes(entries)
    assert ["comment", None, "For the night shift"] in said
    assert ["recipients", ["owner"], ["owner", "watchers"]] in said
    assert ["named_users", [], [str(uma)]] in said
    assert ["subject", was, "Look"] in said
    assert len(said) == 4


def test_saved_as_it_is_there_is_no_entry(site, new):
    url, data = as_it_is(site, Definition.objects.order_by("pk").first())
    new()
    assert site.post(url, data).status_code == 302
    assert new() == []


def test_a_save_that_fails_leaves_none(site, new):
    url, data = as_it_is(site, Definition.objects.order_by("pk").first())
    new()
    assert site.post(url, data | {"comment": "Other", "name": ""}).status_code == 200
    assert new() == []


def test_what_is_taken_back_leaves_none(new):
    with transaction.atomic():
        Customer.objects.create(name="Nobody")
        transaction.set_rollback(True)
    assert new() == []


@pytest.mark.parametrize("action", ["make_invalid", "make_invalid_temporarily"])
def test_bulk_actions(site, ada, new, action):
    chosen = list(Definition.objects.order_by("pk")[:3])
    new()
    site.post(reverse(DEFINITIONS), {"action": action, "_selected_action": [one.pk for one in chosen]})
    entries = new()
    validity = action.removeprefix("make_")
    assert [one.object_id for one in entries] == [str(one.pk) for one in chosen]
    assert changes(entries) == [["validity", "valid", validity]] * 3
    assert {one.actor for one in entries} == {ada}


def test_a_bulk_action_says_nothing_of_what_was_so_already(site, new):
    definition = Definition.objects.order_by("pk").first()
    site.post(reverse(DEFINITIONS), {"action": "make_valid", "_selected_action": [definition.pk]})
    assert new() == []


def test_a_copy(site, ada, new):
    definition = make_definition("Escalated to us", recipients=["owner"])
    new()
    site.post(reverse(DEFINITIONS), {"action": "copy", "_selected_action": [definition.pk]})
    entries = new()
    assert {(one.act, one.actor, one.object_name) for one in entries} == {
        ("added", ada, "Escalated to us (copy)")
    }
    assert {one.row for one in entries} == {"notifications.definition", "notifications.definitiontext"}


def test_an_import_over_what_is_there(site, ada, new):
    definition = make_definition("Escalated to us", recipients=["owner"])
    file = export([definition]).replace("- owner", "- responsible")
    new()
    site.post(
        reverse("admin:notifications_definition_import"),
        {"file": SimpleUploadedFile("n.yaml", file.encode()), "overwrite": "on"},
    )
    entries = new()
    assert changes(entries) == [["recipients", ["owner"], ["responsible"]]]
    assert entries[0].actor == ada


def test_what_goes_with_a_deleted_group_says_what_it_was(site, ada, new, service_desk):
    group = Group.objects.create(name="Night shift", slug="night")
    QueueGrant.objects.create(queue=service_desk, group=group, level=Level.READ)
    new()
    assert site.post(reverse("admin:opsi_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 302
    gone = {one.row: (one.act, one.actor, one.object_name, one.row_name) for one in new()}
    assert gone["tickets.queuegrant"] == ("deleted", ada, "Service desk", "Service desk: Night shift – read")
    assert gone["opsi.group"][:3] == ("deleted", ada, "Night shift")


def test_a_deleted_one_says_what_it_was(site, ada, new):
    definition = make_definition("Escalated to us", recipients=["owner"])
    new()
    definition_id = str(definition.pk)
    site.post(reverse("admin:notifications_definition_delete", args=[definition.pk]), {"post": "yes"})
    deleted = [one for one in new() if one.row == "notifications.definition"]
    assert [(one.act, one.actor, one.object_id) for one in deleted] == [("deleted", ada, definition_id)]
    assert ["recipients", ["owner"], None] in deleted[0].changes

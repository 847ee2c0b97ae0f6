"""Queues out of a file: with what they grant, or as an administrator's new queue grants it."""

import pytest

from opsi.audit_entry import AuditEntry
from opsi.importing.running import dry_run, run
from opsi.models import Group
from tests.importing.files import csv_of, problems_of
from tickets.models import Queue
from tickets.queue_import import QUEUES_IMPORT

pytestmark = pytest.mark.django_db
GRANTING = "name,may read,may note,may write,follow-up to a complete ticket,unlock after (minutes)"


def granted(name):
    grants = Queue.objects.get(name=name).grants.all()
    return sorted((grant.role or grant.group.slug, grant.level) for grant in grants)


@pytest.fixture
def team(db):
    return Group.objects.create(name="Network team", slug="net")


def test_a_new_queue_grants_what_is_shipped_unless_it_says_otherwise(team):
    data = csv_of(GRANTING, "Telephony,,,,,30", "Network,itsm_viewer;Network team,,itsm_manager,reject,")
    assert run(QUEUES_IMPORT, data).is_imported
    assert granted("Telephony") == [("itsm_user", 3), ("itsm_viewer", 1)]
    assert granted("Network") == [("itsm_manager", 3), ("itsm_viewer", 1), ("net", 1)]
    assert list(Queue.objects.order_by("name").values_list("follow_up", "unlock_minutes")) == [
        ("reject", 0), ("reopen", 30)
    ]  # fmt: skip
    assert not dry_run(QUEUES_IMPORT, data).does_something


def test_the_grants_of_a_queue_become_those_of_its_line_and_the_changes_are_listed(ada, service_desk, team):
    data = csv_of("name,may read,may note,may write", "Service desk,itsm_viewer,net,")
    assert dry_run(QUEUES_IMPORT, data).lines[0].changes == [
        ("May note", "", "Network team"), ("May write", "itsm_user", "")
    ]  # fmt: skip
    assert run(QUEUES_IMPORT, data, ada).is_imported
    assert granted("Service desk") == [("itsm_viewer", 1), ("net", 2)]
    entries = AuditEntry.objects.filter(row="tickets.queuegrant", object_name="Service desk")
    assert sorted(entries.values_list("act", flat=True)[:2]) == ["added", "deleted"]


def test_without_a_word_on_it_a_queue_grants_what_it_did(service_desk):
    before = granted("Service desk")
    assert run(QUEUES_IMPORT, csv_of(f"{GRANTING},comment", "Service desk,,,,,,New")).is_imported
    assert granted("Service desk") == before


def test_what_makes_no_sense_together_is_refused(service_desk, team):
    half = dry_run(QUEUES_IMPORT, csv_of("name,may read", "Service desk,itsm_viewer"))
    assert "belong together" in half.problems[0]
    data = csv_of(GRANTING, "One,net,,Network team,,", "Two,nobody;net,,,,x", "service desk,,,,,")
    found = problems_of(dry_run(QUEUES_IMPORT, data))
    assert [column for column, reason in found[2]] == ["May write"]
    assert [column for column, reason in found[3]] == ["May read", "Unlock after (minutes)"]
    assert found[4] == [("Name", "There is “Service desk” already: write it alike.")]

"""Who changed which policy, mail server, queue, group or person, old → new (docs/security.md)."""

import json

import pytest
from django.urls import reverse

from notifications.models import AddressPause, NotificationFunction
from opsi.models import Group
from opsi.roles import AgentRole
from tests.notifications.auditing import FUNCTION, SECRET, changes
from tests.notifications.auditing import new as new
from tests.notifications.auditing import site as site
from tests.opsi.test_admin_people import fields_of, page_of
from tests.waiting import mail_server
from tests.watchers.test_admin import as_shown
from tickets.choices import Level
from tickets.models import QueueGrant

pytestmark = pytest.mark.django_db


def test_the_watcher_policy_and_a_preset(site, ada, new):
    site.post("/admin/watchers/policycell/", as_shown(itsm_viewer__agent__add="self"))
    [entry] = new()
    assert (entry.actor, entry.kind, entry.changes) == (ada, "watchers.policycell", [["add", "all", "self"]])
    site.post("/admin/watchers/policycell/preset/strict_viewer/")
    assert {one.kind for one in new()} == {"watchers.policycell"}


def test_the_watcher_settings(site, ada, new):
    site.post("/admin/watchers/watchersettings/1/change/", {})
    [entry] = new()
    assert (entry.actor, entry.kind) == (ada, "watchers.watchersettings")


# Notification function and mail server


def test_the_change_over_and_combining(site, ada, new):
    NotificationFunction().save()
    mail_server(587)
    new()
    site.post(f"{FUNCTION}mail_server/change-over/", {"anyway": "on"})
    site.post(f"{FUNCTION}combining/", {"window_minutes": "3"})
    entries = new()
    assert changes(entries) == [["function", "opsi", "mail_server"], ["window_minutes", 10, 3]]
    assert {one.actor for one in entries} == {ada}


def test_the_mail_server_and_never_its_password(site, new):
    form = {"host": "127.0.0.1", "port": 587, "security": "none", "authentication": "password"}
    form |= {"account": "desk", "sender": "desk@example.org"}
    site.post(f"{FUNCTION}server/", form | {"secret": SECRET})
    [added] = new()
    assert ["secret_encrypted", None, None] in added.changes
    site.post(f"{FUNCTION}server/", form | {"secret": "another-one", "port": 25})
    [changed] = new()
    assert changed.changes == [["port", 587, 25], ["secret_encrypted", None, None]]
    page = site.get("/admin/opsi/auditentry/").text
    assert "password or token: changed (never shown)" in page
    kept = json.dumps([added.changes, changed.changes]) + page
    for secret in (SECRET, "another-one", "gAAAA"):
        assert secret not in kept


def test_a_test_mail_is_no_change_of_settings(site, smtp_server, new):
    _host, port = smtp_server()
    mail_server(port)
    new()
    site.post(f"{FUNCTION}mail_server/test/")
    assert new() == []


# Queues, groups, people


def test_queue_permissions_belong_to_their_queue(site, ada, service_desk, new):
    grant = QueueGrant.objects.get(queue=service_desk, role=AgentRole.VIEWER)
    new()
    grants = list(service_desk.grants.order_by("pk"))
    data = {"name": service_desk.name, "comment": "First line", "is_active": "on"}
    data |= {"follow_up": service_desk.follow_up, "unlock_minutes": 0}
    data |= {"grants-TOTAL_FORMS": len(grants), "grants-INITIAL_FORMS": len(grants)}
    for number, one in enumerate(grants):
        level = Level.NOTE if one == grant else one.level
        data |= {f"grants-{number}-{name}": value for name, value in
                 (("id", one.pk), ("queue", service_desk.pk), ("role", one.role), ("level", int(level)))}  # fmt: skip
    answer = site.post(reverse("admin:tickets_queue_change", args=[service_desk.pk]), data)
    assert answer.status_code == 302
    entries = new()
    assert {(one.kind, one.object_id, one.actor) for one in entries} == {
        ("tickets.queue", str(service_desk.pk), ada)
    }
    assert ["level", int(Level.READ), int(Level.NOTE)] in changes(entries)
    assert any(name == "comment" for name, _old, _new in changes(entries))


def test_a_persons_role_customer_and_groups(site, ada, uma, acme, new):
    network = Group.objects.create(name="Network", slug="network")
    new()
    form = fields_of(uma, agent_role="itsm_manager", groups=[network.pk], new_password="a long enough secret")
    assert site.post(page_of(uma), form).status_code == 302
    entries = new()
    assert {(one.actor, one.kind, one.object_id) for one in entries} == {(ada, "opsi.user", str(uma.pk))}
    assert ["agent_role", "itsm_user", "itsm_manager"] in changes(entries)
    assert ["groups", [], ["Network"]] in changes(entries)
    assert ["password", None, None] in changes(entries)
    assert "a long enough secret" not in json.dumps(changes(entries))
    uma.refresh_from_db()
    assert uma.password not in json.dumps(changes(entries))
    form = fields_of(uma, customer=acme.pk)
    form.pop("is_active")
    site.post(page_of(uma), form)
    said = changes(new())
    assert ["customer", None, "Acme"] in said
    assert ["is_active", True, False] in said
    assert ["groups", ["Network"], []] in said


def test_members_put_in_from_the_groups_side_are_changes_of_the_people(uma, aiko, new):
    network = Group.objects.create(name="Network", slug="network")
    new()
    network.members.add(uma, aiko)
    entries = new()
    assert {one.object_id for one in entries} == {str(uma.pk), str(aiko.pk)}
    assert changes(entries) == [["groups", [], ["Network"]]] * 2
    network.delete()
    assert [one for one in changes(new()) if one[0] == "groups"] == [["groups", ["Network"], []]] * 2


def test_customers_and_groups(site, ada, acme, new):
    site.post(reverse("admin:opsi_customer_change", args=[acme.pk]), {"name": "Acme Ltd"})
    site.post(
        reverse("admin:opsi_group_add"), {"name": "Network", "slug": "network", "agent_role": "itsm_user"}
    )
    customer, group = new()
    assert customer.changes == [["name", "Acme", "Acme Ltd"], ["is_active", True, False]]
    assert (group.act, group.actor) == ("added", ada)


def test_pauses_that_people_set_and_end(site, ada, new):
    site.post(reverse("admin:notifications_addresspause_add"), {"address": "cora@example.com"})
    pause = AddressPause.objects.get()
    site.post(reverse("admin:notifications_addresspause_delete", args=[pause.pk]), {"post": "yes"})
    assert [(one.act, one.actor, one.object_name) for one in new()] == [
        ("added", ada, "cora@example.com"),
        ("deleted", ada, "cora@example.com"),
    ]

"""Who changed which setting, old → new, wherever it was changed; nothing that the engine does (docs/security.md)."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Max, ProtectedError
from django.urls import reverse

from notifications.choices import PauseReason
from notifications.exchange import export
from notifications.mailing import send_due
from notifications.models import AddressPause, Definition, NotificationFunction
from opsi import auditing
from opsi.models import AuditEntry, Customer, Group, User
from opsi.roles import AgentRole
from tests.notifications.conftest import make_definition
from tests.opsi.test_admin_people import fields_of, page_of
from tests.waiting import mail_server
from tests.watchers.test_admin import as_shown
from tickets.choices import Level, State
from tickets.models import Queue, QueueGrant

pytestmark = pytest.mark.django_db
SECRET = "Tr0ub4dor&3"
FUNCTION = "/admin/notifications/notificationfunction/"
DEFINITIONS = "admin:notifications_definition_changelist"


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def new():
    """`new()`: the entries written since it was last asked, oldest first."""
    seen = AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0

    def written():
        nonlocal seen
        found = list(AuditEntry.objects.filter(pk__gt=seen).order_by("pk"))
        seen = found[-1].pk if found else seen
        return found

    return written


def changes(entries):
    return [change for entry in entries for change in entry.changes]


def as_it_is(site, definition):
    """What a browser sends when ada saves the definition as it is shown."""
    url = reverse("admin:notifications_definition_change", args=[definition.pk])
    shown = site.get(url).context["adminform"].form
    data = {name: shown[name].value() for name in shown.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    texts = list(definition.texts.all())
    data |= {"texts-TOTAL_FORMS": len(texts), "texts-INITIAL_FORMS": len(texts)}
    for number, text in enumerate(texts):
        data |= {f"texts-{number}-{name}": value for name, value in text.words().items()}
        data |= {
            f"texts-{number}-language": text.language,
            f"texts-{number}-id": text.pk,
            f"texts-{number}-definition": definition.pk,
        }
    return url, data


# Definitions


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


# Watcher policy


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


# Who


def test_by_shell_it_is_the_system(site, service_desk, new):
    service_desk.comment = "By hand"
    service_desk.save()
    [entry] = new()
    assert (entry.actor, entry.changes) == (None, [["comment", None, "By hand"]])
    assert "system" in site.get("/admin/opsi/auditentry/?kind=tickets.queue").text


def test_by_shell_many_at_once(service_desk, new):
    auditing.update(Queue.objects.filter(pk=service_desk.pk), comment="All")
    assert changes(new()) == [["comment", None, "All"]]


def test_nobody_stays_the_actor_after_their_request(site, ada, acme, new):
    site.post(reverse("admin:opsi_customer_change", args=[acme.pk]), {"name": "Acme Ltd", "is_active": "on"})
    acme.name = "Acme again"
    acme.save()
    assert [entry.actor for entry in new()] == [ada, None]


# What is no change of settings


def test_the_engine_writes_none(ticket, uma, mika, dispatch, new):
    ticket.change_state(State.IN_PROGRESS, by=mika)
    dispatch()
    send_due()
    AddressPause.objects.pause("cora@example.com", PauseReason.BOUNCED, "550")
    assert new() == []


def test_signing_in_writes_none_and_looks_nothing_up(uma, client, new):
    assert client.login(username="uma", password="demo")
    assert new() == []


def test_a_save_of_what_is_not_audited_costs_one_statement(uma, django_assert_num_queries):
    uma = User.objects.get(pk=uma.pk)
    uma._prefetched_objects_cache = {"groups": Group.objects.none()}
    with django_assert_num_queries(1):
        uma.save(update_fields=["last_login"])


# Append-only, and to look at


def test_an_entry_is_never_changed_or_deleted(acme):
    entry = AuditEntry.objects.first()
    for attempt in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(ProtectedError):
            attempt()
    with pytest.raises(ProtectedError):
        AuditEntry.objects.update(actor_name="")


def test_the_admin_only_shows(site, acme):
    entry = AuditEntry.objects.first()
    page = f"/admin/opsi/auditentry/{entry.pk}/"
    assert site.get(f"{page}change/").status_code == 200
    assert site.post(f"{page}change/", {"act": "deleted"}).status_code == 403
    assert site.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert site.get("/admin/opsi/auditentry/add/").status_code == 403


@pytest.mark.parametrize("login", ["mika", "uma", "carl", "ray"])
def test_nobody_else_sees_it(everyone, signed_in, login):
    assert signed_in(everyone[login]).get("/admin/opsi/auditentry/").status_code in {302, 403}


def test_history_leads_to_the_objects_own_entries(site, service_desk, make_ticket):
    Queue.objects.create(name="Another queue")
    url = reverse("admin:tickets_queue_history", args=[service_desk.pk])
    page = site.get(url, follow=True)
    assert page.status_code == 200
    assert service_desk.name in page.text
    assert "Another queue" not in page.text


@pytest.mark.parametrize(
    "query",
    ["kind=x", "object=x", "object=" + "9" * 30, "actor__id__exact=x", "act__exact=x", "at__gte=x", "q=%20"],
)
def test_nothing_in_the_address_is_an_error_of_ours(site, query):
    assert site.get(f"/admin/opsi/auditentry/?{query}", follow=True).status_code == 200


def test_the_list_costs_the_same_however_long(site, django_assert_max_num_queries):
    Customer.objects.create(name="First")
    site.get("/admin/opsi/auditentry/")
    for number in range(30):
        Customer.objects.create(name=f"Customer {number}")
    with django_assert_max_num_queries(9):
        site.get("/admin/opsi/auditentry/")


def test_markup_in_names_is_text(site):
    Customer.objects.create(name="<script>alert(1)</script>")
    page = site.get("/admin/opsi/auditentry/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page

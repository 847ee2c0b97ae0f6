"""By whom a change was, what is none, and the list in the admin, which only grows (docs/security.md)."""

import pytest
from django.db.models import ProtectedError
from django.urls import reverse

from notifications.choices import PauseReason
from notifications.mailing import send_due
from notifications.models import AddressPause
from opsi import auditing
from opsi.models import AuditEntry, Customer, Group, User
from tests.notifications.auditing import changes
from tests.notifications.auditing import new as new
from tests.notifications.auditing import site as site
from tickets.choices import State
from tickets.models import Queue

pytestmark = pytest.mark.django_db


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

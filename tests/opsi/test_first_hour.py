"""The front page of the admin leads a lead through the first hour: what is done is read from the database."""

import pytest
from django.urls import reverse

from notifications.models import Definition, MailServer, NotificationFunction
from opsi.audit_entry import AuditEntry
from opsi.first_hour import standings, steps
from opsi.models import User
from opsi.settled import SettledStep

pytestmark = pytest.mark.django_db
SHOWING = "/admin/first-hour/"


@pytest.fixture
def client(ada, signed_in):
    return signed_in(ada)


def now(slug):
    return next(one for one in standings() if one.step.slug == slug)


def test_the_steps_stand_in_their_order_each_with_its_way(client):
    assert [step.slug for step in steps] == ["people", "queues", "mail", "policy", "definitions"]
    page = client.get("/admin/").text
    for step in steps:
        assert step.links
        for link in step.links:
            assert f'href="{link.url}"' in page
            assert client.get(link.url).status_code == 200
    assert "0 of 5 steps done" in page


def test_people_are_done_once_there_is_a_customer_and_somebody_besides_administrators(ada, acme):
    assert now("people").state == (False, "1 customer, 1 person")
    User.objects.create_user("uma", "demo", full_name="Uma", agent_role="itsm_user")
    assert now("people").state == (True, "1 customer, 2 people")
    acme.is_active = False
    acme.save()
    assert not now("people").is_done


def test_queues_are_named(service_desk):
    assert now("queues").state == (True, "Service desk")
    service_desk.is_active = False
    service_desk.save()
    assert not now("queues").is_done


def test_mail_is_done_once_it_reaches_somebody(settings):
    settings.OPSI_MAIL_REACHES_NOBODY = True
    assert now("mail").state == (False, "Mail is kept as files: nobody receives it.")
    settings.OPSI_MAIL_REACHES_NOBODY = False
    assert now("mail").is_done
    NotificationFunction(function="mail_server").save()
    server = MailServer(host="mail.example.com", account="opsi", sender="desk@example.com")
    server.save()
    assert not now("mail").is_done
    assert "not tested" in now("mail").state.text
    server.tested_settings, server.tested_at = server.fingerprint, AuditEntry._meta.get_field("at").default()
    server.save()
    assert now("mail").is_done
    assert now("mail").state.text.startswith("mail.example.com:587, tested on")


def test_policy_and_definitions_are_done_once_a_person_has_changed_them(client):
    assert not now("policy").is_done
    assert not now("definitions").is_done
    client.post(reverse("admin:watchers_policycell_preset", args=["strict_viewer"]))
    assert now("policy").is_done
    assert "by Ada Admin" in now("policy").state.text
    client.post("/admin/notifications/definition/shipped/")
    Definition.objects.update(validity="invalid")
    assert now("definitions").state == (False, "None is valid: nobody is told of anything.")


def test_what_is_right_as_it_is_can_be_said_and_taken_back(client, ada):
    page = "/admin/first-hour/policy/"
    client.post(page)
    client.post(page)
    assert (now("policy").is_done, SettledStep.objects.get().by) == (True, ada)
    assert "right as it is, said Ada Admin" in client.get("/admin/").text
    client.post(page, {"open": "1"})
    assert not now("policy").is_done
    acts = AuditEntry.objects.filter(kind="opsi.settledstep").values_list("actor", "act", "object_name")
    assert sorted(acts) == [(ada.pk, "added", "Watcher policy"), (ada.pk, "deleted", "Watcher policy")]
    assert client.post("/admin/first-hour/nonsense/").status_code == 404


def test_each_hides_it_for_themselves_and_brings_it_back(client, signed_in):
    other = signed_in(User.objects.create_superuser("odo", "demo"))
    assert "brought back" in client.post(SHOWING, follow=True).text
    page = client.get("/admin/").text
    assert 'class="first-hour"' not in page
    assert "Show the first hour" in page
    assert 'class="first-hour"' in other.get("/admin/").text
    client.post(SHOWING, {"show": "1"})
    assert 'class="first-hour" open' in client.get("/admin/").text


def test_it_shrinks_when_all_is_done(client):
    for step in steps:
        client.post(f"/admin/first-hour/{step.slug}/")
    page = client.get("/admin/").text
    assert "The first hour is done" in page
    assert 'class="first-hour">' in page


def test_it_costs_a_few_statements_and_none_once_hidden(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(17):
        client.get("/admin/")
    client.post(SHOWING)
    client.get("/admin/")  # shows the message
    with django_assert_max_num_queries(7):
        client.get("/admin/")

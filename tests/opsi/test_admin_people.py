"""ada keeps people, customers and groups; nobody else reaches the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from opsi.models import User
from watchers.models import Watcher


def fields_of(person, **changes):
    return {
        "username": person.username,
        "full_name": person.full_name,
        "email": person.email,
        "agent_role": person.agent_role,
        "customer": person.customer_id or "",
        "customer_role": person.customer_role,
        "language": person.language,
        "time_zone": person.time_zone,
        "is_active": "on",
    } | changes


def page_of(person):
    return reverse("admin:opsi_user_change", args=[person.pk])


@pytest.mark.parametrize("login", ["mika", "uma", "vera", "carl", "ray"])
def test_nobody_but_the_administrator_gets_in(everyone, signed_in, login):
    answer = signed_in(everyone[login]).get(reverse("admin:index"))
    assert answer.status_code in {302, 403}


@pytest.mark.parametrize(
    "listing", ["opsi_user", "opsi_customer", "opsi_group", "tickets_queue", "tickets_ticket"]
)
def test_ada_sees_every_list(ada, signed_in, ticket, listing):
    assert signed_in(ada).get(reverse(f"admin:{listing}_changelist") + "?q=a").status_code == 200


def test_ada_makes_a_customer_user_who_can_sign_in(ada, signed_in, acme, client):
    form = fields_of(
        User(username="cleo", full_name="Cleo Castor", email="cleo@example.com"),
        customer=acme.pk,
        new_password="a long enough secret",
    )
    assert signed_in(ada).post(reverse("admin:opsi_user_add"), form).status_code == 302
    assert User.objects.get(username="cleo").customer == acme
    assert client.login(username="cleo", password="a long enough secret")


def test_an_empty_password_keeps_the_one_there_is(ada, signed_in, uma, client):
    assert signed_in(ada).post(page_of(uma), fields_of(uma, full_name="Uma O.")).status_code == 302
    assert client.login(username="uma", password="demo")


def test_a_poor_password_is_refused_beside_its_field(ada, signed_in, uma, client):
    answer = signed_in(ada).post(page_of(uma), fields_of(uma, new_password="123"))
    assert answer.context["adminform"].form.errors["new_password"]
    assert client.login(username="uma", password="demo")


def test_switching_the_customer_ends_what_was_watched(ada, signed_in, cora, borealis, ticket):
    Watcher.objects.watch(ticket, cora, by=cora)
    form = fields_of(cora, customer=borealis.pk, switch_confirmed="on")
    answer = signed_in(ada).post(page_of(cora), form, follow=True)
    assert "what they watched there has ended" in answer.text
    assert not Watcher.objects.watching().filter(user=cora).exists()
    event = ticket.events.last()
    assert (event.name, event.actor, event.data["why"]) == ("TicketUnsubscribe", ada, "customer_switched")


def test_the_last_administrator_stays(ada, signed_in):
    form = fields_of(ada)
    del form["is_active"]
    answer = signed_in(ada).post(page_of(ada), form)
    assert "last administrator" in answer.text
    assert User.objects.get(pk=ada.pk).is_active


def test_a_new_queue_grants_what_is_shipped(ada, signed_in):
    form = {"name": "Telephony", "comment": "", "follow_up": "reopen", "is_active": "on", "unlock_minutes": 0}
    signed_in(ada).post(reverse("admin:tickets_queue_add"), form)
    from tickets.models import Queue

    granted = Queue.objects.get(name="Telephony").grants.values_list("role", "level")
    assert sorted(granted) == [("itsm_user", 3), ("itsm_viewer", 1)]


def test_tickets_are_only_looked_at_but_can_be_brought_back(ada, signed_in, ticket, uma):
    client = signed_in(ada)
    page = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"title": "Changed behind the history"}).status_code == 403
    ticket.remove(by=uma)
    client.post(
        reverse("admin:tickets_ticket_changelist"), {"action": "restore", "_selected_action": [ticket.pk]}
    )
    assert [event.name for event in ticket.events.all()] == ["TicketCreate", "TicketDelete", "TicketRestore"]


@pytest.mark.parametrize("field", ["groups", "customer"])
@pytest.mark.parametrize("junk", ["9" * 40, "-1", "x", "\x00", "²"])
def test_a_choice_that_is_none_is_refused_beside_its_field(ada, uma, signed_in, field, junk):
    answer = signed_in(ada).post(page_of(uma), fields_of(uma, **{field: junk}))
    assert list(answer.context["adminform"].form.errors) == [field]


def test_failed_sign_ins_are_listed_in_japanese_too(ada, signed_in):
    User.objects.filter(pk=ada.pk).update(language="ja")
    Client().post("/login/", {"username": "uma", "password": "guessed"})
    page = signed_in(ada).get("/admin/axes/accessattempt/").text
    for word in ("失敗したサインイン", "ログイン名", "IP アドレス", "失敗回数", "時刻"):
        assert word in page

"""Somebody new with the login or address of somebody deleted: an administrator decides (domain §3 rule 3)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from notifications.models import (
    Definition,
    InboxRow,
    Mute,
    PersonalSettings,
    Preference,
    Subscription,
)
from opsi.models import User
from opsi.roles import AgentRole, CustomerRole
from tests.opsi.test_admin_people import fields_of, page_of
from watchers.models import AutoWatch, Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "mail_host")]

ADD = "admin:opsi_user_add"


def newcomer(**fields):
    new = User(username="cora", full_name="Cora Second", email="cora@example.com")
    return fields_of(new, new_password="a long enough secret", **fields)


@pytest.fixture
def past(ada, cora, ticket, wait):
    """cora of the past: customer user of an Acme ticket, which she watched and has in her inbox."""
    ticket.change_customer(cora.customer, by=ada, customer_user=cora)
    Watcher.objects.watch(ticket, cora, by=cora)
    notice = wait(cora, ticket).notice
    InboxRow.objects.create(person=cora, ticket=ticket, notice=notice)
    Preference.objects.create(
        person=cora, definition=Definition.objects.first(), channel="email", enabled=False
    )
    PersonalSettings.objects.create(person=cora, no_mail_when_read=True, own_address="old@example.com")
    Mute.objects.mute(ticket.pk, cora.pk)
    AutoWatch.objects.create(person=cora, on_create=True)
    cora.become_past(by=ada)
    return cora


def test_nothing_is_decided_by_itself(ada, signed_in, past, acme):
    answer = signed_in(ada).post(reverse(ADD), newcomer(customer=acme.pk))
    form = answer.context["adminform"].form
    assert list(form.errors) == ["past"]
    assert "Inherit from Cora Castor (cora, Acme, deleted on" in answer.text
    assert User.objects.filter(full_name="Cora Second").count() == 0


def test_who_inherits_takes_over_all_but_the_role(ada, signed_in, past, acme, ticket):
    form = newcomer(customer=acme.pk, past=past.pk)
    assert signed_in(ada).post(reverse(ADD), form).status_code == 302
    heir = User.objects.get(username="cora")
    ticket.refresh_from_db()
    assert ticket.customer_user == heir
    assert Watcher.objects.watching().get(user=heir).ticket == ticket
    assert heir.inbox.of(heir).get().ticket == ticket
    assert not Preference.objects.get(person=heir).enabled
    assert Mute.objects.filter(person=heir, ticket=ticket).exists()
    assert AutoWatch.objects.get(person=heir).on_create
    settings = PersonalSettings.objects.get(person=heir)
    assert settings.no_mail_when_read
    # The address was confirmed by somebody else.
    assert settings.own_address == ""
    past.refresh_from_db()
    assert (past.username, past.email, past.inherited_by) == ("cora~1", "", heir)


def test_a_role_is_never_inherited(ada, acme, past):
    User.objects.filter(pk=past.pk).update(customer_role=CustomerRole.MANAGER)
    heir = User.objects.create_user("cleo", full_name="Cleo", email="cleo@example.com", customer=acme)
    heir.inherit(past, by=ada)
    heir.refresh_from_db()
    assert heir.customer_role == CustomerRole.USER


def test_the_history_says_so_and_keeps_who_acted(ada, acme, past, ticket, mika):
    heir = User.objects.create_user("cleo", full_name="Cleo", customer=acme)
    said = [event.actor for event in ticket.events.filter(name="TicketSubscribe")]
    heir.inherit(past, by=ada)
    took, watch = ticket.events.order_by("-pk")[:2][::-1]
    assert (took.name, took.old["name"], took.new["name"], took.actor) == (
        "TicketInherited",
        "Cora Castor",
        "Cleo",
        ada,
    )
    assert (watch.name, watch.new["name"], watch.actor) == ("TicketSubscribe", "Cleo", ada)
    assert [event.actor for event in ticket.events.filter(name="TicketSubscribe")][:1] == said


def test_nobody_is_told_of_it(ada, acme, past):
    from notifications.models import Outbox

    Outbox.objects.all().delete()
    User.objects.create_user("cleo", full_name="Cleo", customer=acme).inherit(past, by=ada)
    assert not Outbox.objects.exists()


def test_who_does_not_inherit_is_a_fresh_person(ada, signed_in, past, acme, ticket):
    form = newcomer(customer=acme.pk, past="none")
    assert signed_in(ada).post(reverse(ADD), form).status_code == 302
    fresh = User.objects.get(username="cora")
    past.refresh_from_db()
    ticket.refresh_from_db()
    assert (past.username, past.email, past.inherited_by) == ("cora~1", "", None)
    assert ticket.customer_user == past
    assert not fresh.watches.exists()
    assert not fresh.inbox.exists()


def test_another_customer_cannot_inherit(ada, signed_in, past, borealis):
    answer = signed_in(ada).post(reverse(ADD), newcomer(customer=borealis.pk, past=past.pk))
    [error] = answer.context["adminform"].form.errors["past"]
    assert error == "Cora Castor belonged to Acme: only somebody of the same customer can inherit."
    fresh = User.objects.create_user("bea", full_name="Bea", customer=borealis)
    with pytest.raises(ValidationError, match="same customer"):
        fresh.inherit(past, by=ada)


def test_the_same_address_asks_as_well_whatever_its_case(ada, signed_in, past, acme):
    form = newcomer(customer=acme.pk, username="cleo", email="Cora@Example.com")
    assert list(signed_in(ada).post(reverse(ADD), form).context["adminform"].form.errors) == ["past"]


def test_somebody_made_elsewhere_is_decided_about_on_their_page(ada, signed_in, past, acme, ticket):
    made = User.objects.create_user("cleo", full_name="Cleo", email="cora@example.com", customer=acme)
    page = signed_in(ada).get(page_of(made)).text
    assert "Inherit from Cora Castor" in page
    # Saving something else is no decision.
    assert signed_in(ada).post(page_of(made), fields_of(made, full_name="Cleo C.")).status_code == 302
    assert "Inherit from Cora Castor" in signed_in(ada).get(page_of(made)).text
    assert signed_in(ada).post(page_of(made), fields_of(made, past=past.pk)).status_code == 302
    ticket.refresh_from_db()
    assert ticket.customer_user == made
    assert "Inherit from" not in signed_in(ada).get(page_of(made)).text


def test_the_login_is_refused_where_somebody_has_it(ada, signed_in, cora, acme):
    answer = signed_in(ada).post(reverse(ADD), newcomer(customer=acme.pk, past="none"))
    assert "username" in answer.context["adminform"].form.errors


def test_twice_is_refused(ada, acme, past):
    first = User.objects.create_user("cleo", full_name="Cleo", customer=acme)
    second = User.objects.create_user("cindy", full_name="Cindy", customer=acme)
    first.inherit(past, by=ada)
    with pytest.raises(ValidationError, match="not there any more"):
        second.inherit(past, by=ada)


def test_the_third_of_a_login_finds_room_too(ada, acme, past):
    past.make_room()
    second = User.objects.create_user("cora", full_name="Cora Second", customer=acme)
    second.become_past(by=ada)
    second.make_room()
    assert second.username == "cora~2"


def test_what_the_heir_has_or_left_stands(ada, acme, past, ticket):
    heir = User.objects.create_user("cleo", full_name="Cleo", customer=acme)
    Watcher.objects.watch(ticket, heir, by=heir)
    Watcher.objects.unwatch(ticket, heir, by=heir)
    PersonalSettings.objects.create(person=heir, no_mail_when_read=False)
    heir.inherit(past, by=ada)
    assert not Watcher.objects.watching().filter(user=heir).exists()
    assert not PersonalSettings.objects.get(person=heir).no_mail_when_read


def test_an_heir_owns_only_what_they_can_work_on(ada, uma, ticket, service_desk, mika):
    Subscription.objects.create(person=uma, queue=service_desk)
    uma.become_past(by=ada)
    reader = User.objects.create_user("ulla", full_name="Ulla", agent_role=AgentRole.VIEWER)
    reader.inherit(uma, by=ada)
    ticket.refresh_from_db()
    assert ticket.owner == uma
    mika.become_past(by=ada)
    worker = User.objects.create_user("max", full_name="Max", agent_role=AgentRole.USER)
    ticket.change_responsible(None, by=ada)
    worker.inherit(mika, by=ada)
    ticket.refresh_from_db()
    assert ticket.created_by == worker
    assert Subscription.objects.get(queue=service_desk).person == reader


def test_the_statements_do_not_grow_with_what_is_inherited(
    ada, acme, past, make_ticket, django_assert_max_num_queries
):
    for number in range(20):
        ticket = make_ticket(customer=acme, title=f"Ticket {number}", customer_user=None)
        Watcher.objects.create(ticket=ticket, user=past, added_by=past)
    heir = User.objects.create_user("cleo", full_name="Cleo", customer=acme)
    with django_assert_max_num_queries(60):
        heir.inherit(past, by=ada)
    assert Watcher.objects.watching().filter(user=heir).count() == 21


def test_a_page_about_a_login_with_junk_asks_nothing(ada, signed_in, past, acme):
    answer = signed_in(ada).post(
        reverse(ADD), newcomer(customer=acme.pk) | {"username": "\x00", "email": "\x00"}
    )
    assert {"username", "email"} <= set(answer.context["adminform"].form.errors)

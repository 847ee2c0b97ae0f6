"""A person goes to another customer: the admin is told beforehand what ends, and then it ends (domain §3 rule 2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.choices import ItemState
from notifications.models import InboxRow
from opsi.models import User
from tests.opsi.test_admin_people import fields_of, page_of
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "mail_host")]


@pytest.fixture
def watched(ticket, make_ticket, acme, cora):
    """The two Acme tickets cora watches."""
    tickets = [ticket, make_ticket(customer=acme, title="Printer on fire")]
    for one in tickets:
        Watcher.objects.watch(one, cora, by=cora)
    return tickets


def watches(person):
    return Watcher.objects.watching().filter(user=person).count()


def test_the_page_says_beforehand_what_a_switch_would_end(ada, signed_in, cora, watched):
    page = signed_in(ada).get(page_of(cora)).text
    assert "A switch ends 2 watches" in page
    assert all(ticket.title in page for ticket in watched)


def test_titles_are_text_there_whatever_they_hold(ada, signed_in, cora, acme, make_ticket):
    Watcher.objects.watch(make_ticket(customer=acme, title="<img src=x onerror=alert(1)>"), cora, by=cora)
    page = signed_in(ada).get(page_of(cora)).text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page


def test_who_watches_nothing_is_switched_without_a_question(ada, signed_in, cora, borealis):
    assert signed_in(ada).post(page_of(cora), fields_of(cora, customer=borealis.pk)).status_code == 302
    assert User.objects.get(pk=cora.pk).customer == borealis


def test_without_the_tick_nothing_is_saved(ada, signed_in, cora, acme, borealis, watched):
    form = fields_of(cora, customer=borealis.pk, full_name="Cora C.")
    answer = signed_in(ada).post(page_of(cora), form)
    [error] = answer.context["adminform"].form.errors["switch_confirmed"]
    assert error.startswith("A switch ends 2 watches: ")
    assert 'name="switch_confirmed"' in answer.text
    cora.refresh_from_db()
    assert (cora.customer, cora.full_name, watches(cora)) == (acme, "Cora Castor", 2)


def test_with_it_all_is_saved_and_cora_is_told(ada, signed_in, cora, borealis, watched):
    form = fields_of(cora, customer=borealis.pk, full_name="Cora C.", switch_confirmed="on")
    assert signed_in(ada).post(page_of(cora), form).status_code == 302
    cora.refresh_from_db()
    assert (cora.customer, cora.full_name, watches(cora)) == (borealis, "Cora C.", 0)
    for ticket in watched:
        event = ticket.events.last()
        assert (event.name, event.actor, event.data["why"]) == ("TicketUnsubscribe", ada, "customer_switched")


def test_her_waiting_mail_is_withdrawn_and_her_inbox_hidden(ticket, cora, borealis, wait, after_window):
    item = wait(cora, ticket)
    InboxRow.objects.create(person=cora, ticket=ticket, notice=item.notice)
    assert cora.inbox.of(cora).count() == 1
    cora.switch_customer(borealis)
    assert cora.inbox.of(cora).count() == 0
    after_window()
    item.refresh_from_db()
    assert (item.state, item.withdrawal) == (ItemState.WITHDRAWN, "no_access")


def test_back_again_she_watches_nothing_until_somebody_sets_her(ada, cora, acme, borealis, ticket, uma):
    Watcher.objects.watch(ticket, cora, by=cora)
    cora.switch_customer(borealis, by=ada)
    cora.switch_customer(acme, by=ada)
    assert watches(cora) == 0
    assert Watcher.objects.watch(ticket, cora, by=uma).name == "TicketSubscribe"
    assert watches(cora) == 1


@pytest.mark.parametrize("junk", ["9" * 40, "-1", "x", "\x00", "²"])
def test_a_customer_that_is_none_asks_nothing(ada, signed_in, cora, watched, junk):
    answer = signed_in(ada).post(page_of(cora), fields_of(cora, customer=junk))
    assert list(answer.context["adminform"].form.errors) == ["customer"]


def test_the_statements_do_not_grow_with_what_ends(ada, cora, acme, borealis, make_ticket, uma):
    def costs_of(number):
        for _ in range(number):
            Watcher.objects.watch(make_ticket(customer=acme), cora, by=uma)
        with CaptureQueriesContext(connection) as asked:
            cora.switch_customer(borealis, by=ada)
        assert watches(cora) == 0
        cora.switch_customer(acme, by=ada)
        return len(asked)

    assert costs_of(2) == costs_of(12)

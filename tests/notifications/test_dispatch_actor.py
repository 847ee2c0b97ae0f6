"""Who hears of what they did themselves (domain §3 rule 4, behaviours B2, B20)."""

import pytest
from django.core.management import call_command

from notifications.models import Candidate, PersonalSettings
from tests.notifications.conftest import drops, told
from tests.tickets.test_bulk import send
from tickets.models import Ticket
from tickets.operations import operation
from watchers.models import Watcher


def test_an_acting_agent_is_not_told(ticket, uma, mika, dispatch, forget):
    forget()
    ticket.note("Looked at it.", by=uma)
    dispatch()
    assert told() == {"mika": 1}
    assert drops() == {"uma": {"actor"}}


def _by_page(ticket, ada, client, **how):
    client.post(f"/tickets/{ticket.number}/articles/", {"kind": "note", "body": "Looked at it."}, **how)


def _by_script(ticket, ada, client):
    _by_page(ticket, ada, client, headers={"HX-Request": "true"})


def _over_many(ticket, ada, client):
    send(client, [ticket], priority="low")


def _in_admin(ticket, ada, client):
    with operation(by=ada, quiet=True):
        ticket.remove(by=ada)
    client.post(
        "/admin/tickets/ticket/", {"action": "restore", "_selected_action": ticket.pk, "deleted": "yes"}
    )


def _in_shell(ticket, ada, client):
    lines = "from tickets.models import Ticket; from opsi.models import User; ada = User.objects.get(username='ada')"
    call_command(
        "shell", command=f"{lines}; Ticket.objects.get(pk={ticket.pk}).change_priority('low', by=ada)"
    )


def _as_mail(ticket, ada, client):
    ticket.reply("Looked at it.", by=ada, to="carl@example.com")


@pytest.mark.parametrize("act", [_by_page, _by_script, _over_many, _in_admin, _in_shell, _as_mail])
def test_an_acting_agent_is_not_told_whatever_way_they_act(
    act, make_ticket, ada, only, dispatch, forget, signed_in
):
    """Guard: drops.Judge.person_drop asks the event who acted, and no request, session or channel."""
    ticket = make_ticket(owner=ada)
    ticket = Ticket.objects.get(pk=ticket.pk)
    forget()
    only(events=["ArticleCreate", "TicketPriorityUpdate", "TicketRestore"], recipients=["owner", "creator"])
    act(ticket, ada, signed_in(ada))
    dispatch()
    assert told() == {"mika": 1}
    assert drops() == {"ada": {"actor"}}


def test_an_acting_agent_is_told_where_the_definition_says_so(ticket, uma, only, dispatch, forget):
    forget()
    only(also_notify_actor=True)
    ticket.note("Looked at it.", by=uma)
    dispatch()
    assert told() == {"uma": 1}


def test_an_acting_agent_who_informs_themselves_is_told(ticket, uma, mika, dispatch, forget):
    forget()
    ticket.note("To remember.", by=uma, informed=[uma])
    dispatch()
    assert told() == {"mika": 1, "uma": 1}


def test_whoever_creates_a_ticket_gets_a_receipt(make_ticket, mika, uma, carl, dispatch):
    make_ticket(by=carl, owner=uma)
    make_ticket(by=mika)
    dispatch()
    assert told() == {"carl": 1, "uma": 1, "mika": 1}


def test_an_agent_who_creates_a_ticket_of_their_own_gets_one_notice(make_ticket, uma, dispatch):
    make_ticket(by=uma, owner=uma, responsible=uma)
    dispatch()
    assert told() == {"uma": 1}


def test_a_customer_user_who_watches_hears_of_their_own_reply(ticket, cora, uma, mika, dispatch, forget):
    Watcher.objects.watch(ticket, cora, by=uma)
    forget()
    ticket.follow_up("It happened again.", by=cora)
    dispatch()
    assert told() == {"cora": 1, "uma": 1, "mika": 1}


def test_a_customer_user_who_only_reads_the_ticket_does_not(ticket, cora, uma, mika, dispatch, forget):
    forget()
    ticket.follow_up("It happened again.", by=cora)
    dispatch()
    assert told() == {"uma": 1, "mika": 1}


@pytest.mark.parametrize("role", ["creator", "customer_user"])
def test_a_customer_user_whose_ticket_it_is_hears_of_their_own_reply(
    role, make_ticket, acme, carl, cora, dispatch, forget
):
    ticket = make_ticket(by=carl) if role == "creator" else make_ticket(customer=acme, customer_user=carl)
    forget()
    ticket.follow_up("It happened again.", by=carl)
    dispatch()
    assert told()["carl"] == 1


def test_a_requester_hears_of_their_own_reply(make_ticket, ray, dispatch, forget):
    ticket = make_ticket(by=ray)
    forget()
    ticket.follow_up("It happened again.", by=ray)
    dispatch()
    assert told() == {"ray": 1}


def test_notices_of_own_actions_can_be_turned_off_but_not_the_receipt(make_ticket, carl, dispatch):
    PersonalSettings.objects.create(person=carl, own_actions=False)
    ticket = make_ticket(by=carl)
    dispatch()
    assert told() == {"carl": 1}
    ticket.follow_up("It happened again.", by=carl)
    dispatch()
    assert told() == {"carl": 1}
    assert drops() == {"carl": {"actor"}}


@pytest.mark.parametrize("login", ["uma", "carl", "cora"])
def test_nobody_is_told_of_their_own_watch_and_unwatch(login, ticket, everyone, only, dispatch, forget):
    forget()
    only(
        events=["TicketSubscribe", "TicketUnsubscribe"],
        recipients=["watcher_subject", "watchers", "owner"],
        also_notify_actor=True,
    )
    person = everyone[login]
    Watcher.objects.watch(ticket, person, by=person)
    Watcher.objects.unwatch(ticket, person, by=person)
    dispatch()
    assert login not in told()


def test_who_is_made_a_watcher_by_somebody_else_is_told(ticket, uma, cora, dispatch, forget):
    forget()
    Watcher.objects.watch(ticket, cora, by=uma)
    dispatch()
    assert told() == {"cora": 1}


def test_who_is_removed_by_somebody_else_is_told_even_if_they_read_it_no_more(
    make_ticket, uma, ray, dispatch, forget
):
    ticket = make_ticket(owner=uma)
    Watcher.objects.watch(ticket, ray, by=uma)
    forget()
    Watcher.objects.unwatch(ticket, ray, by=uma)
    dispatch()
    assert told() == {"ray": 1}


def test_the_informed_get_exactly_one_notice_each_whatever_else_they_are(
    ticket, uma, aiko, mika, vera, define, dispatch, forget
):
    define(recipients=["owner", "informed"], users=[vera, aiko])
    Watcher.objects.watch(ticket, aiko, by=aiko)
    forget()
    ticket.note("Please look, all of you.", by=uma, informed=[mika, aiko, vera])
    dispatch()
    assert told() == {"mika": 1, "aiko": 1, "vera": 1}
    reasons = Candidate.objects.filter(person=vera, drop="").values_list("reasons", flat=True)
    assert ["informed"] in list(reasons)


def test_the_system_acting_tells_everyone(ticket, uma, mika, dispatch, forget):
    forget()
    ticket.change_state("open", by=None)
    dispatch()
    assert told() == {"uma": 1, "mika": 1}

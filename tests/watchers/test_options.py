"""A watch until the ticket is resolved, a watch of state changes only: who sets it, how it ends (docs/watchers.md)."""

import pytest

from tests.watchers.test_page_watchers import HTMX
from tests.watchers.test_verbs import history, watching
from watchers.models import AutoWatch, Watcher


def address(ticket, login=""):
    return f"/tickets/{ticket.number}/watchers/" + (f"{login}/" if login else "")


def narrow(client, ticket, login, **fields):
    return client.post(address(ticket, login), {"_method": "patch", **fields})


def options(person):
    watch = Watcher.objects.get(user=person)
    return watch.until_resolved, watch.only_state_changes


# Until it is resolved


@pytest.mark.parametrize("state", ["resolved", "closed", "completed", "cancelled", "closed_with_backout"])
def test_it_ends_when_the_ticket_becomes_complete_and_the_history_says_why(
    state, ticket, cora, vera, uma, mika
):
    Watcher.objects.watch(ticket, cora, by=uma, until_resolved=True)
    Watcher.objects.watch(ticket, vera, by=uma)
    ticket.change_state("in_progress", by=uma)
    assert watching(ticket) == {"cora", "vera"}
    ticket.change_state(state, by=mika)
    assert watching(ticket) == {"vera"}
    assert history(ticket)[-1] == ("TicketUnsubscribe", None, "Cora Castor")
    assert ticket.events.last().data["why"] == "resolved"
    assert Watcher.objects.get(user=cora).ended_by is None


def test_from_one_complete_state_to_another_is_no_completion(ticket, cora, uma):
    ticket.change_state("resolved", by=uma)
    Watcher.objects.watch(ticket, cora, by=uma, until_resolved=True)
    ticket.change_state("closed", by=uma)
    assert watching(ticket) == {"cora"}


def test_reopening_does_not_bring_it_back(ticket, cora, uma):
    Watcher.objects.watch(ticket, cora, by=uma, until_resolved=True)
    ticket.change_state("resolved", by=uma)
    ticket.change_state("open", by=uma)
    assert watching(ticket) == set()


def test_nor_does_an_automatism_though_it_was_no_leaving(ticket, aiko, uma):
    AutoWatch.objects.create(person=aiko, on_article=True)
    Watcher.objects.watch(ticket, aiko, by=aiko, until_resolved=True)
    ticket.change_state("resolved", by=uma)
    ticket.change_state("open", by=uma)
    ticket.note("Once more.", by=aiko)
    assert watching(ticket) == set()


def test_who_completes_it_ends_their_own_watch_themselves(ticket, uma):
    Watcher.objects.watch(ticket, uma, by=uma, until_resolved=True)
    ticket.change_state("resolved", by=uma)
    assert history(ticket)[-1] == ("TicketUnsubscribe", "uma", "Uma Ogawa")


def test_being_set_again_is_as_new(ticket, cora, uma):
    Watcher.objects.watch(ticket, cora, by=uma, until_resolved=True, only_state_changes=True)
    ticket.change_state("resolved", by=uma)
    Watcher.objects.watch(ticket, cora, by=uma)
    assert options(cora) == (False, False)
    assert Watcher.objects.get(user=cora).resolved_in is None


def test_a_merge_takes_what_a_watch_is_narrowed_to_along(ticket, make_ticket, acme, cora, uma):
    target = make_ticket(customer=acme)
    Watcher.objects.watch(ticket, cora, by=uma, until_resolved=True)
    ticket.merge_into(target, by=uma)
    assert watching(target) == {"cora"}
    target.change_state("resolved", by=uma)
    assert watching(target) == set()


# Who sets it


@pytest.mark.parametrize("login", ["uma", "vera", "cora", "ray"])
def test_everybody_narrows_their_own_watch(login, ticket, everyone, mika, signed_in):
    person = everyone[login]
    Watcher.objects.watch(ticket, person, by=mika)
    client = signed_in(person)
    assert narrow(client, ticket, login, narrow="until_resolved").status_code == 303
    assert narrow(client, ticket, login, narrow="only_state_changes").status_code == 303
    assert options(person) == (True, True)
    assert narrow(client, ticket, login, widen="until_resolved").status_code == 303
    assert options(person) == (False, True)
    answer = client.post(
        f"/tickets/{ticket.number}/watch/", {"_method": "patch", "widen": "only_state_changes"}
    )
    assert answer.status_code == 303
    assert options(person) == (False, False)
    assert len(history(ticket)) == 1, "their own settings are no business of the history"


def test_whom_one_added_one_may_narrow_and_the_history_says_so(ticket, cora, uma, signed_in):
    Watcher.objects.watch(ticket, cora, by=uma)
    answer = narrow(signed_in(uma), ticket, "cora", narrow="only_state_changes")
    assert answer.status_code == 303
    assert options(cora) == (False, True)
    event = ticket.events.last()
    assert (event.name, event.actor, event.new["name"]) == ("TicketWatchUpdate", uma, "Cora Castor")
    assert event.data["options"] == {"only_state_changes": True}


@pytest.mark.parametrize("by", ["cora", "mika"])
def test_what_somebody_else_set_is_not_ones_own_to_narrow(by, ticket, everyone, cora, uma, signed_in):
    Watcher.objects.watch(ticket, cora, by=everyone[by])
    assert narrow(signed_in(uma), ticket, "cora", narrow="only_state_changes").status_code == 403
    assert options(cora) == (False, False)


def test_what_is_hidden_answers_as_what_is_not_there(ticket, uma, cora, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    client = signed_in(cora)
    for login in ("uma", "zoe", "bo"):
        answer = narrow(client, ticket, login, narrow="until_resolved")
        assert answer.status_code == 404
        assert "Nobody here can be set by that login." in answer.text


@pytest.mark.parametrize(
    "fields", [{}, {"narrow": "x"}, {"narrow": ["until_resolved", "user"]}, {"widen": ""}]
)
def test_nonsense_changes_nothing(fields, ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    client = signed_in(uma)
    assert narrow(client, ticket, "uma", **fields).status_code == 422
    answer = client.post(f"/tickets/{ticket.number}/watch/", {"_method": "patch", **fields})
    assert answer.status_code == 400
    assert options(uma) == (False, False)


def test_patch_itself_is_understood_too(ticket, uma, signed_in):
    Watcher.objects.watch(ticket, uma, by=uma)
    answer = signed_in(uma).patch(address(ticket, "uma"), "narrow=until_resolved", headers=HTMX)
    assert answer.status_code == 200
    assert "Uma Ogawa is told of everything until it is resolved." in answer.text
    assert options(uma) == (True, False)


def test_adding_sets_it_at_once(ticket, cora, uma, signed_in):
    client = signed_in(uma)
    client.post(address(ticket), {"user": "cora", "until_resolved": "1", "only_state_changes": "1"})
    assert options(cora) == (True, True)
    page = client.get(address(ticket), {"until_resolved": "1"}).text
    assert page.count('name="until_resolved" value="1" checked') == 1
    client.post(f"/tickets/{ticket.number}/watch/", {"until_resolved": "1"})
    assert options(uma) == (True, False)


def test_page_and_panel_say_what_a_watch_is_narrowed_to(ticket, cora, mika, uma, signed_in):
    Watcher.objects.watch(ticket, cora, by=mika, until_resolved=True)
    client = signed_in(uma)
    assert "until it is resolved</span>" in client.get(address(ticket)).text
    assert "until it is resolved</span>" in client.get(f"/tickets/{ticket.number}/").text
    Watcher.objects.watch(ticket, uma, by=uma, only_state_changes=True)
    page = client.get(f"/tickets/{ticket.number}/").text
    assert 'id="own-state-own"' in page
    assert 'value="only_state_changes" aria-pressed="true"' in page

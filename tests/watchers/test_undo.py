"""Removing can be undone for ten minutes by who removed: as if it had not been, but for the history."""

import pytest
from django.utils import timezone

from opsi.models import Group
from tests.watchers.test_page_watchers import HTMX
from watchers.models import PolicyCell, Watcher


def address(ticket, tail=""):
    return f"/tickets/{ticket.number}/watchers/{tail}"


@pytest.fixture
def watched(ticket, cora, mika):
    Watcher.objects.watch(ticket, cora, by=mika, only_state_changes=True)
    return ticket


def test_it_restores_since_by_whom_and_what(watched, cora, mika, uma, signed_in, time_machine):
    before = Watcher.objects.get()
    client = signed_in(uma)
    answer = client.delete(address(watched, "cora/"), headers=HTMX)
    assert "Cora Castor no longer watches this ticket." in answer.text
    assert 'aria-label="Undo: Cora Castor watches again"' in answer.text
    answer = client.post(address(watched), {"user": "cora", "undo": "1"}, headers=HTMX)
    assert "Cora Castor watches this ticket again, as before." in answer.text
    after = Watcher.objects.watching().get()
    assert (after.since, after.added_by, after.only_state_changes) == (before.since, mika, True)
    ended, begun = list(watched.events.all())[-2:]
    assert begun.data["undoes"] == str(ended.operation)


def test_without_script_the_message_has_the_button(watched, uma, signed_in):
    client = signed_in(uma)
    page = client.post(address(watched, "cora/"), {"_method": "delete", "q": "cas"}, follow=True)
    assert page.redirect_chain == [(address(watched) + "?q=cas&removed=cora", 303)]
    assert page.text.count("Cora Castor no longer watches this ticket.") == 1
    assert 'name="undo" value="1"' in page.text
    page = client.post(address(watched), {"user": "cora", "undo": "1"}, follow=True)
    assert "Cora Castor watches this ticket again, as before." in page.text
    assert 'name="undo"' not in client.get(address(watched), {"removed": "cora"}).text


def test_a_group_too(ticket, uma, signed_in):
    network = Group.objects.create(name="Network", slug="network")
    Watcher.objects.watch_group(ticket, network, by=uma)
    since = Watcher.objects.get().since
    client = signed_in(uma)
    page = client.post(address(ticket, "group/network/"), {"_method": "delete"}, follow=True).text
    assert 'name="group" value="network"' in page
    client.post(address(ticket), {"group": "network", "undo": "1"})
    assert Watcher.objects.watching().get().since == since


def test_permission_is_asked_again(watched, cora, uma, signed_in):
    client = signed_in(uma)
    client.delete(address(watched, "cora/"))
    PolicyCell.objects.filter(setter="itsm_user", target="own_customer").update(add="none")
    assert 'name="undo"' not in client.get(address(watched), {"removed": "cora"}).text
    assert client.post(address(watched), {"user": "cora", "undo": "1"}).status_code == 403
    assert not Watcher.objects.watching().exists()


def test_who_cannot_be_added_has_no_undo(ticket, ray, bo, uma, signed_in):
    """ray reads only because he watches, bo is another customer's: the message promises nothing."""
    client = signed_in(uma)
    for person in (ray, bo):
        Watcher.objects.watch(ticket, person, by=uma)
        answer = client.delete(address(ticket, f"{person.username}/"), headers=HTMX)
        assert "no longer watches" in answer.text
        assert 'name="undo"' not in answer.text


def test_what_somebody_else_removed_or_long_ago_is_added_anew(
    watched, cora, uma, mika, signed_in, time_machine
):
    Watcher.objects.unwatch(watched, cora, by=mika)
    client = signed_in(uma)
    assert 'name="undo"' not in client.get(address(watched), {"removed": "cora"}).text
    client.post(address(watched), {"user": "cora", "undo": "1"})
    assert Watcher.objects.watching().get().added_by == uma
    Watcher.objects.unwatch(watched, cora, by=uma)
    Watcher.objects.update(ended_at=timezone.now() - timezone.timedelta(minutes=11))
    client.post(address(watched), {"user": "cora", "undo": "1"})
    assert "undoes" not in watched.events.last().data


@pytest.mark.parametrize(
    "asked", ["removed=zoe", "removed=%00", "removed_group=zoe", "removed=bo", "removed=uma"]
)
def test_a_forged_address_shows_nobody(asked, ticket, everyone, cora, signed_in, uma):
    Watcher.objects.watch(ticket, uma, by=uma)
    Watcher.objects.unwatch(ticket, uma, by=uma)
    page = signed_in(cora).get(address(ticket, f"?{asked}"))
    assert page.status_code == 200
    assert "no longer watches" not in page.text


def test_undoing_twice_is_once(watched, uma, signed_in):
    client = signed_in(uma)
    client.delete(address(watched, "cora/"))
    for _time in range(2):
        answer = client.post(address(watched), {"user": "cora", "undo": "1"}, headers=HTMX)
    assert "Cora Castor watches this ticket already." in answer.text
    assert watched.events.filter(name="TicketSubscribe").count() == 2

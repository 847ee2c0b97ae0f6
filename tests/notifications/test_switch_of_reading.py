"""The switch “watching grants reading”, both ways, with mail waiting in the window (domain §3 rule 7)."""

import pytest

from tests.notifications.comings import EVERYWHERE, switch
from tests.notifications.comings import back_office as back_office
from tests.notifications.comings import begun as begun
from tests.notifications.comings import network as network
from tests.notifications.comings import seen as seen
from tests.notifications.comings import told as told
from tickets import access
from watchers.models import Watcher
from watchers.only_watching import OnlyWatching
from watchers.policy import Policy, Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_off_hides_everything_at_once_and_on_brings_it_back(begun, told, seen, ray):
    ticket = begun(ray)
    told(ticket)
    assert seen(ticket, ray).places() == EVERYWHERE
    switch(False)
    assert seen(ticket, ray).places() == set()
    switch(True)
    assert seen(ticket, ray).places() == EVERYWHERE


def test_off_withdraws_the_mail_that_waits(begun, told, ray):
    ticket = begun(ray)
    told(ticket)
    assert told.waits(ray)
    switch(False)
    assert told.fate(ray) == "no_access"


def test_off_and_on_again_within_the_window_sends_it(begun, told, ray):
    ticket = begun(ray)
    told(ticket)
    switch(False)
    switch(True)
    assert told.fate(ray) == "sent"


def test_while_off_nothing_is_told_and_afterwards_it_is(begun, told, seen, ray):
    ticket = begun(ray)
    switch(False)
    told(ticket)
    assert told.drops(ray) == {"no_access"}
    assert not told.waits(ray)
    switch(True)
    told(ticket)
    assert told.fate(ray) == "sent"
    assert seen(ticket, ray).places() == EVERYWHERE


def test_off_leaves_who_reads_by_right_alone(begun, told, seen, cora, acme):
    ticket = begun(cora, customer=acme)
    told(ticket)
    switch(False)
    assert seen(ticket, cora).places() == EVERYWHERE
    assert told.fate(cora) == "sent"


def test_off_candidates_must_read_even_where_the_setter_may_write(begun, vera, uma, mika, signed_in):
    ticket = begun(owner=uma)
    assert access.may(uma, "change_state", ticket)
    assert Policy.load().of(uma, ticket).refusal(vera) is None
    switch(False)
    assert Policy.load().of(uma, ticket).refusal(vera) == Refusal.CANNOT_READ
    client, dialog = signed_in(uma), f"/tickets/{ticket.number}/watchers/"
    assert client.post(dialog, {"user": "vera"}).status_code == 403
    assert "Cannot read this ticket" in client.get(dialog, {"q": "vera"}).text
    assert not ticket.watchers.exists()
    switch(True)
    assert client.post(dialog, {"user": "vera"}).status_code == 302 or ticket.watchers.exists()


def test_off_who_rests_is_shown_so(begun, vera, uma, signed_in):
    ticket = begun(vera, owner=uma)
    for on, mark in ((True, "Reads only because they watch"), (False, "Cannot read this ticket")):
        switch(on)
        for page in ("", "watchers/"):
            assert mark in signed_in(uma).get(f"/tickets/{ticket.number}/{page}").text


def test_the_admin_reads_beforehand_what_it_changes(begun, ada, ray, vera, cora, bo, acme, signed_in):
    """ray and vera only watch; cora reads by right; bo is left over and reads nothing either way."""
    begun(ray, vera)
    begun(ray, cora, bo, customer=acme)
    page = "/admin/watchers/watchersettings/1/change/"
    told = signed_in(ada).get(page).text
    assert "Off: 3 watches rest (people: 2, tickets: 2)." in told
    switch(False)
    assert (
        "On: 3 watches that rest now let their watchers read the tickets again"
        in signed_in(ada).get(page).text
    )


def test_it_says_so_where_it_changes_nothing(ada, signed_in):
    told = signed_in(ada).get("/admin/watchers/watchersettings/1/change/").text
    assert "Nothing now: everyone who watches can read without that." in told


def test_counting_costs_the_same_however_many_watch(
    begun, ray, vera, uma, aiko, django_assert_num_queries, django_assert_max_num_queries
):
    ticket = begun(ray, vera)
    with django_assert_max_num_queries(12) as few:
        assert OnlyWatching.now().watches == 2
    for person in (uma, aiko):
        Watcher.objects.watch(ticket, person, by=None)
    with django_assert_num_queries(len(few)):
        assert OnlyWatching.now().watches == 4

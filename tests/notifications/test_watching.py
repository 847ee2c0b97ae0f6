"""Who is told as a watcher and who is not: groups, until resolved, state changes only, what was undone (domain §3)."""

import pytest

from notifications.facts import Facts, Names, Reader
from notifications.models import Candidate, MailItem, Notice
from notifications.reasons import your_parts
from notifications.told import Told
from opsi.models import Group
from tests.notifications.conftest import drops, told
from tests.waiting import START, minutes
from tickets.operations import operation
from watchers.models import Watcher

BOTH = {"in_app": True, "email": True}


@pytest.fixture(autouse=True)
def time(clock):
    """`time.shift(minutes(1))`: it stands still until then."""
    return clock


@pytest.fixture
def send(after_window):
    """`send()`: the window is over, and what is due is sent."""
    return after_window


@pytest.fixture
def network(db, aiko, vera):
    group = Group.objects.create(name="Network", slug="network")
    group.members.add(aiko, vera)
    return group


@pytest.fixture
def watchers_told(only, forget):
    """From now on a definition tells watchers of whatever happens."""

    def define(**fields):
        forget()
        events = [
            "ArticleCreate",
            "TicketStateUpdate",
            "TicketPriorityUpdate",
            "TicketMerge",
            "TicketSubscribe",
        ]
        only(**{"events": events, "recipients": ["watchers"]} | fields)

    return define


def reasons(person):
    return [your_parts(notice) for notice in Notice.objects.filter(person=person)]


# Groups


def test_members_are_told_of_what_happens_and_not_of_being_added(
    ticket, network, uma, mika, dispatch, forget
):
    forget()
    Watcher.objects.watch_group(ticket, network, by=uma)
    Watcher.objects.unwatch_group(ticket, network, by=uma)
    Watcher.objects.watch_group(ticket, network, by=uma)
    dispatch()
    assert told() == {}, "by the shipped definitions"
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert {"aiko", "vera"} <= set(told())
    assert reasons(network.members.get(username="vera")) == [["a group of yours watches it"]]


def test_a_member_who_watches_as_well_is_told_once_as_a_watcher(
    ticket, network, aiko, uma, mika, watchers_told, dispatch
):
    Watcher.objects.watch_group(ticket, network, by=uma)
    Watcher.objects.watch(ticket, aiko, by=aiko)
    watchers_told()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == {"aiko": 1, "vera": 1}
    assert Notice.objects.get(person=aiko).reasons == ["watchers"]


def test_members_who_may_not_read_are_told_nothing(
    ticket, network, cora, bo, ray, uma, mika, watchers_told, dispatch
):
    network.members.add(cora, bo, ray)
    Watcher.objects.watch_group(ticket, network, by=uma)
    watchers_told()
    ticket.reply("We are on it.", by=mika)
    dispatch()
    assert told() == {"aiko": 1, "vera": 1, "cora": 1}
    assert drops() == {"bo": {"no_access"}, "ray": {"no_access"}}


def test_who_left_the_group_s_watch_is_told_nothing_and_a_deleted_group_withdraws(
    ticket, network, aiko, uma, mika, watchers_told, dispatch, send
):
    Watcher.objects.watch_group(ticket, network, by=uma)
    watchers_told()
    Watcher.objects.leave_groups(ticket, aiko)
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == {"vera": 1}
    network.delete()
    send()
    assert MailItem.objects.get().withdrawal == "watch_ended"


def test_of_a_group_s_being_set_the_owner_may_be_told_by_name_and_customers_may_not(
    ticket, network, uma, cora, mika, watchers_told, dispatch
):
    Watcher.objects.watch(ticket, cora, by=mika)
    watchers_told(recipients=["owner", "watchers"], channels=BOTH)
    Watcher.objects.watch_group(ticket, network, by=mika)
    dispatch()
    assert told() == {"uma": 1, "cora": 1, "aiko": 1, "vera": 1}
    event = ticket.events.last()
    said = {
        person.username: Facts(event, Reader.of(person), Names([event])).described() for person in (uma, cora)
    }
    assert said == {"uma": "Watcher added: Network", "cora": "Watcher added"}


# Until it is resolved


def test_they_are_told_of_the_resolving_and_of_nothing_after(
    ticket, vera, uma, mika, watchers_told, dispatch, send, time
):
    Watcher.objects.watch(ticket, vera, by=mika, until_resolved=True)
    watchers_told()
    with operation(mika):
        ticket.change_state("resolved", by=mika)
        ticket.note("Done.", by=mika)
    time.shift(minutes(1))
    ticket.note("One more thing.", by=mika)
    dispatch()
    assert told() == {"vera": 1}
    send()
    assert MailItem.objects.get().state == "sent"


def test_what_waited_when_it_ended_by_itself_is_sent_still(
    ticket, vera, mika, watchers_told, dispatch, send, time
):
    Watcher.objects.watch(ticket, vera, by=mika, until_resolved=True)
    watchers_told()
    ticket.note("Nearly.", by=mika)
    dispatch()
    time.shift(minutes(1))
    ticket.change_state("resolved", by=mika)
    send()
    assert MailItem.objects.get().state == "sent"


def test_who_reads_only_by_watching_is_told_that_it_is_over(ticket, ray, mika, dispatch, forget):
    """By the shipped definitions: of the end of one's own watch one is told without reading the ticket."""
    Watcher.objects.watch(ticket, ray, by=mika, until_resolved=True)
    forget()
    ticket.change_state("resolved", by=mika)
    dispatch()
    notice = Notice.objects.get(person=ray)
    assert notice.event.name == "TicketUnsubscribe"
    said = Facts(notice.event, Reader.of(ray), Names([notice.event])).end
    assert said.startswith("This ticket is complete now, and you watched it until then.")


def test_a_group_goes_on_telling_whose_own_watch_ended_by_itself(
    ticket, network, vera, uma, mika, watchers_told, dispatch
):
    Watcher.objects.watch_group(ticket, network, by=uma)
    Watcher.objects.watch(ticket, vera, by=vera, until_resolved=True)
    ticket.change_state("resolved", by=uma)
    watchers_told()
    ticket.note("One more thing.", by=mika)
    dispatch()
    assert told() == {"aiko": 1, "vera": 1}


# State changes only


def test_other_events_drop_them_with_the_reason_and_state_changes_do_not(
    ticket, vera, uma, mika, watchers_told, dispatch
):
    Watcher.objects.watch(ticket, vera, by=vera, only_state_changes=True)
    watchers_told()
    ticket.note("Looked at it.", by=mika)
    ticket.change_priority("high", by=mika)
    dispatch()
    assert (told(), drops()) == ({}, {"vera": {"state_changes_only"}})
    not_told = Told(uma, ticket).operations[0].not_told[0]
    assert (not_told.name, not_told.because) == ("Vera Viewer", "Watchers of state changes")
    assert {way.text for way in not_told.ways.values()} == {"watches state changes only"}
    ticket.change_state("in_progress", by=mika)
    dispatch()
    assert told() == {"vera": 1}
    assert reasons(vera) == [["you watch it"]]


def test_other_grounds_tell_them_all_the_same(ticket, uma, mika, watchers_told, dispatch):
    Watcher.objects.watch(ticket, uma, by=uma, only_state_changes=True)
    watchers_told(recipients=["owner", "watchers"])
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == {"uma": 1}
    assert Notice.objects.get().reasons == ["owner"]
    assert {tuple(row.reasons) for row in Candidate.objects.all()} == {("owner",)}


def test_nor_does_a_group_tell_them_more(ticket, network, vera, uma, mika, watchers_told, dispatch):
    Watcher.objects.watch_group(ticket, network, by=uma)
    Watcher.objects.watch(ticket, vera, by=vera, only_state_changes=True)
    watchers_told()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == {"aiko": 1}


def test_a_group_s_own_narrowing_is_its_members(ticket, network, uma, mika, watchers_told, dispatch):
    Watcher.objects.watch_group(ticket, network, by=uma, only_state_changes=True)
    watchers_told()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert (told(), drops()) == ({}, {"aiko": {"state_changes_only"}, "vera": {"state_changes_only"}})


def test_a_merge_is_told_them(ticket, make_ticket, acme, vera, mika, watchers_told, dispatch, time):
    time.move_to(START, tick=True)
    Watcher.objects.watch(ticket, vera, by=vera, only_state_changes=True)
    watchers_told()
    ticket.merge_into(make_ticket(customer=acme), by=mika)
    dispatch()
    assert told() == {"vera": 1}


def test_who_narrows_it_while_mail_waits_is_not_mailed(ticket, vera, mika, watchers_told, dispatch, send):
    Watcher.objects.watch(ticket, vera, by=vera)
    watchers_told()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    Watcher.objects.adjust(Watcher.objects.get(), by=vera, only_state_changes=True)
    send()
    assert MailItem.objects.get().withdrawal == "state_changes_only"


# What was undone


@pytest.fixture
def removed(ticket, cora, mika, uma, forget):
    """cora's watch, which uma ends when it is called, and brings back with "undo"."""
    Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    watch = Watcher.objects.select_related("ticket", "user", "group").get()

    def act(what):
        if what == "undo":
            assert Watcher.objects.bring_back(watch, by=uma)
        else:
            Watcher.objects.unwatch(ticket, cora, by=uma)

    return act


def test_undone_before_anybody_was_told_nobody_is(removed, dispatch):
    removed("remove")
    removed("undo")
    dispatch()
    assert (told(), drops()) == ({}, {"cora": {"undone"}})


def test_told_in_the_app_already_they_read_there_that_it_is_undone_and_get_no_mail(
    removed, cora, dispatch, send
):
    removed("remove")
    dispatch()
    removed("undo")
    dispatch()
    assert told("in_app") == {"cora": 2}
    send()
    assert {item.withdrawal for item in MailItem.objects.all()} == {"undone"}


def test_mailed_already_they_are_mailed_that_it_is_undone(removed, cora, dispatch, send, time):
    removed("remove")
    dispatch()
    send()
    time.shift(-minutes(5))  # as where the window is shorter than the time for undoing
    removed("undo")
    dispatch()
    send()
    assert [item.state for item in MailItem.objects.order_by("pk")] == ["sent", "sent"]


def test_a_removal_that_stands_is_told_as_ever(removed, dispatch, send):
    removed("remove")
    removed("undo")
    removed("remove")
    dispatch()
    assert told() == {"cora": 1}
    send()
    assert MailItem.objects.get().state == "sent"

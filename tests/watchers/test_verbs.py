"""Watching and stopping (domain §3, rules 2, 5, 6, 7): once, remembered, in the history; merges and switches."""

import threading

import pytest
from django.db import connection

from opsi.models import User
from tickets import operations
from tickets.models import Ticket
from watchers.models import Watcher


def history(ticket):
    names = ("TicketSubscribe", "TicketUnsubscribe")
    return [
        (event.name, event.actor and event.actor.username, (event.new or event.old)["name"])
        for event in ticket.events.filter(name__in=names)
    ]


def watching(ticket):
    return set(Watcher.objects.watching().filter(ticket=ticket).values_list("user__username", flat=True))


def test_the_history_says_who_set_and_ended_whose_watch(ticket, uma, aiko, mika):
    Watcher.objects.watch(ticket, aiko, by=uma)
    Watcher.objects.unwatch(ticket, aiko, by=mika)
    assert history(ticket) == [
        ("TicketSubscribe", "uma", "佐藤 愛子"),
        ("TicketUnsubscribe", "mika", "佐藤 愛子"),
    ]
    added, ended = ticket.events.filter(name__endswith="ubscribe")
    assert added.new == {"id": aiko.pk, "name": "佐藤 愛子"} == ended.old


def test_adding_twice_and_removing_a_non_watcher_leave_no_trace(ticket, uma, aiko):
    assert Watcher.objects.unwatch(ticket, aiko, by=uma) is None
    assert Watcher.objects.watch(ticket, aiko, by=uma) is not None
    assert Watcher.objects.watch(ticket, aiko, by=aiko) is None
    assert len(history(ticket)) == 1
    assert Watcher.objects.get().added_by == uma


def test_ending_is_remembered_and_coming_back_keeps_the_one_row(ticket, uma, aiko):
    Watcher.objects.watch(ticket, aiko, by=uma)
    Watcher.objects.unwatch(ticket, aiko, by=aiko)
    ended = Watcher.objects.get()
    assert (ended.ended_by, watching(ticket)) == (aiko, set())
    Watcher.objects.watch(ticket, aiko, by=aiko)
    again = Watcher.objects.get()
    assert (again.pk, again.added_by, again.ended_at, again.ended_by) == (ended.pk, aiko, None, None)
    assert again.since > ended.since


def test_a_merge_moves_watchers_once_leaves_none_behind_and_brings_nobody_back(
    ticket, make_ticket, acme, uma, aiko, vera, cora
):
    target = make_ticket(customer=acme, title="The one that stays")
    for person in (uma, aiko, vera, cora):
        Watcher.objects.watch(ticket, person, by=uma)
    Watcher.objects.watch(target, uma, by=uma)
    Watcher.objects.watch(target, vera, by=vera)
    Watcher.objects.unwatch(target, vera, by=vera)
    ticket.merge_into(target, by=uma)
    assert watching(ticket) == set()
    assert watching(target) == {"uma", "aiko", "cora"}
    assert Watcher.objects.filter(ticket=target, user=uma).count() == 1


def test_a_watched_ticket_can_be_deleted_and_comes_back_with_its_watchers(ticket, uma, aiko, ada):
    Watcher.objects.watch(ticket, aiko, by=uma)
    ticket.remove(by=uma)
    assert not Ticket.objects.readable_by(aiko).exists()
    ticket.restore(by=ada)
    assert watching(ticket) == {"aiko"}


def test_switching_a_persons_customer_ends_their_watches_and_says_so(
    ticket, make_ticket, acme, borealis, cora, carl, uma, ada
):
    other = make_ticket(customer=acme)
    for one in (ticket, other):
        Watcher.objects.watch(one, cora, by=uma)
        Watcher.objects.watch(one, carl, by=uma)
    cora.switch_customer(borealis, by=ada)
    assert watching(ticket) == watching(other) == {"carl"}
    assert history(ticket)[-1] == ("TicketUnsubscribe", "ada", "Cora Castor")
    assert ticket.events.last().data == {"why": "customer_switched"}
    # Back again: she must be set anew (rule 2).
    cora.switch_customer(acme, by=ada)
    assert watching(ticket) == {"carl"}
    assert Watcher.objects.watch(ticket, cora, by=uma) is not None


def test_when_the_tickets_customer_changes_the_old_ones_watches_rest(ticket, acme, borealis, cora, uma):
    Watcher.objects.watch(ticket, cora, by=uma)
    ticket.change_customer(borealis, by=uma)
    assert watching(ticket) == {"cora"}
    assert not Ticket.objects.readable_by(cora).exists()
    ticket.change_customer(acme, by=uma)
    assert Ticket.objects.readable_by(cora).exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_watcher_and_one_event(ticket, uma, signed_in):
    """Ten requests meet at a barrier: the unique row lets one begin the watch, the others find it begun.

    Guard: WatcherManager._begin, get_or_create over the unique row.
    """
    answers = at_once(10, lambda: signed_in(uma).post(f"/tickets/{ticket.number}/watch/").status_code)
    assert answers == [303] * 10
    assert Watcher.objects.filter(ticket=ticket, user=uma).count() == 1
    assert history(ticket) == [("TicketSubscribe", "uma", "Uma Ogawa")]


@pytest.mark.django_db(transaction=True)
def test_two_who_bring_the_same_person_back_at_once_make_one_event(ticket, uma, mika, aiko, signed_in):
    """Guard: WatcherManager._begin, the condition of its update. They meet in it on PostgreSQL only."""
    Watcher.objects.watch(ticket, aiko, by=uma)
    Watcher.objects.unwatch(ticket, aiko, by=aiko)
    at_once(6, lambda: signed_in(mika).post(f"/tickets/{ticket.number}/watchers/", {"user": "aiko"}))
    assert [name for name, _actor, _who in history(ticket)].count("TicketSubscribe") == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_remove_the_same_person_at_once_make_one_event(ticket, uma, mika, aiko, signed_in):
    """Guard: WatcherManager._end, the condition of its update."""
    Watcher.objects.watch(ticket, aiko, by=uma)
    answers = at_once(
        6, lambda: signed_in(mika).delete(f"/tickets/{ticket.number}/watchers/aiko/").status_code
    )
    assert answers == [303] * 6
    assert [name for name, _actor, _who in history(ticket)].count("TicketUnsubscribe") == 1


def at_once(count, act):
    """What `act` returns in each of `count` threads that start it together."""
    together, answers = threading.Barrier(count), []

    def run():
        try:
            together.wait(timeout=20)
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def test_a_group_may_watch_and_opens_nothing(ticket, service_desk, db):
    from opsi.models import Group

    group = Group.objects.create(name="Network", slug="network")
    outsider = User.objects.create_user("otto", "x", full_name="Otto Outside")
    outsider.groups.add(group)
    Watcher.objects.create(ticket=ticket, group=group)
    assert not Ticket.objects.readable_by(outsider).exists()


def test_who_begins_to_watch_where_a_merge_takes_them_at_the_same_moment_watches_once(
    ticket, make_ticket, uma, aiko, mika, monkeypatch
):
    target = make_ticket()
    Watcher.objects.watch(ticket, uma, by=mika)
    now = operations.now

    def meanwhile():
        # Between asking who watches the target and taking the watchers along.
        Watcher.objects.get_or_create(ticket=target, user=uma, defaults={"added_by": aiko})
        return now()

    monkeypatch.setattr("watchers.watching.operations.now", meanwhile)
    Watcher.objects.move(ticket, target, by=mika)
    assert (watching(ticket), watching(target)) == (set(), {"uma"})
    assert Watcher.objects.get(ticket=target).added_by == aiko

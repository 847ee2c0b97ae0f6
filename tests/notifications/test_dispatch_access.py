"""Nobody is told of what they may not read (domain §5 step 3, behaviour B7)."""

import pytest

from notifications.models import Candidate, InboxRow, Notice
from opsi.models import Group
from tests.notifications.conftest import drops, told
from tickets.choices import Level
from tickets.models import Queue, QueueGrant
from tickets.operations import operation
from watchers.models import Watcher, WatcherSettings


@pytest.fixture
def watched(ticket, uma, aiko, cora, ray):
    """The Acme ticket, watched by aiko, cora (Acme) and ray."""
    for person in (aiko, cora, ray):
        Watcher.objects.watch(ticket, person, by=uma)
    return ticket


def test_an_internal_note_reaches_agents_only(watched, mika, dispatch, forget):
    forget()
    watched.note("The customer need not know.", by=mika)
    dispatch()
    assert told() == {"uma": 1, "aiko": 1}
    assert drops() == {"mika": {"actor"}, "cora": {"no_article_access"}, "ray": {"no_article_access"}}


def test_an_answer_reaches_everybody_who_watches(watched, mika, dispatch, forget):
    forget()
    watched.reply("We are on it.", by=mika)
    dispatch()
    assert told() == {"uma": 1, "aiko": 1, "cora": 1, "ray": 1}


def test_an_article_made_internal_before_dispatch_reaches_agents_only(watched, mika, dispatch, forget):
    forget()
    article = watched.reply("Oh, this was not meant for you.", by=mika)
    watched.edit_article(article, by=mika, visible_for_customer=False)
    dispatch()
    assert told() == {"uma": 1, "aiko": 1}


def test_an_article_deleted_before_dispatch_is_told_to_nobody(watched, mika, dispatch, forget):
    forget()
    watched.delete_article(watched.reply("Wrong ticket.", by=mika), by=mika)
    dispatch()
    assert told() == {}
    assert set(drops()) == {"mika", "uma", "aiko", "cora", "ray"}


def test_a_note_and_a_change_in_one_act_tell_the_customer_of_the_change_only(watched, mika, dispatch, forget):
    forget()
    with operation(by=mika):
        watched.note("The customer need not know.", by=mika)
        watched.change_state("in_progress", by=mika)
    dispatch()
    assert told() == {"uma": 1, "aiko": 1, "cora": 1, "ray": 1}
    note, state = watched.events.order_by("-pk")[:2][::-1]
    assert Notice.objects.get(person__username="aiko").event_ids == [note.pk, state.pk]
    assert Notice.objects.get(person__username="aiko").event == note
    assert Notice.objects.get(person__username="cora").event_ids == [state.pk]
    assert Notice.objects.get(person__username="cora").event == state


def test_after_a_switch_of_the_tickets_customer_the_old_ones_watchers_are_told_nothing(
    watched, borealis, mika, dispatch, forget
):
    forget()
    watched.change_customer(borealis, by=mika)
    watched.reply("Hello Borealis.", by=mika)
    dispatch()
    assert "cora" not in told()
    assert drops()["cora"] == {"no_access"}


def test_watchers_without_another_ground_rest_while_watching_grants_no_reading(
    watched, mika, dispatch, forget
):
    forget()
    WatcherSettings.objects.create(watching_grants_reading=False)
    watched.reply("We are on it.", by=mika)
    dispatch()
    assert told() == {"uma": 1, "aiko": 1, "cora": 1}
    assert drops()["ray"] == {"no_access"}


def test_a_ticket_moved_to_a_hidden_queue_takes_its_subscribers_access(
    watched, mika, uma, aiko, cora, define, dispatch, forget
):
    secret = Queue.objects.create(name="Security")
    define(events=["TicketQueueUpdate"], recipients=["write_agents"], users=[mika, uma])
    Watcher.objects.unwatch(watched, aiko, by=aiko)
    forget()
    watched.change_queue(secret, by=None)
    dispatch()
    # Uma owns it and mika created it, which are grounds of their own.
    assert told() == {"uma": 1, "mika": 1, "ray": 1, "cora": 1}


def test_a_named_person_who_may_not_read_the_ticket_is_not_told(ticket, bo, mika, only, dispatch, forget):
    forget()
    only(users=[bo], recipients=[])
    ticket.reply("We are on it.", by=mika)
    dispatch()
    assert told() == {}
    assert drops() == {"bo": {"no_access"}}


def test_members_of_a_group_with_a_grant_are_told(ticket, vera, mika, only, dispatch, forget):
    forget()
    security = Queue.objects.create(name="Security")
    group = Group.objects.create(name="Security", slug="security")
    QueueGrant.objects.create(queue=security, group=group, level=Level.READ)
    vera.groups.add(group)
    ticket.change_queue(security, by=mika)
    only(groups=[group], recipients=[])
    ticket.note("Found it.", by=mika)
    dispatch()
    assert told() == {"vera": 1}


def test_a_deletion_is_told_to_those_who_could_read_the_ticket(watched, mika, dispatch, forget):
    forget()
    watched.remove(by=mika)
    dispatch()
    assert told() == {"uma": 1, "aiko": 1, "cora": 1, "ray": 1}


def test_what_happened_before_a_deletion_is_skipped_quietly(watched, mika, dispatch, forget):
    forget()
    watched.reply("We are on it.", by=mika)
    with operation(by=mika):
        watched.note("A duplicate.", by=mika)
        watched.remove(by=mika)
    dispatch()
    assert [notice.event.name for notice in Notice.objects.filter(person__username="uma")] == ["TicketDelete"]


def test_a_merge_tells_the_sources_watchers_and_a_moved_article_asks_for_reading_where_it_is(
    watched, make_ticket, acme, mika, ray, dispatch, forget
):
    other = make_ticket(customer=acme)
    forget()
    watched.reply("We are on it.", by=mika)
    watched.merge_into(other, by=mika)
    dispatch()
    assert told() == {"uma": 2, "aiko": 2, "cora": 2, "ray": 2}


def test_who_reads_a_ticket_by_watching_alone_finds_its_merge_in_the_inbox(
    ticket, make_ticket, acme, mika, ray, dispatch, forget, signed_in
):
    Watcher.objects.watch(ticket, ray, by=mika)
    forget()
    ticket.merge_into(make_ticket(customer=acme), by=mika)
    dispatch()
    page = signed_in(ray).get("/inbox/").content.decode()
    assert f"[{ticket.number}] Merged into" in page
    row = ray.inbox.get()
    # There is nothing left to open; the watch, and with it the reading, went on to the other ticket.
    assert signed_in(ray).post(f"/inbox/{row.pk}/opening/")["Location"] == "/inbox/"


def test_after_a_merge_nobody_hears_of_an_article_on_a_ticket_they_may_not_read(
    make_ticket, mika, ray, dispatch, forget
):
    mine, other = make_ticket(by=ray), make_ticket()
    forget()
    mine.reply("We are on it.", by=mika)
    mine.merge_into(other, by=mika)
    dispatch()
    [notice] = Notice.objects.filter(person=ray)
    assert notice.event.name == "TicketMerge"
    assert "no_article_access" in drops()["ray"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"is_active": False}, "inactive"), ({"is_system": True}, "system")],
)
def test_system_and_disabled_people_are_never_told(watched, aiko, mika, dispatch, forget, change, reason):
    type(aiko).objects.filter(pk=aiko.pk).update(**change)
    forget()
    watched.reply("We are on it.", by=mika)
    dispatch()
    assert "aiko" not in told()
    assert drops()["aiko"] == {reason}


def test_a_person_who_lost_their_customer_reads_and_hears_nothing(watched, cora, mika, ada, dispatch, forget):
    forget()
    cora.switch_customer(None, by=ada)
    watched.reply("We are on it.", by=mika)
    dispatch()
    assert told()["cora"] == 1
    [leave] = Notice.objects.filter(person=cora)
    assert leave.event.name == "TicketUnsubscribe"


def test_an_article_merged_into_a_ticket_that_was_deleted_is_told_nobody(
    ticket, make_ticket, acme, mika, forget, dispatch
):
    other = make_ticket(customer=acme)
    forget()
    ticket.note("It is the gateway.", by=mika)
    ticket.merge_into(other, by=mika)
    other.refresh_from_db()
    other.remove(by=mika)
    dispatch()
    assert not Candidate.objects.filter(event__name="ArticleCreate", drop="").exists()


def test_a_merge_is_hidden_from_who_reads_neither_ticket_any_more(
    ticket, make_ticket, acme, mika, vera, forget, dispatch
):
    other = make_ticket(customer=acme)
    Watcher.objects.watch(ticket, vera, by=mika)
    forget()
    ticket.merge_into(other, by=mika)
    dispatch()
    QueueGrant.objects.all().delete()
    assert InboxRow.objects.of(vera).count() == 1  # reads the other one, since the watch went along
    Watcher.objects.unwatch(other, vera, by=vera)
    assert not InboxRow.objects.of(vera).exists()

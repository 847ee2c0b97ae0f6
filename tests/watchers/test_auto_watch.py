"""Watching that begins by itself: a personal setting, off; who left is never brought back (domain §3 rule 6)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Candidate, Notice
from tests.notifications.conftest import dispatch as dispatch
from tests.notifications.conftest import forget as forget
from tickets.models import Queue, TicketEvent
from tickets.operations import operation
from watchers.choices import Extent
from watchers.models import AutoWatch, PolicyCell, Watcher

PATH = "/preferences/watching/"


def choose(person, *occasions):
    AutoWatch.objects.update_or_create(person=person, defaults=dict.fromkeys(occasions, True))


def watching(ticket):
    return set(Watcher.objects.watching().filter(ticket=ticket).values_list("user__username", flat=True))


def begun(ticket):
    """[(who did it, for whom)] of the history."""
    return [
        (event.actor.username, event.new["name"]) for event in ticket.events.filter(name="TicketSubscribe")
    ]


def test_nobody_begins_unasked(make_ticket, uma, aiko):
    ticket = make_ticket(by=uma)
    ticket.note("Have a look.", by=uma, informed=[aiko])
    assert watching(ticket) == set()


class TestOccasions:
    def test_creating(self, make_ticket, uma):
        choose(uma, "on_create")
        ticket = make_ticket(by=uma)
        assert watching(ticket) == {"uma"}
        ticket.note("A note begins nothing.", by=uma)
        assert begun(ticket) == [("uma", "Uma Ogawa")]

    @pytest.mark.parametrize("verb", ["note", "reply"])
    def test_writing(self, ticket, uma, verb):
        choose(uma, "on_article")
        ticket.change_state("open", by=uma)
        assert watching(ticket) == set()
        getattr(ticket, verb)("Looked at it.", by=uma)
        assert watching(ticket) == {"uma"}

    def test_a_customers_follow_up(self, ticket, cora):
        choose(cora, "on_article")
        ticket.follow_up("Any news?", by=cora)
        assert watching(ticket) == {"cora"}

    def test_being_informed(self, ticket, uma, aiko, mika):
        choose(aiko, "on_informed")
        ticket.note("Have a look.", by=uma, informed=[aiko, mika])
        assert watching(ticket) == {"aiko"}
        # By their own setting: not the writer's doing.
        assert begun(ticket) == [("aiko", "佐藤 愛子")]

    def test_each_holds_for_itself(self, ticket, uma, aiko):
        choose(uma, "on_create", "on_informed")
        choose(aiko, "on_create", "on_article")
        ticket.note("Have a look.", by=uma, informed=[aiko])
        assert watching(ticket) == set()


def test_it_stands_in_the_operation_that_wrote(ticket, uma):
    choose(uma, "on_article")
    with operation(by=uma) as under_way:
        ticket.note("Looked at it.", by=uma)
    names = TicketEvent.objects.filter(operation=under_way.id).values_list("name", flat=True)
    assert set(names) == {"ArticleCreate", "TicketSubscribe"}


def test_what_is_undone_leaves_no_watch(ticket, uma):
    choose(uma, "on_article")

    def fail():
        with operation(by=uma):
            ticket.note("Looked at it.", by=uma)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert watching(ticket) == set()


class TestWhoLeftIsNotBroughtBack:
    @pytest.mark.parametrize("by", ["uma", "mika"])
    def test_whoever_ended_it(self, ticket, everyone, uma, by):
        choose(uma, "on_article", "on_informed")
        Watcher.objects.watch(ticket, uma, by=uma)
        Watcher.objects.unwatch(ticket, uma, by=everyone[by])
        ticket.note("Looked at it.", by=uma)
        ticket.note("Have a look.", by=everyone["mika"], informed=[uma])
        assert watching(ticket) == set()
        assert len(begun(ticket)) == 1

    def test_but_they_may_come_back_themselves(self, ticket, uma):
        choose(uma, "on_article")
        Watcher.objects.watch(ticket, uma, by=uma)
        Watcher.objects.unwatch(ticket, uma, by=uma)
        Watcher.objects.watch(ticket, uma, by=uma)
        assert watching(ticket) == {"uma"}


def test_who_watches_already_begins_nothing(ticket, uma):
    choose(uma, "on_article")
    Watcher.objects.watch(ticket, uma, by=uma)
    ticket.note("Looked at it.", by=uma)
    assert len(begun(ticket)) == 1


class TestNobodyComesToReadByIt:
    def test_who_is_informed_of_what_they_may_not_read(self, make_ticket, uma, aiko):
        hidden = make_ticket(queue=Queue.objects.create(name="Hidden"), owner=uma)
        choose(aiko, "on_informed")
        hidden.note("Have a look.", by=uma, informed=[aiko])
        assert watching(hidden) == set()

    def test_whose_role_may_not_watch(self, ticket, uma):
        PolicyCell.objects.filter(setter="itsm_user", target="agent").update(add=Extent.NONE)
        choose(uma, "on_article")
        ticket.note("Looked at it.", by=uma)
        assert watching(ticket) == set()


def test_of_their_own_automatism_nobody_is_told(ticket, uma, aiko, dispatch, forget):
    choose(aiko, "on_informed")
    choose(uma, "on_article")
    forget()
    ticket.note("Have a look.", by=uma, informed=[aiko])
    dispatch()
    assert {notice.person.username for notice in Notice.objects.all()} == {"aiko", "mika"}
    notice = Notice.objects.get(person=aiko)
    assert (notice.event.name, len(notice.event_ids)) == ("ArticleCreate", 1)
    # That they watch is nobody's doing but their own.
    about = Candidate.objects.filter(event__name="TicketSubscribe")
    assert set(about.values_list("person__username", "drop")) == {("uma", "actor"), ("aiko", "actor")}


def test_from_then_on_they_are_told_as_watchers(ticket, mika, aiko, uma, dispatch, forget):
    choose(aiko, "on_informed")
    ticket.note("Have a look.", by=uma, informed=[aiko])
    forget()
    ticket.note("And again.", by=uma)
    dispatch()
    assert Notice.objects.get(person=aiko).reasons == ["watchers"]


def test_it_costs_one_statement_where_nobody_asked(ticket, uma, aiko):
    def about_it():
        with CaptureQueriesContext(connection) as statements:
            ticket.note("Looked at it.", by=uma, informed=[aiko])
        return sum("watchers_" in query["sql"] for query in statements)

    assert about_it() == 1
    choose(aiko, "on_informed")
    about_it()
    assert about_it() == 1


class TestPage:
    @pytest.mark.parametrize(
        ("who", "offered"),
        [
            ("uma", ["on_create", "on_article", "on_informed"]),
            ("vera", ["on_informed"]),
            ("cora", ["on_create", "on_article"]),
            ("ray", ["on_create", "on_article"]),
        ],
    )
    def test_only_the_occasions_there_can_be(self, everyone, signed_in, who, offered):
        assert list(signed_in(everyone[who]).get(PATH).context["form"].fields) == offered

    def test_all_is_off_until_chosen_and_kept_then(self, uma, signed_in):
        client = signed_in(uma)
        assert " checked" not in client.get(PATH).content.decode()
        assert client.post(PATH, {"on_create": "on", "on_informed": "on"}).status_code == 303
        own = AutoWatch.objects.get()
        assert (own.person, own.on_create, own.on_article, own.on_informed) == (uma, True, False, True)
        client.post(PATH, {})
        own.refresh_from_db()
        assert not own.on_create

    def test_what_is_not_offered_is_not_stored(self, cora, signed_in):
        signed_in(cora).post(PATH, {"on_informed": "on"})
        assert not AutoWatch.objects.get().on_informed

    def test_the_preferences_lead_there(self, uma, signed_in):
        assert f'href="{PATH}"' in signed_in(uma).get("/preferences/").content.decode()

    def test_methods(self, uma, signed_in):
        assert signed_in(uma).delete(PATH).status_code == 405

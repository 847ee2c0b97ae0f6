"""What a row folds: who did what since it was last read, for those eyes (domain §6)."""

import pytest

from tests.notifications.conftest import make_definition
from tickets.models import Queue
from tickets.operations import operation
from watchers.models import Watcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def unfold(signed_in):
    """`unfold(uma)`: the page of her only row over one ticket, as text."""

    def get(person, **headers):
        row = person.inbox.exclude(ticket=None).get()
        response = signed_in(person).get(f"/inbox/{row.pk}/notices/", headers=headers)
        assert response.status_code == 200
        return response

    return get


def told(response):
    return [
        (one.actor, [change.words for change in one.changes], one.is_new)
        for one in response.context["fold"].told
    ]


def test_each_notice_says_who_did_what_the_newest_first(ticket, uma, mika, carl, dispatch, forget, unfold):
    forget()
    ticket.change_state("in_progress", by=mika)
    dispatch()
    with operation(by=mika):
        ticket.note("Looked at the gateway.", by=mika)
        ticket.change_priority("high", by=mika)
    ticket.follow_up("It happens again.", by=carl)
    dispatch()
    page = unfold(uma)
    assert told(page) == [
        ("Carl Castor", ["Article added: Mail stops at the gateway"], True),
        ("Mika Manager", ["Priority: Medium → High", "Article added: Mail stops at the gateway"], True),
        ("Mika Manager", ["State: New → In progress"], True),
    ]
    assert "Looked at the gateway." in page.text
    assert f'href="/tickets/{ticket.number}/?article=3#article-3"' in page.text


def test_what_was_read_before_is_not_new(ticket, uma, mika, dispatch, forget, unfold):
    forget()
    ticket.note("One", by=mika)
    dispatch()
    uma.inbox.mark_read()
    ticket.note("Two", by=mika)
    dispatch()
    assert [is_new for _actor, _changes, is_new in told(unfold(uma))] == [True, False]


def test_the_list_offers_it_where_there_is_something_to_unfold(
    ticket, uma, mika, dispatch, forget, signed_in
):
    forget()
    ticket.note("One", by=mika)
    dispatch()
    client = signed_in(uma)
    assert "/notices/" not in client.get("/inbox/").text
    ticket.note("Two", by=mika)
    dispatch()
    assert f'href="/inbox/{uma.inbox.get().pk}/notices/"' in client.get("/inbox/").text


def test_script_gets_the_part_alone_and_nothing_is_marked(ticket, uma, mika, dispatch, forget, unfold):
    forget()
    ticket.note("One", by=mika)
    ticket.note("Two", by=mika)
    dispatch()
    page = unfold(uma, **{"HX-Request": "true"})
    assert ("<html" in page.text, page.text.count("fold-new")) == (False, 2)
    assert uma.inbox.get().unread_count == 2


def test_an_article_made_internal_or_deleted_since_is_not_told(ticket, mika, cora, dispatch, forget, unfold):
    Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    hidden = ticket.reply("What cora must not learn.", by=mika)
    gone = ticket.reply("What nobody was to read.", by=mika)
    ticket.reply("We are on it.", by=mika)
    dispatch()
    ticket.edit_article(hidden, by=mika, visible_for_customer=False)
    ticket.delete_article(gone, by=mika)
    page = unfold(cora)
    assert len(told(page)) == 1
    assert "must not learn" not in page.text
    assert "nobody was to read" not in page.text


def test_an_article_that_a_merge_took_out_of_reach_is_not_told(
    ticket, make_ticket, acme, uma, mika, dispatch, forget, unfold
):
    forget()
    ticket.note("Where the money is.", by=mika)
    dispatch()
    ticket.merge_into(make_ticket(customer=acme, queue=Queue.objects.create(name="Board")), by=mika)
    assert "Where the money is." not in unfold(uma).text


def test_what_only_went_by_mail_is_not_in_it(ticket, uma, mika, dispatch, forget, only, unfold):
    only("By mail", events=["TicketStateUpdate"], channels={"email": True})
    make_definition("In the app", events=["ArticleCreate"], channels={"in_app": True})
    forget()
    ticket.note("One", by=mika)
    ticket.change_state("in_progress", by=mika)
    ticket.note("Two", by=mika)
    dispatch()
    assert [changes[0][:13] for _actor, changes, _new in told(unfold(uma))] == ["Article added"] * 2


@pytest.mark.parametrize("who", ["mika", "aiko", "ray"])
def test_anothers_row_is_not_found(ticket, uma, everyone, mika, dispatch, forget, signed_in, who):
    forget()
    ticket.note("One", by=mika)
    dispatch()
    assert signed_in(everyone[who]).get(f"/inbox/{uma.inbox.get().pk}/notices/").status_code == 404


def test_nor_is_one_of_a_ticket_that_was_left(ticket, mika, ray, dispatch, forget, signed_in):
    Watcher.objects.watch(ticket, ray, by=mika)
    forget()
    ticket.reply("We are on it.", by=mika)
    Watcher.objects.unwatch(ticket, ray, by=mika)
    dispatch()
    assert signed_in(ray).get(f"/inbox/{ray.inbox.get().pk}/notices/").status_code == 404


def test_many_cost_as_many_statements_as_few(
    ticket, uma, mika, aiko, dispatch, forget, signed_in, django_assert_max_num_queries
):
    forget()
    ticket.note("One", by=mika)
    dispatch()
    client = signed_in(uma)
    path = f"/inbox/{uma.inbox.get().pk}/notices/"
    with django_assert_max_num_queries(8) as few:
        client.get(path)
    for number in range(30):
        ticket.note(f"Note {number}", by=(mika, aiko)[number % 2])
    dispatch()
    with django_assert_max_num_queries(len(few)):
        page = client.get(path)
    assert len(page.context["fold"].told) == 31

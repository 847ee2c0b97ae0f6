"""What is done with rows: opening, reading, done, saved; each only with one's own."""

import pytest

from notifications.choices import InboxState
from opsi.models import User
from tickets.models import Queue, Ticket
from tickets.operations import operation
from watchers.models import Watcher

PARTS = ["snooze", "opening", "reading", "done", "saved"]


@pytest.fixture
def row(ticket, carl, uma, dispatch, forget):
    """uma's row of her ticket, of which the last is carl's follow-up (article 2)."""
    forget()
    ticket.follow_up("It happens again.", by=carl)
    dispatch()
    return uma.inbox.get()


def state(row):
    row.refresh_from_db()
    return row.state


def test_opening_marks_as_read_and_leads_to_the_article(row, ticket, uma, signed_in):
    response = signed_in(uma).post(f"/inbox/{row.pk}/opening/")
    assert response.status_code == 303
    assert response["Location"] == f"/tickets/{ticket.number}/?article=2#article-2"
    assert (state(row), row.unread_count) == (InboxState.READ, 0)


def test_opening_is_reading_the_article(row, ticket, uma, signed_in):
    assert Ticket.objects.with_new_articles(uma).exists()
    signed_in(uma).post(f"/inbox/{row.pk}/opening/")
    assert not Ticket.objects.with_new_articles(uma).exists()


def test_opening_what_has_no_article_leads_to_the_ticket(row, ticket, uma, mika, dispatch, signed_in):
    ticket.change_state("in_progress", by=mika)
    dispatch()
    assert signed_in(uma).post(f"/inbox/{row.pk}/opening/")["Location"] == f"/tickets/{ticket.number}/"


def test_a_merged_article_is_found_where_it_is_now(row, ticket, make_ticket, acme, uma, signed_in):
    other = make_ticket(customer=acme)
    ticket.merge_into(other, by=uma)
    number = row.notice.event.article.number
    assert signed_in(uma).post(f"/inbox/{row.pk}/opening/")["Location"] == (
        f"/tickets/{other.number}/?article={number}#article-{number}"
    )


def test_a_merged_article_out_of_reach_is_neither_named_nor_led_to(
    row, ticket, make_ticket, acme, uma, signed_in
):
    board = Queue.objects.create(name="Board")
    ticket.merge_into(make_ticket(customer=acme, queue=board), by=uma)
    client = signed_in(uma)
    page = client.get("/inbox/").content.decode()
    assert "New article: Mail stops" not in page
    assert f"{ticket.number} Mail stops at the gateway" in page
    assert client.post(f"/inbox/{row.pk}/opening/")["Location"] == f"/tickets/{ticket.number}/"


@pytest.mark.parametrize("part", PARTS)
def test_a_link_changes_nothing(row, uma, signed_in, part):
    assert signed_in(uma).get(f"/inbox/{row.pk}/{part}/").status_code == 405
    assert state(row) == InboxState.UNREAD


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("who", ["ada", "mika", "aiko", "vera", "carl", "cora", "bo", "ray"])
def test_nobody_reaches_anothers_row(row, everyone, signed_in, part, who):
    assert signed_in(everyone[who]).post(f"/inbox/{row.pk}/{part}/").status_code == 404
    assert state(row) == InboxState.UNREAD


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("pk", [0, 10**30])
def test_a_row_that_never_was_is_not_found(uma, signed_in, part, pk):
    assert signed_in(uma).post(f"/inbox/{pk}/{part}/").status_code == 404


@pytest.mark.parametrize("part", PARTS)
def test_a_row_one_may_no_longer_read_is_not_found(ticket, mika, ray, dispatch, forget, signed_in, part):
    Watcher.objects.watch(ticket, ray, by=mika)
    forget()
    ticket.reply("We are on it.", by=mika)
    dispatch()
    row = ray.inbox.get()
    Watcher.objects.all().delete()
    assert signed_in(ray).post(f"/inbox/{row.pk}/{part}/").status_code == 404
    assert state(row) == InboxState.UNREAD


def test_marking_as_read_and_back(row, uma, signed_in):
    client = signed_in(uma)
    assert client.post(f"/inbox/{row.pk}/reading/")["Location"] == "/inbox/"
    assert (state(row), row.read_at is None) == (InboxState.READ, False)
    client.delete(f"/inbox/{row.pk}/reading/")
    assert (state(row), row.unread_count, row.read_at) == (InboxState.UNREAD, 1, None)
    client.post(f"/inbox/{row.pk}/reading/")
    client.post(f"/inbox/{row.pk}/reading/", {"_method": "delete"})
    assert state(row) == InboxState.UNREAD


def test_a_method_of_ones_own_invention_is_refused(row, uma, signed_in):
    assert signed_in(uma).post(f"/inbox/{row.pk}/reading/", {"_method": "purge"}).status_code == 405
    assert state(row) == InboxState.UNREAD


def test_what_came_after_the_page_was_shown_stays_unread(row, ticket, carl, uma, dispatch, signed_in):
    shown = row.notice_id
    ticket.follow_up("And again.", by=carl)
    dispatch()
    for path in [*(f"/inbox/{row.pk}/{part}/" for part in PARTS), "/inbox/reading/"]:
        signed_in(uma).post(path, {"until": shown})
        assert state(row) == InboxState.UNREAD
    assert row.unread_count == 2


@pytest.mark.parametrize("until", ["x", "-1", "1.5", "٣", "9" * 40])
def test_an_until_that_is_no_notice_is_refused(row, ticket, uma, signed_in, until):
    for path in (f"/inbox/{row.pk}/reading/", "/inbox/reading/", f"/tickets/{ticket.number}/reading/"):
        assert signed_in(uma).post(path, {"until": until}).status_code == 400
    assert state(row) == InboxState.UNREAD


def test_done_leaves_the_list_and_comes_back_with_news(row, ticket, carl, uma, dispatch, signed_in):
    client = signed_in(uma)
    client.post(f"/inbox/{row.pk}/done/")
    assert state(row) == InboxState.DONE
    assert client.get("/inbox/").context["lines"] == []
    ticket.follow_up("And again.", by=carl)
    dispatch()
    assert (state(row), row.unread_count) == (InboxState.UNREAD, 1)


def test_done_is_taken_back(row, uma, signed_in):
    client = signed_in(uma)
    client.post(f"/inbox/{row.pk}/done/")
    client.delete(f"/inbox/{row.pk}/done/")
    assert state(row) == InboxState.READ


def test_saved_stays_until_it_is_let_go(row, uma, signed_in):
    client = signed_in(uma)
    client.post(f"/inbox/{row.pk}/saved/")
    assert state(row) == InboxState.SAVED
    client.delete(f"/inbox/{row.pk}/saved/")
    assert (state(row), row.saved_at) == (InboxState.READ, None)


def test_one_goes_back_to_the_view_one_came_from(row, uma, signed_in):
    response = signed_in(uma).post(f"/inbox/{row.pk}/done/?show=unread&severity=warning&next=//evil.example")
    assert response["Location"] == "/inbox/?show=unread&severity=warning"


def test_marking_all_as_read_touches_only_what_is_unread(make_ticket, uma, mika, dispatch, signed_in):
    """Guard: InboxQuerySet.mark_all_read and mark_read change what is unread."""
    tickets = [make_ticket(owner=uma) for _number in range(4)]
    dispatch()
    uma.inbox.filter(ticket=tickets[0]).mark_done()
    uma.inbox.filter(ticket=tickets[1]).save_for_later()
    before = uma.inbox.get(ticket=tickets[1]).read_at
    others = mika.inbox.unread().count()
    assert signed_in(uma).post("/inbox/reading/")["Location"] == "/inbox/"
    states = dict(uma.inbox.values_list("ticket", "state"))
    assert [states[ticket.pk] for ticket in tickets] == ["done", "saved", "read", "read"]
    assert uma.inbox.get(ticket=tickets[1]).read_at == before
    assert mika.inbox.unread().count() == others


def test_marking_all_is_one_update_however_many(make_ticket, uma, dispatch, django_assert_num_queries):
    for _number in range(5):
        make_ticket(owner=uma)
    dispatch()
    with django_assert_num_queries(1):
        assert uma.inbox.mark_read() == 5
    with django_assert_num_queries(1):
        assert uma.inbox.mark_read() == 0


def test_a_script_gets_the_row_as_it_is_now(row, uma, signed_in):
    client = signed_in(uma)
    answer = client.post(f"/inbox/{row.pk}/reading/", headers={"HX-Request": "true"})
    assert (answer.status_code, "inbox-changed" in answer["HX-Trigger"]) == (200, True)
    page = answer.content.decode()
    assert "Mark as unread" in page
    assert "<html" not in page
    gone = client.post(f"/inbox/{row.pk}/done/", headers={"HX-Request": "true"}).content.decode()
    assert ("data-row" in gone, "Put aside as done." in gone, ">Undo</button>" in gone) == (False, True, True)


def test_a_row_over_many_tickets_opens_one_of_them(make_ticket, acme, mika, uma, dispatch, forget, signed_in):
    tickets = [make_ticket(customer=acme, owner=uma) for _number in range(3)]
    forget()
    with operation(by=mika):
        for ticket in tickets:
            ticket.change_state("in_progress", by=mika)
    dispatch()
    [row] = uma.inbox.all()
    client = signed_in(uma)
    opened = client.post(f"/inbox/{row.pk}/opening/", {"ticket": tickets[1].number})
    assert opened["Location"] == f"/tickets/{tickets[1].number}/"
    assert state(row) == InboxState.READ
    stranger = make_ticket()
    opened = client.post(f"/inbox/{row.pk}/opening/", {"ticket": stranger.number})
    assert opened["Location"] == "/inbox/"


def test_reading_on_the_ticket_marks_that_persons_row(row, ticket, uma, mika, signed_in):
    others = mika.inbox.get()
    assert (
        signed_in(uma).post(f"/tickets/{ticket.number}/reading/", {"until": row.notice_id}).status_code == 204
    )
    assert (state(row), state(others)) == (InboxState.READ, InboxState.UNREAD)


def test_reading_a_ticket_one_may_not_read_is_not_found(row, ticket, bo, signed_in):
    assert signed_in(bo).post(f"/tickets/{ticket.number}/reading/").status_code == 404
    assert signed_in(bo).post("/tickets/2026010100000001/reading/").status_code == 404
    assert signed_in(bo).get(f"/tickets/{ticket.number}/reading/").status_code == 405


def test_the_zoom_page_reports_a_reading_only_where_something_is_unread(row, ticket, uma, signed_in):
    client = signed_in(uma)
    page = client.get(f"/tickets/{ticket.number}/").content.decode()
    assert f'name="until" value="{row.notice_id}"' in page
    assert state(row) == InboxState.UNREAD
    uma.inbox.mark_read()
    assert 'name="until" value="0"' in client.get(f"/tickets/{ticket.number}/").content.decode()


def test_customers_do_all_this_too(ticket, mika, cora, dispatch, forget, signed_in):
    Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    ticket.reply("We are on it.", by=mika)
    dispatch()
    row = cora.inbox.get()
    client = signed_in(User.objects.get(pk=cora.pk))
    assert "because you watch it" in client.get("/inbox/").content.decode()
    assert client.post(f"/inbox/{row.pk}/opening/").status_code == 303
    assert state(row) == InboxState.READ
    assert Ticket.objects.readable_by(cora).filter(pk=row.ticket_id).exists()


def test_the_receipt_of_what_one_just_did_is_not_read_away_by_the_page_it_leads_to(
    make_ticket, carl, dispatch, signed_in, time_machine
):
    time_machine.move_to("2026-03-02T10:00:00+00:00", tick=False)
    ticket = make_ticket(by=carl)
    dispatch()
    client, page = signed_in(carl), f"/tickets/{ticket.number}/"
    assert 'name="until" value="0"' in client.get(page).text
    time_machine.move_to("2026-03-02T10:01:00+00:00", tick=False)
    assert 'name="until" value="0"' not in client.get(page).text

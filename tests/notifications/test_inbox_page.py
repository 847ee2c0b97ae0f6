"""`/inbox/`: what is shown, to whom, in whose words (domain §6)."""

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from notifications.badge import Badge
from notifications.choices import Function, InboxState
from notifications.models import InboxRow, NotificationFunction
from opsi.models import User
from tickets.models import Ticket
from tickets.operations import operation
from watchers.models import Watcher, WatcherSettings


@pytest.fixture
def inbox(signed_in):
    """`inbox(uma)`: the page as text; further arguments are its query."""

    def get(person, **query):
        response = signed_in(person).get("/inbox/", query)
        assert response.status_code == 200
        return response.content.decode()

    return get


def rows(html):
    return html.count('<li class="notice')


def test_what_happened_stands_there_with_who_did_it_and_why_one_is_told(
    ticket, carl, dispatch, inbox, forget
):
    forget()
    ticket.follow_up("It happens again.", by=carl)
    dispatch()
    page = inbox(User.objects.get(username="uma"))
    assert f"[{ticket.number}] New article: Mail stops at the gateway" in page
    assert "Carl Castor" in page
    assert "because you own it" in page


def test_what_comes_while_the_page_is_made_is_in_it_or_news_to_it(
    ticket, uma, mika, dispatch, signed_in, forget
):
    forget()
    ticket.note("One", by=mika)
    dispatch()
    client = signed_in(uma)

    def dispatch_after_the_first_look(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if not hurried and "inboxrow" in sql and sql.startswith("SELECT"):
            hurried.append(sql)
            ticket.note("Two", by=mika)
            dispatch()
        return result

    hurried = []
    with connection.execute_wrapper(dispatch_after_the_first_look):
        page = client.get("/inbox/")
    assert hurried
    newest = InboxRow.objects.get(person=uma).notice_id
    assert "2 new" in page.content.decode() or page.context["badge"].latest < newest


def test_notices_of_one_ticket_fold_into_one_row_with_a_counter(ticket, uma, mika, dispatch, inbox, forget):
    forget()
    for text in ("One", "Two", "Three"):
        ticket.note(text, by=mika)
    dispatch()
    page = inbox(uma)
    assert (rows(page), "3 new" in page) == (1, True)


def test_what_else_the_same_act_did_is_counted(ticket, uma, mika, dispatch, inbox, forget):
    forget()
    with operation(by=mika):
        ticket.note("Looked at it.", by=mika)
        ticket.change_state("open", by=mika)
        ticket.change_priority("high", by=mika)
    dispatch()
    page = inbox(uma)
    assert (rows(page), "and 2 more changes" in page) == (1, True)


def test_each_reads_it_in_their_language(ticket, mika, uma, aiko, dispatch, inbox, forget):
    Watcher.objects.watch(ticket, aiko, by=aiko)
    forget()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    # The subject is the definition's own, whatever the rest of the page is translated to.
    assert f"[{ticket.number}] 新しい記事: Mail stops" in inbox(aiko)
    assert f"[{ticket.number}] New article: Mail stops" in inbox(uma)


def test_a_row_hides_the_moment_reading_is_lost(ticket, mika, ray, dispatch, inbox, forget):
    Watcher.objects.watch(ticket, ray, by=mika)
    forget()
    ticket.reply("We are on it.", by=mika)
    dispatch()
    assert rows(inbox(ray)) == 1
    Watcher.objects.filter(user=ray).update(ended_at=timezone.now())
    assert rows(inbox(ray)) == 0


def test_a_row_hides_where_watching_stops_granting_reading(ticket, mika, ray, dispatch, inbox, forget):
    Watcher.objects.watch(ticket, ray, by=mika)
    forget()
    ticket.reply("We are on it.", by=mika)
    dispatch()
    WatcherSettings(watching_grants_reading=False).save()
    assert rows(inbox(ray)) == 0


def test_a_row_hides_from_a_customer_when_its_article_is_made_internal(
    ticket, mika, cora, uma, dispatch, inbox, forget
):
    Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    article = ticket.reply("We are on it.", by=mika)
    dispatch()
    assert rows(inbox(cora)) == 1
    ticket.edit_article(article, by=mika, visible_for_customer=False)
    assert rows(inbox(cora)) == 0
    assert rows(inbox(uma)) == 1


def test_a_switch_of_the_tickets_customer_hides_the_row(
    ticket, mika, cora, borealis, dispatch, inbox, forget
):
    Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    ticket.reply("We are on it.", by=mika)
    dispatch()
    Ticket.objects.filter(pk=ticket.pk).update(customer=borealis)
    assert rows(inbox(cora)) == 0


def test_one_is_told_of_the_end_of_ones_own_watch_without_reading_any_more(
    ticket, mika, ray, dispatch, inbox, forget
):
    Watcher.objects.watch(ticket, ray, by=mika)
    forget()
    Watcher.objects.unwatch(ticket, ray, by=mika)
    Ticket.objects.filter(pk=ticket.pk).update(title="What ray must not learn")
    dispatch()
    page = inbox(ray)
    assert rows(page) == 1
    assert "You can no longer read this ticket." in page
    assert "What ray must not learn" not in page


def test_a_deletion_is_told_to_those_who_could_read(ticket, ada, uma, dispatch, inbox, forget):
    forget()
    ticket.remove(by=ada)
    dispatch()
    page = inbox(uma)
    assert rows(page) == 1
    assert "You can no longer read this ticket." in page


def test_a_change_of_many_tickets_is_one_row_listing_those_one_may_read(
    make_ticket, acme, borealis, mika, cora, uma, dispatch, inbox, forget
):
    tickets = [make_ticket(customer=acme, title=f"Printer {number}", owner=uma) for number in range(3)]
    for ticket in tickets:
        Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    with operation(by=mika):
        for ticket in tickets:
            ticket.change_state("in_progress", by=mika)
    dispatch()
    assert InboxRow.objects.filter(ticket=None).count() == 2
    page = inbox(cora)
    assert rows(page) == 1
    assert "3 tickets" in page
    assert Badge.of(cora).count == 1
    Ticket.objects.filter(pk=tickets[1].pk).update(customer=borealis)
    page = inbox(cora)
    assert "Printer 0" in page
    assert "Printer 1" not in page
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(customer=borealis)
    assert rows(inbox(cora)) == 0
    assert Badge.of(cora).count == 0
    assert cora.inbox.unread().count() == 1


def test_views_show_what_they_say(make_ticket, uma, dispatch, inbox):
    _unread, read, done, saved = (make_ticket(owner=uma, title=title) for title in ("A1", "B2", "C3", "D4"))
    dispatch()
    uma.inbox.filter(ticket=read).mark_read()
    uma.inbox.filter(ticket=done).mark_done()
    uma.inbox.filter(ticket=saved).save_for_later()

    def titles(**query):
        page = inbox(uma, **query)
        return {title for title in ("A1", "B2", "C3", "D4") if f"New ticket: {title}" in page}

    assert titles() == {"A1", "B2", "D4"}
    assert titles(show="unread") == {"A1"}
    assert titles(show="done") == {"C3"}
    assert titles(show="saved") == {"D4"}


def test_severity_narrows(make_ticket, uma, dispatch, inbox):
    make_ticket(owner=uma, title="Burning", priority="very_high")
    make_ticket(owner=uma, title="Whenever", priority="low")
    dispatch()
    page = inbox(uma, severity="critical")
    assert ("Burning" in page, "Whenever" in page) == (True, False)


@pytest.mark.parametrize(
    "query",
    [
        {"show": "nothing"},
        {"severity": "'; --"},
        {"older": "yesterday"},
        {"older": "2026-01-01T00:00:00+00:00_x"},
        {"older": "2026-99-01T00:00:00+00:00_1"},
        {"older": "0001-01-01T00:00:00+14:00_" + "9" * 30},
        {"older": "\0"},
    ],
)
def test_a_query_that_is_not_understood_is_as_if_it_were_not_there(signed_in, uma, query):
    assert signed_in(uma).get("/inbox/", query).status_code == 200


def test_pages_of_25_reach_every_row_once(make_ticket, uma, dispatch, signed_in):
    numbers = [make_ticket(owner=uma).number for _number in range(28)]
    dispatch()
    # All at the same moment: the order must hold all the same.
    uma.inbox.update(changed_at=timezone.now())
    client = signed_in(uma)
    first = client.get("/inbox/")
    assert rows(first.content.decode()) == 25
    second = client.get("/inbox/" + first.context["following"])
    assert second.context["following"] == ""
    shown = [line.row.ticket.number for page in (first, second) for line in page.context["lines"]]
    assert sorted(shown) == sorted(numbers)


def test_under_mail_only_the_inbox_says_since_when(uma, inbox):
    assert "by e-mail only" not in inbox(uma)
    since = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)
    NotificationFunction(function=Function.MAIL_SERVER, changed_at=since).save()
    assert "Since March 1, 2026, 9:30 a.m. new notifications come by e-mail only." in inbox(uma)
    NotificationFunction(function=Function.MAIL_SERVER, changed_at=since, also_in_app=True).save()
    assert "by e-mail only" not in inbox(uma)


def test_getting_it_changes_nothing(ticket, uma, dispatch, inbox):
    dispatch()
    before = list(InboxRow.objects.values())
    inbox(uma)
    assert list(InboxRow.objects.values()) == before
    assert uma.inbox.get().state == InboxState.UNREAD


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_other_methods_are_not_there(signed_in, uma, method):
    assert getattr(signed_in(uma), method)("/inbox/").status_code == 405


def test_statements_do_not_grow_with_rows(
    make_ticket, mika, uma, dispatch, signed_in, django_assert_max_num_queries
):
    client = signed_in(uma)
    make_ticket(owner=uma)
    dispatch()
    with django_assert_max_num_queries(12) as few:
        client.get("/inbox/")
    for number in range(20):
        ticket = make_ticket(owner=uma, responsible=mika, title=f"Printer {number}")
        ticket.note("A note.", by=mika)
    dispatch()
    with django_assert_max_num_queries(len(few)):
        client.get("/inbox/")


def test_whose_watches_ended_with_a_switch_is_told_in_one_row(
    make_ticket, acme, borealis, mika, ada, cora, dispatch, inbox, forget
):
    for number in range(2):
        Watcher.objects.watch(make_ticket(customer=acme, title=f"Printer {number}"), cora, by=mika)
    forget()
    cora.switch_customer(borealis, by=ada)
    dispatch()
    page = inbox(cora)
    assert rows(page) == 1
    assert "Printer 0" in page
    assert "Printer 1" in page
    assert 'name="ticket"' not in page  # neither can be opened
    assert Badge.of(cora).count == 1


def test_the_deletion_of_many_tickets_is_told_in_one_row(
    make_ticket, acme, ada, uma, dispatch, inbox, forget, signed_in
):
    tickets = [make_ticket(customer=acme, title=f"Printer {number}", owner=uma) for number in range(2)]
    forget()
    with operation(by=ada):
        for ticket in tickets:
            ticket.remove(by=ada)
    dispatch()
    page = inbox(uma)
    assert rows(page) == 1
    assert "Printer 0" in page
    assert Badge.of(uma).count == 1
    row = uma.inbox.get()
    assert signed_in(uma).post(f"/inbox/{row.pk}/opening/", {"ticket": tickets[0].number}).status_code < 500


def test_of_many_tickets_those_left_are_listed_and_those_of_others_watches_are_not(
    make_ticket, acme, borealis, mika, uma, cora, dispatch, inbox, forget
):
    tickets = [make_ticket(customer=acme, title=f"Printer {number}", owner=uma) for number in range(2)]
    for ticket in tickets:
        Watcher.objects.watch(ticket, cora, by=mika)
    forget()
    with operation(by=mika):
        Watcher.objects.unwatch(tickets[0], cora, by=mika)
        tickets[0].change_state("in_progress", by=mika)
        tickets[1].change_state("in_progress", by=mika)
    dispatch()
    Ticket.objects.update(customer=borealis)
    page = inbox(cora)
    assert "Printer 1" not in page

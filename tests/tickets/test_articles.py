"""What is said on a ticket, what becomes of it later, and what a customer's follow-up does (domain §1, §2)."""

import pytest
from django.core.exceptions import ValidationError

from tickets.choices import Channel, FollowUp, SenderType, State
from tickets.models import FollowUpRefused, Ticket


def names(ticket):
    return list(ticket.events.values_list("name", flat=True))


def test_a_note_is_internal_and_a_reply_is_not(ticket, uma):
    note, reply = ticket.note("For us only.", by=uma), ticket.reply("Dear Cora, …", by=uma)
    assert (note.number, note.visible_for_customer, note.channel) == (2, False, Channel.NOTE)
    assert (reply.number, reply.visible_for_customer, reply.sender_type) == (3, True, SenderType.AGENT)


def test_articles_do_not_make_an_open_form_stale(ticket, uma):
    ticket.note("Meanwhile.", by=uma)
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_an_empty_note_is_refused_and_leaves_no_trace(ticket, uma):
    with pytest.raises(ValidationError):
        ticket.note(" \n", by=uma)
    assert names(ticket) == ["TicketCreate"]


def test_customers_see_visible_articles_only(ticket, uma, cora):
    ticket.note("For us only.", by=uma)
    assert [article.number for article in ticket.articles.visible_to(cora)] == [1]
    assert [article.number for article in ticket.articles.visible_to(uma)] == [1, 2]


def test_an_edit_keeps_how_the_article_stood(ticket, uma):
    article = ticket.note("The cable is lose.", by=uma)
    ticket.edit_article(article, by=uma, body="The cable is loose.", visible_for_customer=True)
    [before] = article.versions.all()
    assert (before.body, before.visible_for_customer) == ("The cable is lose.", False)
    event = ticket.events.last()
    assert (event.name, event.old, event.new) == (
        "ArticleUpdate",
        {"visible_for_customer": False},
        {"visible_for_customer": True},
    )
    assert ticket.edit_article(article, by=uma, body="The cable is loose.") is None


def test_a_deleted_article_is_hidden_from_everyone(ticket, uma):
    article = ticket.note("Wrong ticket.", by=uma)
    ticket.delete_article(article, by=uma)
    assert list(ticket.articles.visible_to(uma).values_list("number", flat=True)) == [1]
    assert ticket.delete_article(article, by=uma) is None
    assert ticket.note("The next one.", by=uma).number == 3


def test_a_follow_up_reopens_a_complete_ticket(ticket, uma, cora):
    ticket.change_state("resolved", by=uma)
    ticket.follow_up("It is back.", by=cora)
    assert ticket.state == State.OPEN
    assert names(ticket)[-2:] == ["TicketStateUpdate", "ArticleCreate"]
    assert len({event.operation for event in ticket.events.all()[2:]}) == 1


def test_a_follow_up_opens_a_linked_ticket_where_the_queue_says_so(ticket, uma, cora, service_desk):
    service_desk.follow_up = FollowUp.LINK
    service_desk.save()
    ticket.change_state("closed", by=uma)
    article = ticket.follow_up("It is back.", by=cora)
    assert article.ticket != ticket
    assert [link.target for link in ticket.links.all()] == [article.ticket]
    assert article.ticket.customer_user == ticket.customer_user


def test_a_follow_up_is_refused_where_the_queue_says_so(ticket, uma, cora, service_desk):
    service_desk.follow_up = FollowUp.REJECT
    service_desk.save()
    ticket.change_state("closed", by=uma)
    with pytest.raises(FollowUpRefused):
        ticket.follow_up("It is back.", by=cora)
    assert names(ticket)[-1] == "TicketStateUpdate"


def test_a_deleted_ticket_is_nobodys_and_comes_back(ticket, uma, ada):
    ticket.remove(by=uma)
    assert not Ticket.objects.readable_by(ada).exists()
    ticket.restore(by=ada)
    assert Ticket.objects.readable_by(uma).get() == ticket
    assert names(ticket) == ["TicketCreate", "TicketDelete", "TicketRestore"]


def test_numbers_count_the_day(make_ticket, time_machine):
    time_machine.move_to("2026-03-01T10:00:00+00:00")
    assert [make_ticket().number for _ in range(2)] == ["2026030100000001", "2026030100000002"]
    time_machine.move_to("2026-03-02T10:00:00+00:00")
    assert make_ticket().number == "2026030200000001"


def test_a_customer_users_ticket_is_their_customers(make_ticket, cora, acme):
    ticket = make_ticket(by=cora)
    assert (ticket.customer, ticket.customer_user) == (acme, cora)


def test_a_customer_user_of_another_customer_does_not_fit(ticket, uma, bo, acme):
    with pytest.raises(ValidationError):
        ticket.change_customer(acme, by=uma, customer_user=bo)


def test_the_system_itself_can_open_a_ticket(make_ticket):
    ticket = make_ticket(by=None)
    assert (ticket.created_by, ticket.articles.get().sender_type) == (None, SenderType.SYSTEM)

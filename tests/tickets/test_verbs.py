"""Each verb writes exactly one history row, old → new, in its operation (domain §2)."""

import pytest
from django.core.exceptions import ValidationError

from tickets.choices import State
from tickets.operations import operation


def names(ticket):
    return list(ticket.events.values_list("name", flat=True))


def test_registering_writes_one_event_with_the_article_in_it(ticket):
    [event] = ticket.events.all()
    assert (event.name, event.article.number) == ("TicketCreate", 1)
    assert event.snapshot["state"] == "new"


def test_changing_the_state_writes_old_and_new_once(ticket, uma):
    event = ticket.change_state("in_progress", by=uma)
    assert (event.name, event.old, event.new, event.actor) == ("TicketStateUpdate", "new", "in_progress", uma)
    assert ticket.change_state("in_progress", by=uma) is None
    assert names(ticket) == ["TicketCreate", "TicketStateUpdate"]
    ticket.refresh_from_db()
    assert (ticket.state, ticket.version) == (State.IN_PROGRESS, 2)


def test_a_state_that_does_not_exist_changes_nothing(ticket, uma):
    with pytest.raises(ValidationError):
        ticket.change_state("asleep", by=uma)
    assert names(ticket) == ["TicketCreate"]


def test_a_note_and_a_change_in_one_act_share_the_operation(ticket, uma):
    with operation(by=uma):
        ticket.note("Looked at it.", by=uma)
        ticket.change_priority("high", by=uma)
    note, change = ticket.events.all()[1:]
    assert (note.name, change.name) == ("ArticleCreate", "TicketPriorityUpdate")
    assert note.operation == change.operation != ticket.events.first().operation


def test_a_viewer_cannot_be_given_a_ticket(ticket, vera, uma):
    with pytest.raises(ValidationError):
        ticket.change_owner(vera, by=uma)


def test_merging_moves_articles_and_closes_the_source(ticket, make_ticket, acme, uma):
    other = make_ticket(customer=acme, title="Same thing")
    ticket.merge_into(other, by=uma)
    assert [article.number for article in other.articles.all()] == [1, 2]
    assert names(ticket)[1:] == ["TicketMerge"]
    assert ticket.events.last().data == {"state": {"old": State.NEW, "new": State.CLOSED}}
    assert names(other)[1:] == ["TicketMergeReceived"]
    assert ticket.state == State.CLOSED


def test_nothing_is_written_on_a_ticket_that_goes_on_elsewhere(ticket, make_ticket, acme, uma, cora):
    ticket.merge_into(make_ticket(customer=acme), by=uma)
    for write in (ticket.note, ticket.reply, ticket.follow_up):
        with pytest.raises(ValidationError, match="goes on there"):
            write("Any news?", by=cora if write == ticket.follow_up else uma)
    assert (ticket.articles.count(), ticket.state) == (0, State.CLOSED)


def test_tickets_of_two_customers_never_merge(ticket, make_ticket, borealis, uma):
    with pytest.raises(ValidationError):
        ticket.merge_into(make_ticket(customer=borealis), by=uma)
    assert names(ticket) == ["TicketCreate"]

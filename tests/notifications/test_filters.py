"""Which events a definition is about: OR inside a field, AND across fields (domain §5, behaviour B11)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications import filters
from notifications.models import Definition
from tests.notifications.conftest import told
from tickets.models import Service


def about(event, events=(), **fields):
    """Whether a definition with these `fields` is about `event`."""
    return filters.matches(Definition(events=list(events) or [event.name], **fields), event)


@pytest.fixture
def changed(ticket, uma):
    """The event of uma taking the new ticket up."""
    return ticket.change_state("in_progress", by=uma)


@pytest.fixture
def answered(ticket, uma):
    """The event of an answer."""
    article = ticket.reply(
        "The gateway is Back.", by=uma, subject="Re: Mail", to="carl@acme.example", cc="it@acme.example"
    )
    return article.events.get()


def test_only_events_of_the_definition_count(changed):
    assert about(changed)
    assert about(changed, events=["ArticleCreate", "TicketStateUpdate"])
    assert not about(changed, events=["ArticleCreate"])
    assert not about(changed, events=["NoSuchEvent"])


@pytest.mark.parametrize(
    ("ticket_filter", "matches"),
    [
        ({}, True),
        ({"state": []}, True),
        ({"state": ["in_progress"]}, True),
        ({"state": ["open", "in_progress"]}, True),
        ({"state": ["open", "pending"]}, False),
        ({"state": ["in_progress"], "priority": ["medium"]}, True),
        ({"state": ["in_progress"], "priority": ["high"]}, False),
        ({"is_locked": [False]}, True),
        ({"is_locked": [True]}, False),
        ({"service": [1]}, False),
        ({"no_such_field": ["x"]}, False),
    ],
)
def test_the_ticket_filter(changed, ticket_filter, matches):
    assert about(changed, ticket_filter=ticket_filter) is matches


def test_rows_are_matched_by_id(ticket, changed, acme, borealis, service_desk):
    assert about(changed, ticket_filter={"queue": [service_desk.pk], "customer": [acme.pk, borealis.pk]})
    assert about(changed, ticket_filter={"queue": [str(service_desk.pk)]})
    assert not about(changed, ticket_filter={"customer": [borealis.pk]})


def test_the_ticket_is_judged_as_it_was_right_after_the_event(ticket, changed, uma):
    ticket.change_state("closed", by=uma)
    assert about(changed, ticket_filter={"state": ["in_progress"]})
    assert not about(changed, ticket_filter={"state": ["closed"]})


@pytest.mark.parametrize(
    ("changed_from", "changed_to", "matches"),
    [
        ({"state": ["new"]}, {}, True),
        ({}, {"state": ["in_progress", "open"]}, True),
        ({"state": ["new", "open"]}, {"state": ["in_progress"]}, True),
        ({"state": ["open"]}, {"state": ["in_progress"]}, False),
        ({"state": ["new"]}, {"state": ["closed"]}, False),
        ({"state": []}, {"state": [], "priority": ["high"]}, True),
    ],
)
def test_from_and_to(changed, changed_from, changed_to, matches):
    assert about(changed, changed_from=changed_from, changed_to=changed_to) is matches


def test_from_and_to_know_rows_and_nothing_by_id(ticket, uma):
    mail = Service.objects.create(name="Mail")
    event = ticket.change_service(mail, by=uma)
    assert about(event, changed_to={"service": [mail.pk]})
    assert about(event, changed_to={"service": [str(mail.pk)]}, changed_from={"service": [None]})
    assert not about(event, changed_to={"service": [mail.pk + 1]})
    assert not about(event, changed_from={"service": [mail.pk]})


def test_from_and_to_ask_of_the_field_that_changed_whatever_id_another_one_has(ticket, uma):
    mail = Service.objects.create(name="Mail")
    event = ticket.change_service(mail, by=uma)
    assert about(event, changed_to={"queue": [mail.pk + 1], "owner": [mail.pk + 1]})
    owner = ticket.change_owner(None, by=uma)
    assert about(owner, changed_to={"owner": [None]}, changed_from={"owner": [uma.pk]})
    assert not about(owner, changed_from={"owner": [None]})


def test_from_and_to_bind_only_events_that_carry_old_and_new(answered):
    assert about(answered, changed_to={"state": ["closed"]})


@pytest.mark.parametrize(
    ("article_filter", "matches"),
    [
        ({"sender_type": ["agent"]}, True),
        ({"sender_type": ["customer", "system"]}, False),
        ({"channel": ["note", "email"]}, True),
        ({"visible_for_customer": True}, True),
        ({"visible_for_customer": False}, False),
        ({"has_attachment": False}, True),
        ({"has_attachment": True}, False),
        ({"subject": ["printer", "MAIL"]}, True),
        ({"body": ["back"]}, True),
        ({"body": ["gone"]}, False),
        ({"from": ["Uma Ogawa"]}, True),
        ({"to": ["acme.example"], "cc": ["it@"]}, True),
        ({"to": ["acme.example"], "cc": ["boss@"]}, False),
        ({"body": [], "sender_type": []}, True),
        ({"no_such_field": ["x"]}, False),
    ],
)
def test_the_article_filter(answered, article_filter, matches):
    assert about(answered, article_filter=article_filter) is matches


def test_the_article_filter_binds_every_event_that_has_an_article_and_no_other(ticket, answered, changed):
    wanted = {"body": ["since this morning"]}
    assert about(ticket.events.get(name="TicketCreate"), article_filter=wanted)
    assert not about(answered, article_filter=wanted)
    assert about(changed, article_filter=wanted)


def test_an_attachment_is_noticed_in_dispatch(ticket, mika, only, dispatch, forget):
    forget()
    only(article_filter={"has_attachment": True})
    upload = SimpleUploadedFile("log.txt", b"gateway down", content_type="text/plain")
    ticket.note("Without.", by=mika)
    ticket.note("With.", by=mika, attachments=[upload])
    dispatch()
    assert told() == {"uma": 1}


@pytest.mark.parametrize("validity", ["invalid", "invalid_temporarily"])
def test_what_is_not_valid_never_fires(ticket, mika, only, dispatch, forget, validity):
    forget()
    only(validity=validity)
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == {}

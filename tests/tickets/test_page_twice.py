"""A double click: what is sent again at once is taken once, and leads to where the first led."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tickets.choices import FollowUp
from tickets.models import Queue, Service, Ticket
from watchers.models import Watcher

CLICKED = {"clicked": "once"}  # as the pages' own forms say
A_REPLY = {"kind": "reply", "body": "Done.", "to": "cora@example.com"}


@pytest.fixture
def write(ticket, signed_in):
    """`write(uma, body="Seen.", …)` sends it, and says where that leads."""

    def send(person, **fields):
        return signed_in(person).post(f"/tickets/{ticket.number}/articles/", CLICKED | fields).url

    return send


def said(ticket):
    """Articles after the first, as (number, text)."""
    return [(one.number, one.body) for one in ticket.articles.all()[1:]]


def test_a_reply_sent_twice_is_one(write, ticket, cora):
    assert write(cora, body="It is worse.") == write(cora, body="It is worse.")
    assert said(ticket) == [(2, "It is worse.")]
    assert ticket.events.filter(name="ArticleCreate").count() == 1


def test_so_is_a_note_with_a_new_state_which_no_conflict_is_reported_of(write, ticket, uma):
    note = {"kind": "note", "body": "Done.", "next_state": "resolved", "version": ticket.version}
    assert write(uma, **note) == write(uma, **note)
    assert said(ticket) == [(2, "Done.")]
    assert ticket.events.filter(name="TicketStateUpdate").count() == 1


def test_what_no_form_of_the_pages_sends_is_taken_as_often_as_it_comes(ticket, uma, signed_in):
    for _time in range(2):
        signed_in(uma).post(f"/tickets/{ticket.number}/articles/", {"kind": "note", "body": "Checked."})
    assert said(ticket) == [(2, "Checked."), (3, "Checked.")]


@pytest.mark.parametrize("page", ["/tickets/new/", "/tickets/{}/articles/new/?kind=note"])
def test_the_forms_of_the_pages_say_so(page, ticket, uma, signed_in):
    assert (
        '<input type="hidden" name="clicked" value="once">'
        in signed_in(uma).get(page.format(ticket.number)).text
    )


def test_the_same_words_count_later_and_by_others(write, ticket, cora, carl, clock):
    write(cora, body="Any news?")
    write(carl, body="Any news?")
    clock.shift(datetime.timedelta(minutes=1))
    write(cora, body="Any news?")
    assert len(said(ticket)) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"body": "Done!"},
        {"to": "carl@example.com"},
        {"subject": "At last"},
        {"informed": "mika"},
        {"next_state": "resolved"},
        {"kind": "note"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_else_differs_is_an_act_of_its_own(other, write, ticket, uma, mika):
    write(uma, **A_REPLY)
    write(uma, **A_REPLY | other)
    assert len(said(ticket)) == 2


def test_other_files_under_the_same_words_are_kept(write, ticket, cora):
    for content in (b"one", b"another"):
        for _click in range(2):
            file = SimpleUploadedFile("log.txt", content, "text/plain")
            write(cora, body="See the file.", attachments=file)
    assert [one.attachments.get().size for one in ticket.articles.all()[1:]] == [3, 7]


def test_a_complete_ticket_goes_on_in_one_other_ticket(write, ticket, cora, uma):
    Queue.objects.filter(pk=ticket.queue_id).update(follow_up=FollowUp.LINK)
    ticket.change_state("closed", by=uma)
    assert write(cora, body="It is back.") == write(cora, body="It is back.")
    assert Ticket.objects.count() == 2


def test_a_ticket_registered_twice_is_one(ticket, cora, carl, signed_in):
    fields = CLICKED | {"title": "Printer  is offline", "body": "Since today.", "type": "request", "priority": "medium",
              "queue": ticket.queue_id, "watchers": "carl"}  # fmt: skip
    first, second = (signed_in(cora).post("/tickets/new/", fields).url for _click in range(2))
    assert first == second
    assert Watcher.objects.count() == 1
    signed_in(cora).post("/tickets/new/", fields | {"body": "Since Monday."})
    signed_in(cora).post("/tickets/new/", fields | {"body": "Since Monday.", "type": "incident"})
    assert Ticket.objects.exclude(pk=ticket.pk).count() == 3


@pytest.mark.parametrize("place", ["owner", "responsible", "service"])
def test_the_same_words_for_somebody_else_are_another_ticket(place, ticket, uma, aiko, signed_in):
    chosen = Service.objects.create(name="Network") if place == "service" else aiko
    fields = CLICKED | {"title": "Laptop for a newcomer", "body": "By Monday.", "type": "request",
              "priority": "medium", "queue": ticket.queue_id}  # fmt: skip
    client = signed_in(uma)
    answers = [
        client.post("/tickets/new/", fields | more) for more in ({}, {place: chosen.pk}, {place: chosen.pk})
    ]
    first, second, third = (answer.url for answer in answers)
    assert first != second == third

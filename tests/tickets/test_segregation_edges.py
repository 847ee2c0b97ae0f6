"""What a ticket one reads tells of tickets and people one may not know: by merges, watchers, numbers, and time."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import InboxRow
from tests.sweeping import sweep
from tickets.choices import Level
from tickets.models import Queue, QueueGrant
from watchers.models import PolicyCell, Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def closed(db):
    """A queue of mika's alone."""
    queue = Queue.objects.create(name="Umbraqueue")
    QueueGrant.objects.create(queue=queue, role="itsm_manager", level=Level.WRITE)
    return queue


@pytest.fixture
def unseen(db):
    """Viewers may not see which customer users watch."""
    PolicyCell.objects.filter(setter="itsm_viewer", target="own_customer").update(
        add="none", see="none", remove="none"
    )


def pages_of(ticket, client):
    base = f"/tickets/{ticket.number}/"
    return {url: client.get(url).text for url in (base, f"{base}history/", f"{base}told/")}


# A ticket that was merged into one that is hidden


def test_where_a_ticket_was_merged_to_is_told_by_number_alone(
    ticket, acme, make_ticket, closed, mika, vera, signed_in
):
    hidden = make_ticket(title="Umbratitle", queue=closed, customer=acme)
    ticket.merge_into(hidden, by=mika)
    for url, text in pages_of(ticket, signed_in(vera)).items():
        assert "Umbratitle" not in text, url
    assert hidden.number in signed_in(vera).get(f"/tickets/{ticket.number}/history/").text


def test_what_was_merged_into_a_ticket_is_told_by_number_alone(
    ticket, acme, make_ticket, closed, mika, vera, signed_in
):
    hidden = make_ticket(title="Umbratitle", queue=closed, customer=acme)
    hidden.merge_into(ticket, by=mika)
    text = signed_in(vera).get(f"/tickets/{ticket.number}/history/").text
    assert "Umbratitle" not in text
    assert hidden.number in text


# Watchers whom the policy hides from an agent


def test_a_hidden_watcher_stays_so_after_a_merge(
    ticket, make_ticket, acme, unseen, cora, mika, vera, signed_in
):
    Watcher.objects.watch(ticket, cora, by=mika)
    Watcher.objects.unwatch(ticket, cora, by=mika)
    Watcher.objects.watch(ticket, cora, by=mika)
    other = make_ticket(customer=acme)
    ticket.merge_into(other, by=mika)
    for one in (ticket, other):
        for url, text in pages_of(one, signed_in(vera)).items():
            assert "Cora" not in text, url
    assert "Cora" in signed_in(mika).get(f"/tickets/{ticket.number}/history/").text


def test_that_somebody_hidden_began_to_watch_is_no_operation_to_whoever_may_not_see_them(
    ticket, unseen, cora, aiko, mika, vera, signed_in
):
    Watcher.objects.watch(ticket, cora, by=mika)
    event = ticket.events.get(name="TicketSubscribe")
    sweep()
    for url, text in pages_of(ticket, signed_in(vera)).items():
        assert "Watcher added" not in text, url
    assert signed_in(vera).get(f"/tickets/{ticket.number}/told/{event.operation}/").status_code == 404
    Watcher.objects.watch(ticket, aiko, by=mika)
    sweep()
    assert "Watcher added" in signed_in(vera).get(f"/tickets/{ticket.number}/told/").text
    assert "Watcher added" in signed_in(mika).get(f"/tickets/{ticket.number}/told/{event.operation}/").text


# Numbers


def test_marking_all_as_read_counts_and_touches_only_what_one_may_read(
    ticket, make_ticket, acme, borealis, cora, uma, signed_in
):
    kept = make_ticket(customer=acme, title="Kept")
    for one in (ticket, kept):
        Watcher.objects.watch(one, cora, by=uma)
        one.reply("An answer.", by=uma)
    sweep()
    ticket.change_customer(borealis, by=uma)
    client = signed_in(cora)
    page = client.post("/inbox/reading/", follow=True).text
    assert "Marked as read." in page
    assert InboxRow.objects.get(person=cora, ticket=ticket).state == "unread"


# The time an answer takes


def statements(do):
    with CaptureQueriesContext(connection) as asked:
        answer = do()
    assert answer.status_code in {404, 422}
    return len(asked)


@pytest.mark.parametrize("login", ["cora", "ray"])
def test_a_hidden_login_takes_as_many_statements_as_an_unknown_one(
    login, everyone, make_ticket, acme, uma, signed_in
):
    ticket = make_ticket(customer=acme if login == "cora" else None, by=everyone[login])
    Watcher.objects.watch(ticket, everyone["vera"], by=uma)
    client = signed_in(everyone[login])
    dialog, new = f"/tickets/{ticket.number}/watchers/", "/tickets/new/"
    form = {"title": "T", "body": "B", "type": "request", "priority": "medium", "queue": ticket.queue_id}
    client.get(dialog)

    def asked_with(one):
        return (
            statements(lambda: client.post(dialog, {"user": one})),
            statements(lambda: client.delete(f"{dialog}{one}/")),
            statements(lambda: client.post(new, form | {"watchers": one})),
        )

    unknown = asked_with("nobody")
    assert {one: asked_with(one) for one in ("vera", "uma", "bo", "ada")} == dict.fromkeys(
        ("vera", "uma", "bo", "ada"), unknown
    )


# Whom a reply is offered to go to


def test_a_reply_is_not_offered_to_somebody_of_the_customer_the_ticket_left(
    make_ticket, acme, borealis, carl, uma, signed_in
):
    ticket = make_ticket(customer=acme, by=carl, owner=uma)
    page = f"/tickets/{ticket.number}/articles/new/?kind=reply"
    assert "carl@example.com" in signed_in(uma).get(page).text
    ticket.change_customer(borealis, by=uma)
    assert "carl@example.com" not in signed_in(uma).get(page).text

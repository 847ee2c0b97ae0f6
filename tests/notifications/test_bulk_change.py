"""A bulk change as those concerned see it: one notice for all of it (domain §5 step 4), or none at all."""

import pytest

from notifications.models import Mail, MailItem
from tests.notifications.conftest import told
from tests.tickets.test_bulk import said, send
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(make_ticket):
    return [make_ticket(title=title) for title in ("Printer", "Mail", "Disk")]


def test_each_person_gets_one_notice_for_all_of_them(three, uma, aiko, signed_in, dispatch, forget):
    forget()
    send(signed_in(uma), three, owner=aiko.pk)
    dispatch()
    notice = aiko.notices.get()
    assert notice.ticket is None
    told_of = TicketEvent.objects.filter(pk__in=notice.event_ids).values_list("ticket__title", flat=True)
    assert sorted(told_of) == ["Disk", "Mail", "Printer"]


def test_five_hundred_of_them_are_one_notice_one_inbox_row_and_one_mail(
    make_ticket, uma, aiko, signed_in, dispatch, forget
):
    """Guard: merging.merge, which makes one notice for a person of all that an operation tells them."""
    first = make_ticket()
    numbers = [f"20260101{number:08}" for number in range(500)]
    Ticket.objects.bulk_create(
        Ticket(number=number, title=number, queue=first.queue, created_by=uma) for number in numbers
    )
    forget()
    send(signed_in(uma), Ticket.objects.filter(number__in=numbers), owner=aiko.pk, priority="low")
    dispatch()
    assert told() == {"aiko": 1}
    assert len(aiko.notices.get().event_ids) == 1000
    assert [aiko.inbox.count(), MailItem.objects.count(), Mail.objects.count()] == [1, 1, 1]


def test_tell_nobody_tells_nobody_and_the_history_keeps_it(three, uma, aiko, signed_in, dispatch, forget):
    forget()
    answer = send(signed_in(uma), three, owner=aiko.pk, quiet="on")
    assert "Nobody is told." in said(answer)[0]
    dispatch()
    assert not aiko.notices.exists()
    assert all(ticket.events.get(name="TicketOwnerUpdate").is_quiet for ticket in three)

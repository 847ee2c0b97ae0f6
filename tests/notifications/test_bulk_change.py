"""A bulk change as those concerned see it: one notice for all of it (domain §5 step 4), or none at all."""

import pytest

from tests.tickets.test_bulk import said, send
from tickets.models import TicketEvent

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


def test_tell_nobody_tells_nobody_and_the_history_keeps_it(three, uma, aiko, signed_in, dispatch, forget):
    forget()
    answer = send(signed_in(uma), three, owner=aiko.pk, quiet="on")
    assert "Nobody is told." in said(answer)[0]
    dispatch()
    assert not aiko.notices.exists()
    assert all(ticket.events.get(name="TicketOwnerUpdate").is_quiet for ticket in three)

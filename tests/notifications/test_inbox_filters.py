"""Filters that people keep by a name: tabs of their own, whose whole filter stands in the address (domain §6)."""

import pytest

from notifications import badge
from notifications.models import InboxFilter
from notifications.models.inbox_settings import MOST_FILTERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def burning(uma, signed_in):
    """uma's filter “Burning”, kept."""
    answer = signed_in(uma).post(
        "/inbox/filters/?severity=critical&show=unread&page=7", {"name": " Burning "}
    )
    assert answer["Location"] == "/inbox/?show=unread&severity=critical"
    return InboxFilter.objects.get()


def tabs(page):
    return {str(tab.label): (tab.query, tab.is_current) for tab in page.context["tabs"]}


def test_it_is_a_tab_of_its_own(burning, uma, signed_in):
    client = signed_in(uma)
    assert tabs(client.get("/inbox/"))["Burning"] == ("?show=unread&severity=critical", False)
    page = client.get("/inbox/?severity=critical&show=unread")
    assert [label for label, (_query, is_current) in tabs(page).items() if is_current] == ["Burning"]
    assert "Remove the filter “Burning”" in page.text


def test_a_filter_that_narrows_can_be_kept(uma, signed_in):
    client = signed_in(uma)
    assert "Keep this filter as" not in client.get("/inbox/").text
    assert 'action="/inbox/filters/?q=printer"' in client.get("/inbox/?q=printer").text


def test_the_same_name_once_more_takes_the_new_filter(burning, uma, signed_in):
    signed_in(uma).post("/inbox/filters/?q=printer", {"name": "Burning"})
    assert InboxFilter.objects.get().query == "?q=printer"


def test_it_is_removed(burning, uma, signed_in):
    client = signed_in(uma)
    assert client.get(f"/inbox/filters/{burning.pk}/").status_code == 405
    assert client.post(f"/inbox/filters/{burning.pk}/").status_code == 405
    page = client.post(f"/inbox/filters/{burning.pk}/", {"_method": "delete"}, follow=True)
    assert "The filter “Burning” is gone." in page.text
    assert not InboxFilter.objects.exists()


def test_it_is_nobody_elses(burning, aiko, signed_in):
    client = signed_in(aiko)
    assert "Burning" not in tabs(client.get("/inbox/"))
    assert client.delete(f"/inbox/filters/{burning.pk}/").status_code == 404
    client.post("/inbox/filters/?q=x", {"name": "Burning"})
    assert InboxFilter.objects.count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b"])
def test_a_name_that_is_none_is_refused_beside_its_field(uma, signed_in, name):
    answer = signed_in(uma).post("/inbox/filters/?q=printer", {"name": name})
    assert answer.status_code == 422
    assert 'id="filter-name-error"' in answer.text
    assert 'value="printer"' in answer.text
    assert not InboxFilter.objects.exists()


def test_there_are_twenty_at_most(uma, signed_in):
    for number in range(MOST_FILTERS):
        InboxFilter.objects.create(person=uma, name=f"Filter {number}", query="?q=x")
    answer = signed_in(uma).post("/inbox/filters/?q=printer", {"name": "One more"})
    assert (answer.status_code, "Remove one first." in answer.text) == (422, True)
    assert signed_in(uma).post("/inbox/filters/?q=printer", {"name": "Filter 3"}).status_code == 303


def test_what_waits_is_counted_and_never_to_the_full(make_ticket, uma, dispatch, signed_in, monkeypatch):
    tickets = [make_ticket(owner=uma) for _number in range(6)]
    dispatch()
    uma.inbox.filter(ticket__in=tickets[:2]).save_for_later()
    uma.inbox.filter(ticket=tickets[2]).mark_done()

    def counts():
        return {str(tab.label): tab.count for tab in signed_in(uma).get("/inbox/").context["tabs"]}

    assert counts() == {"All": "", "Unread": "3", "Saved": "2", "Snoozed": "", "Done": ""}
    monkeypatch.setattr("notifications.inbox_filter.MOST", 2)
    monkeypatch.setattr(badge, "MOST", 2)
    assert counts() == {"All": "", "Unread": "1+", "Saved": "1+", "Snoozed": "", "Done": ""}


def test_rows_are_to_be_had_without_the_page(make_ticket, uma, dispatch, signed_in):
    make_ticket(owner=uma, title="Printer jams")
    dispatch()
    page = signed_in(uma).get("/inbox/rows/?show=unread")
    assert ("<html" in page.text, "Printer jams" in page.text, 'id="inbox"' in page.text) == (
        False,
        True,
        True,
    )

"""The views of the list (`?view=`), their counts, and where `/` begins."""

import datetime
import re

import pytest
from django.utils import timezone

from opsi.models import Group
from tests.tickets.test_page_list import titles
from tickets import list_views


def tabs(page):
    return {view.name: number for view, number, _query in page.context["tabs"]}


def shown(page):
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", tab)).strip() for tab in _nav(page).split("</a>")[:-1]]


def _nav(page):
    return re.search(r'<nav class="list-views".*?</nav>', page.text, re.DOTALL)[0]


def query_of(page, name):
    return next(query for view, _number, query in page.context["tabs"] if view.name == name)


def test_agents_have_mine_my_groups_unassigned_due_soon_and_all(
    make_ticket, gold, uma, aiko, signed_in, clock
):
    network = Group.objects.create(name="Network", slug="network")
    uma.groups.add(network)
    make_ticket(title="Hers", owner=uma)
    make_ticket(title="Aiko's", owner=aiko)
    make_ticket(title="The group's", assignment_group=network, owner=aiko)
    make_ticket(title="Promised", sla=gold)
    make_ticket(title="Done with", owner=uma).change_state("closed", by=uma)
    client = signed_in(uma)
    page = client.get("/tickets/")
    assert shown(page) == ["Mine 1", "My groups 1", "Unassigned 1", "Due soon 1", "All 4"]
    for view, expected in {
        "mine": {"Hers"},
        "groups": {"The group's"},
        "unassigned": {"Promised"},
        "due": {"Promised"},
        "all": {"Hers", "Aiko's", "The group's", "Promised"},
    }.items():
        page = client.get(f"/tickets/?view={view}")
        assert set(titles(page)) == expected, view
        assert re.findall(r'view=(\w+)[^>]*aria-current="page"', _nav(page)) == [view]


def test_due_is_the_nearest_promise_or_reminder_and_goes_when_it_is_kept(
    make_ticket, gold, uma, signed_in, clock
):
    ticket = make_ticket(sla=gold)
    assert ticket.due_at == ticket.first_response_due
    far = timezone.now() + datetime.timedelta(days=3)
    waiting = make_ticket(title="Waits")
    waiting.change_state("pending", by=uma, pending_until=far)
    assert waiting.due_at == far
    client = signed_in(uma)
    assert titles(client.get("/tickets/?sort=due")) == [ticket.title, "Waits"]
    make_ticket(title="Never due")
    assert titles(client.get("/tickets/?sort=-due")) == ["Waits", ticket.title, "Never due"]
    assert titles(client.get("/tickets/?view=due")) == [ticket.title]
    ticket.change_state("closed", by=uma)
    waiting.change_state("open", by=uma)
    assert (ticket.due_at, waiting.due_at) == (None, None)


def test_a_viewer_is_given_no_tickets_and_begins_with_all(make_ticket, vera, signed_in):
    make_ticket()
    page = signed_in(vera).get("/")
    assert shown(page) == ["All 1", "My groups 0", "Unassigned 1", "Due soon 0"]
    assert page.context["view"].name == "all"


def test_customer_users_have_their_own_and_their_customers(make_ticket, acme, cora, carl, uma, signed_in):
    make_ticket(title="Cora's", by=cora)
    make_ticket(title="Carl's", by=carl)
    make_ticket(title="For cora", customer=acme, customer_user=cora)
    make_ticket(title="Was cora's", by=cora).change_state("closed", by=uma)
    client = signed_in(cora)
    page = client.get("/")
    assert shown(page) == ["My requests 2", "All of Acme 3", "Complete 1"]
    assert set(titles(page)) == {"Cora's", "Carl's", "For cora"}
    assert set(titles(client.get("/?view=mine"))) == {"Cora's", "For cora"}
    assert titles(client.get("/tickets/?view=complete")) == ["Was cora's"]
    assert client.get("/tickets/?view=unassigned").status_code == 422


def test_requesters_have_theirs_and_what_is_complete(make_ticket, ray, uma, signed_in):
    make_ticket(title="Ray's", by=ray)
    make_ticket(title="Was ray's", by=ray).change_state("closed", by=uma)
    client = signed_in(ray)
    assert shown(client.get("/")) == ["Not complete 1", "Complete 1"]
    assert titles(client.get("/tickets/?view=complete")) == ["Was ray's"]


def test_the_first_page_keeps_nothing_out_of_sight(make_ticket, uma, aiko, signed_in):
    client = signed_in(uma)
    for owner in (uma, aiko, None):
        make_ticket(title=f"Owner: {owner}", owner=owner)
    page = client.get("/")
    assert page.context["view"].name == "all"
    assert len(titles(page)) == 3
    assert titles(client.get("/?view=mine")) == [f"Owner: {uma}"]


def test_views_go_with_filters_and_counts_say_what_one_will_find(make_ticket, acme, uma, aiko, signed_in):
    make_ticket(title="A", owner=uma, priority="high", customer=acme)
    make_ticket(title="B", owner=uma)
    make_ticket(title="C", owner=aiko, priority="high")
    client = signed_in(uma)
    page = client.get("/tickets/?priority=high&sort=-title&view=mine&page=2")
    assert tabs(page) == {"mine": 1, "groups": 0, "unassigned": 0, "due": 0, "all": 2}
    assert query_of(page, "all") == "?priority=high&sort=-title&view=all"
    assert titles(client.get("/tickets/" + query_of(page, "all"))) == ["C", "A"]
    page = client.get("/tickets/?priority=high&view=mine")
    sorted_by = re.search(r'href="(/tickets/\?[^"]*sort=state[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert titles(client.get(sorted_by)) == ["A"]
    assert 'name="view" value="mine"' in page.text


def test_a_view_of_complete_tickets_does_not_leave_its_state_behind(make_ticket, cora, uma, signed_in):
    make_ticket(title="Open", by=cora)
    make_ticket(title="Closed", by=cora).change_state("closed", by=uma)
    make_ticket(title="Resolved", by=cora).change_state("resolved", by=uma)
    client = signed_in(cora)
    page = client.get("/tickets/?view=complete&state=any&sort=title")
    assert titles(page) == ["Closed", "Resolved"]
    assert titles(client.get("/tickets/" + query_of(page, "mine"))) == ["Open"]
    page = client.get("/tickets/?view=mine&state=unfinished")
    assert titles(client.get("/tickets/" + query_of(page, "complete") + "&sort=title")) == [
        "Closed",
        "Resolved",
    ]


def test_counts_end_at_the_most(make_ticket, uma, signed_in, monkeypatch):
    monkeypatch.setattr(list_views, "COUNTED", 2)
    monkeypatch.setattr("tickets.views.listing.COUNTED", 2)
    for title in "abc":
        make_ticket(title=title)
    page = signed_in(uma).get("/tickets/")
    assert shown(page)[2:] == ["Unassigned 2+", "Due soon 0", "All 2+"]
    assert "1–3 of more than 2" in page.text


def test_counts_are_one_statement_and_tell_nothing_of_what_one_cannot_read(
    make_ticket, borealis, cora, django_assert_num_queries
):
    make_ticket(customer=borealis)
    views = list_views.views_for(cora)
    from tickets.models import Ticket

    readable = Ticket.objects.readable_by(cora)
    with django_assert_num_queries(1):
        counts = list_views.counts(cora, {view.name: readable.filter(view.condition) for view in views})
    assert counts == {"mine": 0, "all": 0, "complete": 0}


@pytest.mark.parametrize(
    ("view", "leads"),
    [
        ("mine", "?view=unassigned"),
        ("groups", "/tickets/"),
        ("unassigned", "/tickets/"),
        ("due", "/tickets/"),
    ],
)
def test_an_empty_view_says_what_to_do(view, leads, uma, signed_in, service_desk):
    page = signed_in(uma).get(f"/tickets/?view={view}")
    empty = re.search(r'class="card empty">(.*?)</div>', page.text, re.DOTALL)[1]
    assert leads in empty
    assert "No ticket fits" not in empty


def test_columns_of_people_sort_with_nobody_at_the_end(make_ticket, acme, borealis, uma, mika, signed_in):
    make_ticket(title="U", owner=uma, customer=borealis)
    make_ticket(title="M", owner=mika, customer=acme)
    make_ticket(title="-")
    client = signed_in(uma)
    for sort in ("owner", "customer"):
        assert titles(client.get(f"/tickets/?sort={sort}")) == ["M", "U", "-"]
        assert titles(client.get(f"/tickets/?sort=-{sort}")) == ["U", "M", "-"]
    assert re.findall(r'aria-sort="(\w+)"', client.get("/tickets/?sort=-owner").text) == ["descending"]


def test_owners_and_queues_are_no_columns_for_customer_users(make_ticket, acme, cora, signed_in):
    make_ticket(customer=acme)
    assert signed_in(cora).get("/tickets/?sort=owner").status_code == 422

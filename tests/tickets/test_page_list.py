"""The list of tickets (contract: `/`, `/tickets/`)."""

import datetime
import re

import pytest
from django.utils import timezone

from tickets.models import Queue
from tickets.operations import operation


def titles(page):
    return [ticket.title for ticket in page.context["tickets"]]


@pytest.mark.parametrize(
    ("login", "sees"),
    [("ada", {"Acme's", "Borealis's", "Ray's", "Nobody's"}), ("vera", {"Acme's", "Borealis's", "Ray's", "Nobody's"}),
     ("uma", {"Acme's", "Borealis's", "Ray's", "Nobody's"}), ("carl", {"Acme's"}), ("cora", {"Acme's"}),
     ("bo", {"Borealis's"}), ("ray", {"Ray's"})],
)  # fmt: skip
def test_everyone_sees_what_they_may_read(everyone, make_ticket, acme, borealis, signed_in, login, sees):
    make_ticket(title="Acme's", customer=acme)
    make_ticket(title="Borealis's", customer=borealis)
    make_ticket(title="Ray's", by=everyone["ray"])
    make_ticket(title="Nobody's")
    for url in ("/", "/tickets/"):
        page = signed_in(everyone[login]).get(url)
        assert page.status_code == 200
        assert set(titles(page)) == sees


def test_what_is_complete_stays_out_of_sight_unless_asked_for(make_ticket, uma, signed_in):
    make_ticket(title="Still open")
    make_ticket(title="Done with").change_state("closed", by=uma)
    client = signed_in(uma)
    assert titles(client.get("/tickets/")) == ["Still open"]
    assert titles(client.get("/tickets/?state=complete")) == ["Done with"]
    assert titles(client.get("/tickets/?state=closed")) == ["Done with"]
    assert set(titles(client.get("/tickets/?state=any"))) == {"Still open", "Done with"}
    assert titles(client.get("/tickets/?q=done")) == ["Done with"]


def test_agents_narrow_the_list(make_ticket, acme, borealis, uma, aiko, signed_in):
    network = Queue.objects.create(name="Network")
    network.grant_shipped()
    make_ticket(title="A", customer=acme, owner=uma, priority="high", type="incident")
    make_ticket(title="B", customer=borealis, owner=aiko, queue=network)
    client = signed_in(uma)
    for query, expected in {
        "owner=mine": ["A"],
        f"owner={aiko.pk}": ["B"],
        "owner=nobody": [],
        "priority=high": ["A"],
        "type=incident": ["A"],
        f"queue={network.pk}": ["B"],
        f"customer={acme.pk}": ["A"],
        f"customer={acme.pk}&owner={aiko.pk}": [],
    }.items():
        assert titles(client.get(f"/tickets/?{query}")) == expected, query


def test_agents_filters_do_nothing_for_customer_users(make_ticket, acme, borealis, cora, uma, signed_in):
    make_ticket(title="Hers", customer=acme)
    make_ticket(title="Theirs", customer=borealis)
    page = signed_in(cora).get(f"/tickets/?customer={borealis.pk}&owner={uma.pk}")
    assert titles(page) == ["Hers"]
    assert "Borealis" not in page.text


def test_searching_finds_numbers_and_words_in_any_script(clock, make_ticket, uma, signed_in):
    one = make_ticket(title="経費精算システムにログインできない")
    make_ticket(title="100% of the disk is full")
    client = signed_in(uma)
    assert titles(client.get("/tickets/", {"q": "ログイン"})) == [one.title]
    assert titles(client.get("/tickets/", {"q": "100%"})) == ["100% of the disk is full"]
    assert len(titles(client.get("/tickets/", {"q": one.number[:10]}))) == 2


def test_a_whole_number_leads_to_its_ticket_and_to_nothing_hidden(ticket, uma, bo, signed_in):
    assert signed_in(uma).get("/tickets/", {"q": ticket.number}).url == f"/tickets/{ticket.number}/"
    page = signed_in(bo).get("/tickets/", {"q": ticket.number})
    assert (page.status_code, titles(page)) == (200, [])


@pytest.mark.parametrize(
    "sort", ["number", "title", "state", "priority", "type", "queue", "created", "changed"]
)
def test_columns_sort_both_ways(make_ticket, uma, signed_in, sort):
    for title, priority in (("b", "very_low"), ("a", "very_high"), ("c", "medium")):
        make_ticket(title=title, priority=priority)
    client = signed_in(uma)
    up, down = (titles(client.get(f"/tickets/?sort={sign}{sort}")) for sign in ("", "-"))
    assert up == down[::-1]
    if sort == "priority":
        assert up == ["b", "c", "a"]


def test_pages_hold_25_and_lead_on(make_ticket, uma, signed_in):
    now = timezone.now()
    for number in range(28):
        with operation(uma, at=now - datetime.timedelta(minutes=number), quiet=True):
            make_ticket(title=f"{number:02}", by=uma)
    client = signed_in(uma)
    first = client.get("/tickets/?sort=title")
    assert titles(first) == [f"{number:02}" for number in range(25)]
    assert "1–25 of 28" in first.text
    onward = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    assert titles(client.get(onward)) == ["25", "26", "27"]
    beyond = client.get("/tickets/?page=399")
    assert (beyond.status_code, titles(beyond)) == (200, [])


@pytest.mark.parametrize("login", ["uma", "cora", "ray"])
def test_statements_do_not_grow_with_the_list(
    everyone, make_ticket, acme, signed_in, django_assert_max_num_queries, login
):
    by = everyone["ray"] if login == "ray" else everyone["mika"]
    customer = {} if login == "ray" else {"customer": acme}
    client = signed_in(everyone[login])
    counts = []
    for more in (1, 24):
        for _ in range(more):
            make_ticket(by=by, **customer)
        with django_assert_max_num_queries(16) as statements:
            client.get("/tickets/")
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "query",
    ["state=asleep", "priority=urgent", "type=x", "queue=999999", "queue=abc", "queue=99999999999999999999999",
     "owner=me%00", "customer=-1", "sort=;drop", "q=%00", "q=" + "x" * 5000, "state=%ff%fe"],
)  # fmt: skip
def test_a_bad_filter_is_told_and_nothing_breaks(ticket, uma, signed_in, query):
    page = signed_in(uma).get(f"/tickets/?{query}")
    assert page.status_code == 422
    assert titles(page) == []


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "9" * 400, "%00", "٣"])
def test_a_bad_page_number_is_the_first_or_an_empty_page(ticket, uma, signed_in, page):
    assert signed_in(uma).get(f"/tickets/?page={page}").status_code == 200


def test_an_empty_list_says_what_to_do(uma, signed_in):
    assert "/tickets/new/" in signed_in(uma).get("/tickets/").text


def test_titles_are_text_and_never_markup(make_ticket, uma, signed_in):
    make_ticket(title="<script>alert(1)</script>")
    page = signed_in(uma).get("/tickets/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_list_only_answers_reading(uma, signed_in):
    client = signed_in(uma)
    assert client.post("/tickets/").status_code == 405
    assert client.delete("/").status_code == 405
    assert client.head("/tickets/").status_code == 200


def test_the_filter_names_only_queues_one_may_know_of(ticket, uma, mika, make_ticket, signed_in):
    """A queue without a grant for uma, until she owns a ticket in it."""
    hidden = Queue.objects.create(name="Backstage")
    client = signed_in(uma)
    assert "Backstage" not in client.get("/tickets/").text
    assert client.get("/tickets/", {"queue": hidden.pk}).status_code == 422
    make_ticket(queue=hidden, owner=uma)
    assert "Backstage" in client.get("/tickets/").text

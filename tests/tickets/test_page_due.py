"""The due times in the zoom window: for agents, in words, whatever the colour (domain §3)."""

import re

import pytest

from tests.waiting import START, minutes
from tickets import due
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def information(page):
    """{label: what stands beside it} of header and panel."""
    rows = re.findall(r"<div[^>]*><dt>(.*?)</dt>\s*<dd>(.*?)</dd></div>", page.text, re.S)
    return {label: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", value)).strip() for label, value in rows}


@pytest.fixture
def promised(make_ticket, carl, uma, gold):
    return make_ticket(by=carl, owner=uma, sla=gold)


def test_agents_see_when_what_is_due_and_how_long_there_is(promised, uma, signed_in, after):
    after(65)
    shown = information(signed_in(uma).get(f"/tickets/{promised.number}/"))
    assert shown["First response due"] == "2026-11-23 10:00 overdue for 5 min"
    assert shown["Update due"] == "2026-11-23 11:00 55 min left"
    assert shown["Solution due"] == "2026-11-23 17:00 6 h left"


def test_customers_do_not(promised, carl, signed_in):
    text = signed_in(carl).get(f"/tickets/{promised.number}/").text
    assert "due" not in " ".join(information(signed_in(carl).get(f"/tickets/{promised.number}/")))
    assert "left</span>" not in text


def test_what_is_over_or_never_ran_is_not_there(promised, uma, signed_in):
    promised.change_state("closed", by=uma)
    assert not [
        label for label in information(signed_in(uma).get(f"/tickets/{promised.number}/")) if "due" in label
    ]


@pytest.mark.parametrize(
    ("left", "words"),
    [(0.5, "1 min left"), (59, "59 min left"), (60, "1 h left"), (47 * 60, "47 h left"), (50 * 60, "2 days left"),
     (-0.5, "overdue for 1 min"), (-90, "overdue for 1 h"), (-3 * 24 * 60, "overdue for 3 days")],
)  # fmt: skip
def test_the_time_that_is_left_in_words(ticket, uma, signed_in, left, words):
    ticket.change_state("pending", by=uma, pending_until=START + minutes(left))
    shown = information(signed_in(uma).get(f"/tickets/{ticket.number}/"))
    assert f" {words} " in shown["Pending until"]


def test_a_lock_says_when_it_ends(ticket, service_desk, uma, signed_in):
    type(service_desk).objects.update(unlock_minutes=240)
    ticket.lock(by=uma)
    shown = information(signed_in(uma).get(f"/tickets/{ticket.number}/"))
    assert shown["Unlocked at"] == "2026-11-23 13:00 4 h left"


def test_the_times_cost_the_page_no_statement(
    ticket, promised, uma, signed_in, django_assert_max_num_queries
):
    client = signed_in(uma)
    with django_assert_max_num_queries(20):
        client.get(f"/tickets/{promised.number}/")


def test_the_history_says_which_clock_and_that_the_system_spoke(promised, uma, signed_in, after):
    after(60)
    due.sweep()
    text = re.sub(r"<[^>]+>", " ", signed_in(uma).get(f"/tickets/{promised.number}/history/").text)
    assert re.search(r"Escalation\s+First response, 2026-11-23 10:00 UTC\s+System", text)


def test_an_agent_registers_a_ticket_with_its_sla(service_desk, uma, gold, signed_in):
    form = {"title": "Printer", "type": "incident", "queue": service_desk.pk, "priority": "high", "body": "Jams.",
            "sla": gold.pk}  # fmt: skip
    assert signed_in(uma).post("/tickets/new/", form).status_code == 302
    assert Ticket.objects.get().solution_due == START + minutes(480)

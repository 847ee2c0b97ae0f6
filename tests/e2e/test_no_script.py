"""Everything works as plain pages too: the same clicks in a browser whose JavaScript is off."""

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import (
    add_watcher,
    begin_note,
    begin_reply,
    bell,
    create_ticket,
    expect_article,
    find_people,
    open_ticket,
    remove_watcher,
    watch_button,
    watcher_list,
)

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

TITLE = "Projector in room 4 shows only green"


@pytest.fixture
def uma(demo_stack, enter):
    return enter(demo_stack, "uma", java_script_enabled=False)


def test_watching_it_myself(uma):
    create_ticket(uma, TITLE)
    uma.get_by_role("button", name="Watch it myself").click()
    uma.get_by_role("button", name="Stop watching").click()
    expect(uma.get_by_role("button", name="Watch it myself")).to_be_visible()


def test_watcher_dialog_is_a_page(uma):
    number = create_ticket(uma, TITLE, customer="Acme")
    watch_button(uma).click()
    expect(uma.get_by_role("heading", name="Ticket watcher", level=1)).to_be_visible()
    for name, login in (("佐藤 愛子", "aiko"), ("Cora Delgado", "cora")):
        find_people(uma).fill(login)
        uma.get_by_role("button", name="Search", exact=True).click()
        add_watcher(uma, name)
    expect(watcher_list(uma).get_by_role("listitem")).to_have_count(2)
    remove_watcher(uma, "Cora Delgado")
    expect(watcher_list(uma).get_by_role("listitem")).to_have_count(1)
    uma.get_by_role("main").get_by_role("link", name=number).click()
    expect(uma.get_by_role("region", name="Watchers")).to_contain_text("佐藤 愛子")


def test_writing_and_reading_what_was_written(uma, demo_stack, enter):
    cora = enter(demo_stack, "cora", java_script_enabled=False)
    number = create_ticket(uma, TITLE, customer="Acme")
    watch_button(uma).click()
    find_people(uma).fill("cora")
    uma.get_by_role("button", name="Search", exact=True).click()
    add_watcher(uma, "Cora Delgado")
    open_ticket(uma, number)
    uma.get_by_role("button", name="Watch it myself").click()
    begin_note(uma, "The lamp is on order.").click()
    expect_article(uma, "The lamp is on order.")

    open_ticket(cora, number)
    begin_reply(cora, "It has begun to smell as well.").click()
    expect_article(cora, "It has begun to smell as well.")
    find_in_inbox(uma, f"[{number}] New article").click()
    expect_article(uma, "It has begun to smell as well.")
    bell(uma).click()
    uma.wait_for_load_state()
    mark_all = uma.get_by_role("button", name="Mark all as read")
    if mark_all.is_visible():
        mark_all.click()
        uma.wait_for_load_state()
    expect(uma.get_by_role("button", name="Mark as read")).to_have_count(0)


def find_in_inbox(page, what):
    """The row that says `what`: told by a worker, and a page without script is only as new as its loading."""
    row = page.get_by_role("main").get_by_role("button", name=what)
    deadline = time.monotonic() + 20
    page.goto("/inbox/")
    while not row.is_visible() and time.monotonic() < deadline:
        page.reload()
    return row

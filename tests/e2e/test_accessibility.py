"""Pages that everybody can use: by keyboard, with a screen reader, on a narrow screen, in the dark."""

import pytest
from playwright.sync_api import expect

from tests.e2e.fitness import fitness
from tests.e2e.pages import (
    begin_note,
    create_ticket,
    find_people,
    open_ticket,
    open_watcher_dialog,
    watch_button,
    watcher_list,
)

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(180)]

TITLE = "Coffee machine asks for an update"


@pytest.fixture
def ticket(demo_stack, enter):
    """The number of an Acme ticket with a watcher, a note and what the customer may read."""
    page = enter(demo_stack, "uma")
    number = create_ticket(page, TITLE, customer="Acme")
    page.get_by_role("button", name="Watch it myself").click()
    expect(page.get_by_role("button", name="Stop watching")).to_be_visible()
    return number


def opened(number, enter, stack):
    """(what it is, page): what opens on a page, by whoever it opens for. Whole pages are test_every_page's."""
    uma = enter(stack, "uma")
    uma.goto("/preferences/notifications/")
    uma.get_by_label("One summary a week").check()
    yield "uma's summary a week", uma
    open_ticket(uma, number)
    begin_note(uma, "Half written")
    yield "uma writing a note", uma
    find_people(open_watcher_dialog(uma)).fill("a")
    expect(uma.get_by_role("dialog").get_by_role("button", name="Add Ada Lindqvist")).to_be_visible()
    yield "uma at the watcher dialog", uma
    carl = enter(stack, "carl")
    carl.goto("/preferences/notifications/")
    carl.get_by_label("Follow all tickets of Acme").check()
    yield "carl following Acme", carl
    aiko = enter(stack, "aiko")
    open_ticket(aiko, number)
    watch = aiko.get_by_role("button", name="ウォッチ", exact=True)
    watch.click()
    expect(aiko.get_by_role("dialog")).to_be_visible()
    yield "aiko at the watcher dialog, in Japanese", aiko
    ada = enter(stack, "ada")
    for page in ("developer", "docs/notifications"):  # code, and tables wider than a screen
        ada.goto(f"/help/{page}/")
        yield f"ada at {page} of the help", ada


def test_what_opens_stands_in_nobodys_way(ticket, enter, demo_stack):
    wrong = []
    for where, page in opened(ticket, enter, demo_stack):
        wrong += fitness(page, where)
    assert not wrong, "\n".join(wrong)


def test_watchers_are_set_without_a_mouse(ticket, enter, demo_stack):
    uma = enter(demo_stack, "uma")
    open_ticket(uma, ticket)
    watch_button(uma).focus()
    uma.keyboard.press("Enter")
    dialog = uma.get_by_role("dialog", name="Ticket watcher")
    expect(find_people(dialog)).to_be_focused()
    uma.keyboard.type("aiko", delay=60)  # as fast as people type: the box listens a few ms after it is shown
    expect(dialog.get_by_text("1 person found for “aiko”")).to_be_visible()
    add = dialog.get_by_role("button", name="Add 佐藤 愛子")
    uma.keyboard.press("ArrowDown")
    expect(add).to_be_focused()
    uma.keyboard.press("Enter")
    expect(watcher_list(dialog)).to_contain_text("佐藤 愛子")
    uma.keyboard.press("Escape")  # empties the search box, where browsers make it do so
    if dialog.is_visible():
        uma.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(watch_button(uma)).to_be_focused()
    expect(uma.get_by_role("region", name="Watchers")).to_contain_text("佐藤 愛子")

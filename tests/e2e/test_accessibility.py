"""Pages that everybody can use: by keyboard, with a screen reader, on a narrow screen, in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

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
# Of axe's rules those that WCAG 2.2 AA asks for, whatever their weight, and all that axe calls grave.
AXE = {"resultTypes": ["violations"]}
GRAVE = ("serious", "critical")


@pytest.fixture
def ticket(demo_stack, enter):
    """The number of an Acme ticket with a watcher, a note and what the customer may read."""
    page = enter(demo_stack, "uma")
    number = create_ticket(page, TITLE, customer="Acme")
    page.get_by_role("button", name="Watch it myself").click()
    expect(page.get_by_role("button", name="Stop watching")).to_be_visible()
    return number


def everywhere(number, enter, open_page, stack, **options):
    """(what it is, page) for page after page, each as somebody sees it who works there."""
    visitor = open_page(stack, **options)
    visitor.goto("/login/")
    yield "signing in", visitor
    uma = enter(stack, "uma", **options)
    for path in ("/tickets/", "/tickets/new/", "/watched/", "/inbox/?show=all", "/preferences/"):
        uma.goto(path)
        yield f"uma at {path}", uma
    uma.goto("/preferences/notifications/")
    uma.get_by_label("One summary a week").check()
    yield "uma's preferences of notifications", uma
    uma.goto("/preferences/watching/")
    yield "uma's preferences of watching", uma
    open_ticket(uma, number)
    yield "uma at the ticket", uma
    begin_note(uma, "Half written")
    yield "uma writing a note", uma
    find_people(open_watcher_dialog(uma)).fill("a")
    expect(uma.get_by_role("dialog").get_by_role("button", name="Add Ada Lindqvist")).to_be_visible()
    yield "uma at the watcher dialog", uma
    cora = enter(stack, "cora", **options)
    for path in ("/tickets/", "/tickets/new/", f"/tickets/{number}/", f"/tickets/{number}/watchers/"):
        cora.goto(path)
        yield f"cora at {path}", cora
    carl = enter(stack, "carl", **options)
    carl.goto("/preferences/notifications/")
    carl.get_by_label("Follow all tickets of Acme").check()
    yield "carl's preferences of notifications", carl
    aiko = enter(stack, "aiko", **options)
    open_ticket(aiko, number)
    yield "aiko at the ticket, in Japanese", aiko
    ada = enter(stack, "ada", **options)
    for path in ("/admin/", "/admin/notifications/notificationfunction/", "/admin/notifications/definition/"):
        ada.goto(path)
        yield f"ada at {path}", ada


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(ticket, enter, open_page, demo_stack, scheme):
    found = []
    for where, page in everywhere(ticket, enter, open_page, demo_stack, color_scheme=scheme):
        for violation in Axe().run(page, options=AXE).response["violations"]:
            if violation["impact"] in GRAVE:
                places = [f"    {node['target']} {node['html'][:120]}" for node in violation["nodes"][:3]]
                found.append("\n".join([f"{where}: {violation['id']} ({violation['help']})", *places]))
    assert not found, "\n".join(found)


def test_nothing_needs_scrolling_sideways_on_a_narrow_screen(ticket, enter, open_page, demo_stack):
    narrow = {"viewport": {"width": 320, "height": 640}}
    too_wide = []
    for where, page in everywhere(ticket, enter, open_page, demo_stack, **narrow):
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320 and "/admin/" not in where:
            too_wide.append(f"{where}: {width} px")
    assert not too_wide


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

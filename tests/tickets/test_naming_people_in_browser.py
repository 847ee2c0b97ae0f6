"""Typing @ in a note suggests people; the line below says whom it goes to; who was informed is offered as a watcher."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.tickets.test_browser_zoom import complaints as complaints
from tests.tickets.test_browser_zoom import url
from tests.tickets.test_browser_zoom import visit as visit
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def note(page, visit, ticket, everyone):
    """Uma's note on her ticket, which Cora watches, just begun."""
    Watcher.objects.watch(ticket, everyone["cora"], by=everyone["uma"])
    visit(everyone["uma"], url(ticket))
    page.locator("#action-note").click()
    expect(page.get_by_label("Text")).to_be_focused()
    return page


def options(page):
    return page.get_by_role("listbox").get_by_role("option")


def test_by_the_keys(note, ticket):
    text, line = note.get_by_label("Text"), note.locator("#foretold")
    expect(line).to_have_text("Goes to 1: creator; 1 watcher will not see this internal note.")
    text.press_sequentially("Please look, @")
    expect(options(note)).to_have_count(4)
    expect(options(note).first).to_have_attribute("aria-selected", "true")
    expect(note.locator(".people-said").first).to_have_text("4 people found: choose with the arrow keys.")
    results = Axe().run(note)
    assert results.violations_count == 0, results.generate_report()
    text.press("Escape")
    expect(options(note)).to_have_count(0)
    text.press_sequentially("v")
    expect(options(note)).to_have_count(1)
    text.press("Tab")
    expect(text).to_have_value("Please look, @vera ")
    expect(text).to_be_focused()
    text.press_sequentially("and @")
    expect(options(note)).to_have_count(4)
    text.press("ArrowDown")
    text.press("ArrowUp")
    text.press("ArrowUp")  # round to the last
    text.press("Enter")
    expect(text).to_have_value("Please look, @vera and @aiko ")
    expect(line).to_have_text(
        "Goes to 3: creator, 2 informed agents; 1 watcher will not see this internal note."
    )
    text.press_sequentially("and @zoe.")
    expect(line).to_contain_text("“zoe.” informs nobody")
    note.get_by_role("button", name="Add note").click()
    offers = note.locator("[data-offers]")
    expect(offers.get_by_role("button")).to_have_text(["Add Vera Viewer", "Add 佐藤 愛子"])
    expect(note.locator(".informed-of")).to_have_text("Informed: Vera Viewer, 佐藤 愛子")
    results = Axe().run(note)
    assert results.violations_count == 0, results.generate_report()
    offers.get_by_role("button").first.click()
    expect(offers.get_by_role("button")).to_have_text(["Add 佐藤 愛子"])
    expect(offers.get_by_role("button")).to_be_focused()
    expect(note.locator("#watchers-panel")).to_contain_text("Vera Viewer")
    expect(note.locator("#watch-said")).to_have_text("Vera Viewer watches this ticket now.")
    assert Watcher.objects.watching().filter(ticket=ticket, user__username="vera").exists()


def test_not_where_the_customer_reads(note):
    text = note.get_by_label("Text")
    note.get_by_label("Visible for customer").check()
    expect(note.locator("#foretold")).to_have_text("Goes to 2: creator, 1 watcher.")
    text.press_sequentially("@vera")
    expect(note.locator("#foretold")).to_contain_text("so @ informs nobody: name vera under “Inform agents”")
    expect(options(note)).to_have_count(0)
    field = note.get_by_role("combobox", name="Inform agents")
    note.get_by_label("Inform agents").press_sequentially("愛")
    expect(options(note)).to_have_count(1)
    options(note).first.click()
    expect(field).to_have_value("aiko, ")
    expect(note.locator("#foretold")).to_contain_text("Goes to 3: creator, 1 watcher, 1 informed agent.")


def test_on_a_small_screen_in_the_dark_nothing_sticks_out(note):
    note.emulate_media(color_scheme="dark")
    note.set_viewport_size({"width": 320, "height": 640})
    note.get_by_label("Text").press_sequentially("@")
    expect(options(note)).to_have_count(4)
    assert note.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(note)
    assert results.violations_count == 0, results.generate_report()

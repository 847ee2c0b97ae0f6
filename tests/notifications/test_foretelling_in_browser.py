"""The line that says whom a note goes to, in a real browser: it follows the tick that makes the note visible."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.notifications.conftest import make_definition
from tests.notifications.test_inbox_in_browser import window as window
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}}])
def test_it_follows_the_tick(ticket, uma, mika, cora, window, look):
    Watcher.objects.watch(ticket, cora, by=uma)
    page = window(mika, **look)
    page.goto(f"/tickets/{ticket.number}/")
    page.get_by_role("link", name="Note", exact=True).click()
    line = page.locator("#foretold")
    expect(line).to_have_text("Goes to 1: owner; 1 watcher will not see this internal note.")
    expect(page.get_by_label("Text")).to_be_focused()
    page.get_by_label("Text").fill("The disk is full.")
    page.get_by_label("Visible for customer").check()
    expect(line).to_have_text("Goes to 2: owner, 1 watcher.")
    expect(page.get_by_label("Text")).to_have_value("The disk is full.")
    page.get_by_label("Visible for customer").uncheck()
    expect(line).to_contain_text("1 watcher will not see this internal note.")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_follows_the_files(ticket, mika, vera, window):
    make_definition(name="Files", recipients=[], users=[vera], article_filter={"has_attachment": True})
    page = window(mika)
    page.goto(f"/tickets/{ticket.number}/")
    page.get_by_role("link", name="Note", exact=True).click()
    line = page.locator("#foretold")
    expect(line).to_have_text("Goes to 1: owner.")
    files = page.get_by_label("Attachments")
    files.set_input_files({"name": "disk.txt", "mimeType": "text/plain", "buffer": b"Full."})
    expect(line).to_contain_text("Goes to 2:")
    files.set_input_files([])
    expect(line).to_have_text("Goes to 1: owner.")

"""The question before a ticket moves out of somebody's reading, in a real browser and without script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.notifications.test_inbox_in_browser import window  # noqa: F401  (a fixture)
from tickets.models import Queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

MATTERS = "Personnel matters"


@pytest.fixture
def moving(ticket, uma):
    """Where uma moves her ticket to a queue she cannot read."""
    Queue.objects.create(name=MATTERS, open_to_moves=True)
    return f"{ticket.get_absolute_url()}fields/queue/"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_script_it_is_asked_on_a_page_that_fits_a_phone(moving, ticket, uma, window, scheme):  # noqa: F811
    page = window(uma, java_script_enabled=False, color_scheme=scheme, viewport={"width": 320, "height": 700})
    page.goto(moving)
    page.get_by_role("combobox", name="Queue").select_option(label=MATTERS)
    page.get_by_role("main").get_by_role("button", name="Move").click()
    question = page.get_by_role("group", name="You are the owner and cannot read")
    expect(question).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    question.get_by_label("You are taken off").check()
    page.get_by_role("main").get_by_role("button", name="Move").click()
    expect(page).to_have_url(f"{page.url.partition('/tickets')[0]}/tickets/")
    ticket.refresh_from_db()
    assert (ticket.queue.name, ticket.owner) == (MATTERS, None)


def test_in_the_dialog_it_is_asked_accessibly_and_the_owner_kept(moving, ticket, uma, window):  # noqa: F811
    page = window(uma)
    page.goto(ticket.get_absolute_url())
    page.get_by_role("link", name="Queue", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Queue").select_option(label=MATTERS)
    dialog.get_by_role("button", name="Move").click()
    dialog.get_by_label("You stay the owner").check()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_text(f"→ {MATTERS}").first).to_be_visible()
    ticket.refresh_from_db()
    assert (ticket.queue.name, ticket.owner) == (MATTERS, uma)

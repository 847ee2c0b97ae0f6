"""Two people on one ticket: each sees that the other writes, and what came in, and loses nothing of their own."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.tickets.test_browser_zoom import url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def window(browser, live_server):
    """`window(uma, ticket)`: a browser of hers on the ticket."""
    contexts = []

    def open_it(person, ticket, **look):
        client = Client()
        client.force_login(person)
        context = browser.new_context(base_url=live_server.url, **look)
        contexts.append(context)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(url(ticket))
        return page

    yield open_it
    for context in contexts:
        context.close()


def test_two_at_once(window, ticket, uma, mika):
    umas = window(uma, ticket)
    umas.locator("#action-reply").click()
    umas.get_by_label("Text").press_sequentially("We look")
    mikas = window(mika, ticket, color_scheme="dark", viewport={"width": 320, "height": 640})
    line = mikas.locator(".meanwhile")
    expect(line).to_contain_text("Uma Ogawa is writing a reply here.", timeout=20_000)
    expect(line.get_by_role("status")).to_have_text("Uma Ogawa is writing a reply here.")
    assert mikas.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(mikas)
    assert results.violations_count == 0, results.generate_report()

    mikas.locator("#action-note").click()
    mikas.get_by_label("Text").press_sequentially("It is the disk.")
    mikas.get_by_role("button", name="Add note").click()
    expect(mikas.get_by_role("article")).to_contain_text("It is the disk.")

    line = umas.locator(".meanwhile")
    expect(line).to_contain_text("Mika Manager wrote #2 meanwhile.", timeout=20_000)
    line.get_by_role("link", name="Read it").click()
    expect(umas.get_by_role("article")).to_contain_text("It is the disk.")
    expect(umas.get_by_label("Text")).to_have_value("We look")
    expect(line).not_to_contain_text("wrote #2")

    umas.get_by_role("link", name="Cancel").click()
    expect(mikas.locator(".meanwhile")).not_to_contain_text("is writing", timeout=20_000)

"""What people do about their mail, in a real browser: accessible, in the dark, on a phone, and without script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from notifications import unsubscribing
from notifications.models import AddressPause, Mute
from tests.notifications.test_inbox_in_browser import window  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def pages(ticket, uma):
    """{name: path} of the pages about uma's mail, which is paused."""
    AddressPause.objects.pause("uma@example.com", "bounced")
    return {
        "inbox": "/inbox/",
        "preferences": "/preferences/notifications/",
        "address": "/preferences/notifications/address/",
        "zoom": ticket.get_absolute_url(),
        "unsubscribe": unsubscribing.path_for(uma.pk, ticket.pk),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_are_accessible_and_fit_a_phone(pages, uma, window, scheme):  # noqa: F811
    page = window(uma, color_scheme=scheme, viewport={"width": 320, "height": 700})
    for name, path in pages.items():
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"


def test_a_ticket_is_muted_and_unmuted_by_keyboard_and_without_script(pages, uma, ticket, window):  # noqa: F811
    page = window(uma, java_script_enabled=False)
    page.goto(pages["zoom"])
    page.get_by_role("button", name="Mute this ticket").press("Enter")
    expect(page.locator("#messages")).to_contain_text("You muted this ticket.")
    page.get_by_role("button", name="Unmute").press("Enter")
    expect(page.get_by_role("button", name="Mute this ticket")).to_be_visible()
    assert not Mute.objects.exists()


def test_the_link_in_a_mail_needs_one_click_and_no_sign_in(pages, browser, live_server):
    page = browser.new_context(base_url=live_server.url, locale="en-GB").new_page()
    page.goto(pages["unsubscribe"])
    page.get_by_role("button", name="Mute this ticket").click()
    expect(page.get_by_role("status")).to_contain_text("You muted this ticket.")
    assert Mute.objects.count() == 1
    page.context.close()


def test_mail_is_resumed_from_the_inbox(pages, uma, window):  # noqa: F811
    page = window(uma)
    page.goto(pages["inbox"])
    page.get_by_role("button", name="Resume").click()
    expect(page).to_have_url(re.compile("/preferences/notifications/$"))
    expect(page.get_by_text("E-mail to you goes on.")).to_be_visible()
    assert not AddressPause.objects.exists()

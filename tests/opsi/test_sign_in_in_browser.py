"""Signing in by two steps and by single sign-on, in a real browser under the content security policy."""

import oidc_provider_mock
import pyotp
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from opsi.environment import Environment
from opsi.oidc_settings import OpenIDConnect
from tests.notifications.test_inbox_in_browser import window as window
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
LOOKS = [
    {"color_scheme": "light"},
    {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
    {"java_script_enabled": False},
]


@pytest.fixture
def visitor(browser, live_server):
    """`visitor(**options)`: a page of somebody not signed in; nothing may be complained about in its console."""
    contexts, complaints = [], []

    def open_one(**options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def look_over(page, look):
    """Nothing that axe finds, nothing wider than the window; both ask by script."""
    if look.get("java_script_enabled", True):
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def sign_in(page, goal="/inbox/"):
    page.goto(f"/login/?next={goal}")
    page.get_by_label("Login").fill("uma")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark and narrow", "no script"])
def test_two_steps_are_set_up_and_then_asked_for(uma, window, visitor, look):
    page = window(uma, **look)
    page.goto("/preferences/")
    page.get_by_role("link", name="Signing in").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    assert picture.bounding_box()["width"] > 150
    look_over(page, look)
    app = pyotp.TOTP(page.locator(".two-step-key").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows now").fill(app.now())
    page.get_by_role("button", name="Turn on").click()
    listed = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(listed).to_have_count(10)
    codes = listed.all_inner_texts()
    look_over(page, look)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("button", name="Make new recovery codes")).to_be_visible()
    look_over(page, look)

    visit = visitor(**look)
    sign_in(visit)
    expect(visit.get_by_label("Code")).to_be_focused()
    look_over(visit, look)
    visit.get_by_label("Code").fill("000 000")
    visit.get_by_role("button", name="Sign in").click()
    expect(visit.get_by_text("This code is wrong or used already.")).to_be_visible()
    look_over(visit, look)
    visit.get_by_label("Code").fill(codes[3])
    visit.get_by_role("button", name="Sign in").click()
    expect(visit.get_by_role("heading", name="Notifications")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark and narrow", "no script"])
def test_single_sign_on_leads_out_and_back(uma, visitor, settings, look):
    with oidc_provider_mock.run_server_in_thread() as server:
        provider = f"http://localhost:{server.server_port}"
        given = {"ISSUER": provider, "CLIENT_ID": "opsi", "CLIENT_SECRET": "sesame", "NAME": "Kite"}
        env = Environment({f"OPSI_OIDC_{name}": value for name, value in given.items()})
        settings.OPSI_OIDC = OpenIDConnect.read(env)
        settings.SOCIALACCOUNT_PROVIDERS = settings.OPSI_OIDC.as_allauth()
        claims = {"email": "uma@example.com", "email_verified": True}
        requests.put(f"{provider}/users/u-1", json=claims, timeout=5).raise_for_status()
        page = visitor(**look)
        page.goto("/login/?next=/inbox/")
        look_over(page, look)
        page.get_by_role("button", name="Sign in with Kite").click()
        page.wait_for_url(f"{provider}/**")
        page.locator("input[name=sub]").first.fill("u-1")
        page.get_by_role("button", name="Authorize").first.click()
        expect(page.get_by_role("heading", name="Notifications")).to_be_visible()

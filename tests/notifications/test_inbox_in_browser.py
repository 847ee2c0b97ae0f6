"""Bell and inbox in a real browser: they follow by themselves, change in place, and work without script too."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from notifications.choices import InboxState
from tests.e2e.pages import FIVE_SECONDS, bell, expect_unread
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
PAGES = ["/inbox/", "/inbox/?show=done", "/preferences/", "/preferences/notifications/"]


@pytest.fixture
def window(live_server, browser, signed_in):
    """`window(uma, **context options)`: a window in which uma is signed in. What the browser complains of fails."""
    complaints, contexts = [], []

    def enter(person, **options):
        context = browser.new_context(**{"base_url": live_server.url, "locale": "en-GB"} | options)
        contexts.append(context)
        context.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        session = signed_in(person).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        return context.new_page()

    yield enter
    for context in contexts:
        context.close()
    # That a session ended, and that something was refused, is answered with a status that the browser logs.
    assert [one for one in complaints if not re.search("status of (401|422)", one)] == []


@pytest.fixture
def told(make_ticket, acme, uma, mika, dispatch):
    """Three tickets of uma's, of which she has been told."""
    tickets = [
        make_ticket(customer=acme, owner=uma, title=title, priority=priority)
        for title, priority in (
            ("Printer jams", "low"),
            ("Mail stops", "very_high"),
            ("Disk is full", "high"),
        )
    ]
    dispatch()
    return tickets


def rows(page):
    return page.locator("#inbox-list > li")


def test_the_bell_follows_within_five_seconds(told, uma, mika, dispatch, window):
    page = window(uma)
    page.goto("/preferences/")
    expect_unread(page, 3)
    expect(page).to_have_title(re.compile(r"^\(3\) Preferences"))
    told[0].note("Have a look.", by=mika)
    uma.inbox.filter(ticket=told[1]).mark_read()
    dispatch()
    expect_unread(page, 2)
    expect(page).to_have_title(re.compile(r"^\(2\) Preferences"))
    expect(page.locator("#bell-news")).to_have_text("2 unread")
    uma.inbox.mark_read()
    expect_unread(page, 0)
    expect(page).to_have_title(re.compile(r"^Preferences"))


def test_the_list_follows_too(told, make_ticket, uma, mika, dispatch, window):
    page = window(uma)
    page.goto("/inbox/")
    expect(rows(page)).to_have_count(3)
    make_ticket(owner=uma, title="Phones are silent")
    dispatch()
    expect(rows(page).first).to_contain_text("Phones are silent", timeout=FIVE_SECONDS)
    expect(rows(page)).to_have_count(4)


def test_rows_change_in_place_and_the_keyboard_stays(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    here = page.evaluate("window.here = 1")
    first = rows(page).first
    button = first.get_by_role("button", name="Mark as read")
    button.focus()
    page.keyboard.press("Enter")
    expect(first.get_by_role("button", name="Mark as unread")).to_be_focused()
    expect_unread(page, 2)
    first.get_by_role("button", name="Save for later").click()
    expect(first.get_by_role("button", name="Let go")).to_be_visible()
    done = first.get_by_role("button", name="Done")
    done.focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first.locator("[data-open]")).to_be_focused()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".notice-unread")).to_have_count(0)
    expect_unread(page, 0)
    assert page.evaluate("window.here") == here


def test_when_the_last_row_goes_the_page_says_that_nothing_is_left(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    for left in (2, 1, 0):
        rows(page).first.get_by_role("button", name="Done").click()
        expect(rows(page)).to_have_count(left)
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    expect(page.locator("#content")).to_be_focused()


def test_opening_leads_to_the_article(told, uma, mika, dispatch, window):
    told[0].note("Have a look.", by=mika)
    dispatch()
    page = window(uma)
    page.goto("/inbox/")
    page.get_by_role("button", name="New article: Printer jams").click()
    expect(page).to_have_url(re.compile(rf"/tickets/{told[0].number}/\?article=2#article-2$"))
    expect_unread(page, 2)


def test_looking_at_a_ticket_is_reading_it(told, uma, window):
    page = window(uma)
    page.goto(f"/tickets/{told[1].number}/")
    expect_unread(page, 2)
    assert uma.inbox.get(ticket=told[1]).state == InboxState.READ


def test_all_of_it_without_script(told, uma, window):
    page = window(uma, java_script_enabled=False)
    page.goto("/inbox/")
    expect_unread(page, 3)
    rows(page).first.get_by_role("button", name="Mark as read").click()
    expect_unread(page, 2)
    rows(page).first.get_by_role("button", name="Done").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("link", name="Done", exact=True).click()
    expect(rows(page)).to_have_count(1)
    rows(page).first.get_by_role("button", name="Bring back").click()
    expect(rows(page)).to_have_count(0)
    page.goto("/inbox/")
    page.get_by_text("Filter and search").click()
    page.get_by_label("Severity").select_option(label="Critical")
    page.get_by_role("button", name="Filter").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect_unread(page, 0)


def test_a_session_that_ended_stops_asking(told, uma, window):
    page = window(uma)
    page.goto("/preferences/")
    expect_unread(page, 3)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.clear_cookies()
    page.wait_for_timeout(8_000)
    assert len([url for url in asked if url.endswith("/inbox/badge/") and "login" not in url]) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", ["uma", "cora"])
def test_nothing_stands_in_the_way_of_assistive_technology(told, everyone, window, who, scheme):
    page = window(everyone[who], color_scheme=scheme)
    for path in [*PAGES, f"/tickets/{told[1].number}/told/" if who == "uma" else "/inbox/?show=unread"]:
        page.goto(path)
        result = Axe().run(page)
        assert result.violations_count == 0, f"{path}: {result.generate_report()}"


@pytest.mark.parametrize("who", ["uma", "aiko"])
def test_it_fits_a_narrow_screen(told, everyone, uma, window, who):
    page = window(everyone[who], viewport={"width": 320, "height": 640})
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        expect(bell(page)).to_be_visible()


def test_what_was_done_by_mistake_is_undone(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    first = rows(page).first.locator("[data-open]").inner_text()
    rows(page).first.get_by_role("button", name="Done").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("button", name=first, exact=True)).to_be_focused()


def test_all_of_it_by_keys(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = rows(page).nth(1)
    expect(second.locator("[data-open]")).to_be_focused()
    page.keyboard.press("Shift+I")
    expect(second).not_to_have_class(re.compile("notice-unread"))
    page.keyboard.press("Shift+U")
    expect(second).to_have_class(re.compile("notice-unread"))
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("x")
    expect(rows(page).first.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="For 3 hours")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("?")
    help_on_keys = page.get_by_role("dialog", name="Keys in this list")
    assert Axe().run(page).violations_count == 0
    help_on_keys.get_by_label("Use these keys").uncheck()
    help_on_keys.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.reload()
    expect(rows(page)).to_have_count(1)


def test_choosing_several(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    page.get_by_label("Choose all").check()
    rows(page).last.get_by_role("checkbox").uncheck()
    page.get_by_label("With what is chosen").get_by_role("button", name="Done").click()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("2 put aside as done.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
def test_a_title_of_one_long_word_hides_no_button(make_ticket, acme, uma, mika, dispatch, window, width):
    ticket = make_ticket(customer=acme, owner=uma, title="T" * 250)
    Watcher.objects.watch(ticket, uma, by=mika)
    dispatch()
    page = window(uma, viewport={"width": width, "height": 900})
    for path, name in (("/tickets/", "Stop watching"), ("/watched/", "Stop watching"), ("/inbox/", "Done")):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        box = page.get_by_role("main").get_by_role("button", name=name).last.bounding_box()
        assert box["x"] + box["width"] <= width, path

"""The open inbox in a real browser follows what happens here and in other tabs, and takes nothing out of hand."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from notifications.models import InboxRow
from tests.e2e.pages import FIVE_SECONDS, expect_unread
from tests.notifications.test_inbox_in_browser import rows
from tests.notifications.test_inbox_in_browser import told as told
from tests.notifications.test_inbox_in_browser import window as window

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_news_come_around_what_is_in_use(told, make_ticket, uma, mika, dispatch, window):
    page = window(uma, viewport={"width": 800, "height": 300}, reduced_motion="reduce")
    page.goto("/inbox/")
    rows(page).nth(2).get_by_role("checkbox").check()
    rows(page).nth(1).locator("summary[title=Snooze]").click()
    own_time = page.locator("details[open] input[name=at]")
    own_time.focus()
    place = page.evaluate("document.activeElement.getBoundingClientRect().top")
    told[0].note("Have a look.", by=mika)
    make_ticket(owner=uma, title="Phones are silent")
    dispatch()
    expect(rows(page).first).to_contain_text("Phones are silent", timeout=FIVE_SECONDS)
    expect(rows(page)).to_have_count(4)
    expect(page.locator("#inbox-views")).to_contain_text("Unread 4")
    expect(own_time).to_be_focused()
    assert abs(page.evaluate("document.activeElement.getBoundingClientRect().top") - place) < 2
    # What is chosen stays as it was chosen, until it is let go.
    chosen = rows(page).nth(3)
    expect(chosen.get_by_role("checkbox")).to_be_checked()
    expect(chosen).to_contain_text("New ticket: Printer jams")
    chosen.get_by_role("checkbox").uncheck()
    page.get_by_role("link", name="Saved").focus()
    expect(rows(page).nth(1)).to_contain_text("New article: Printer jams")
    expect(rows(page)).to_have_count(4)


def test_a_slow_answer_finds_the_page_that_asked(told, uma, window):
    """What is under way holds the renewing of the list; its answer then has somewhere to say what was done."""
    page = window(uma)
    page.goto("/inbox/")

    def slowly(route):
        answer = route.fetch()
        with page.expect_response("**/inbox/rows/**") as renewed:
            page.evaluate("document.activeElement.blur(); document.dispatchEvent(new Event('inbox-news'))")
        renewed.value.finished()
        route.fulfill(response=answer)

    page.route("**/inbox/reading/", slowly)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("3 marked as read.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect_unread(page, 0)


def test_what_one_tab_does_the_others_show_at_once(told, uma, window):
    here = window(uma)
    here.goto("/inbox/")
    there = here.context.new_page()
    there.goto("/inbox/")
    elsewhere = here.context.new_page()
    elsewhere.goto("/preferences/")
    for page in (there, elsewhere):  # they hear of it from the tab alone
        page.route("**/inbox/badge/", lambda route: route.fulfill(status=304))
    rows(here).first.get_by_role("button", name="Mark as read").click()
    expect_unread(there, 2)
    expect(there.locator(".notice-unread")).to_have_count(2)
    expect_unread(elsewhere, 2)
    expect(elsewhere).to_have_title(re.compile(r"^\(2\) "))
    # What the number does not show is heard of, too; and so is what a page that was loaded knows.
    rows(here).first.get_by_role("button", name="Done").click()
    expect(rows(there)).to_have_count(2)
    here.goto(f"/tickets/{told[0].number}/")
    expect_unread(elsewhere, 1)


def test_all_is_taken_back_with_a_key(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("3 marked as read.")).to_be_visible()
    expect(page.locator(".notice-unread")).to_have_count(0)
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Control+z")
    expect(page.get_by_text("3 are as they were.")).to_be_visible()
    expect(page.locator(".notice-unread")).to_have_count(3)
    expect_unread(page, 3)
    expect(page.get_by_role("button", name="Mark all as read")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).nth(1).locator("[data-open]")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(rows(page)).to_have_count(3)
    expect(rows(page).nth(1).locator("[data-open]")).to_be_focused()


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["script", "no script"])
def test_what_is_folded_unfolds(told, uma, mika, dispatch, window, options):
    told[2].note("Have a look at the disk.", by=mika)
    dispatch()
    page = window(uma, **options)
    page.goto("/inbox/")
    rows(page).first.get_by_text("2 new").click()
    if options:
        rows(page).first.get_by_role("link", name="Show on a page of its own").click()
    expect(page.get_by_text("Have a look at the disk.")).to_be_visible()
    expect(page.locator(".fold-new")).to_have_count(2)
    if options:
        page.get_by_role("button", name="Open the ticket").click()
        expect(page).to_have_url(re.compile(rf"/tickets/{told[2].number}/"))
    else:
        assert Axe().run(page).violations_count == 0


def test_keys_open_and_unfold(told, uma, mika, dispatch, window):
    told[2].note("Have a look at the disk.", by=mika)
    dispatch()
    page = window(uma)
    page.goto("/inbox/")
    page.keyboard.press("j")
    page.keyboard.press("v")
    expect(page.get_by_text("Have a look at the disk.")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(rf"/tickets/{told[1].number}/"))


def test_a_wrong_time_is_said_in_the_menu(told, uma, window):
    page = window(uma, viewport={"width": 320, "height": 640})
    page.goto("/inbox/")
    rows(page).first.locator("summary[title=Snooze]").click()
    rows(page).first.get_by_label("Until another time").fill("2020-01-01T10:00")
    rows(page).first.get_by_label("Until another time").press("Enter")
    expect(page.get_by_text("This time is over.")).to_be_visible()
    expect(rows(page).first.get_by_label("Until another time")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert Axe().run(page).violations_count == 0
    assert not InboxRow.objects.filter(state="snoozed").exists()


def test_a_filter_is_kept(told, uma, window):
    page = window(uma)
    page.goto("/inbox/")
    page.get_by_text("Filter and search").click()
    page.get_by_label("Severity").select_option(label="Critical")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Keep this filter as").fill("Burning")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("link", name="Burning")).to_be_visible()
    page.goto("/inbox/")
    page.get_by_role("link", name="Burning").click()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("link", name="Burning")).to_have_attribute("aria-current", "page")

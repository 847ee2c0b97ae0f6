"""The Ticket watcher dialog under the hands of a person: keyboard, focus, several adds, no script, small screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from opsi.models import User
from tests.e2e.pages import (
    add_watcher,
    find_people,
    open_watcher_dialog,
    remove_watcher,
    watch_button,
    watcher_list,
)
from watchers.models import Watcher

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def opened(live_server, ticket, everyone, signed_in, browser):
    """`opened("uma")`: a page on which uma has the ticket's zoom window open; options are the browser context's."""
    contexts = []

    def open_page(login, tail="", **options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        session = signed_in(everyone[login]).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"/tickets/{ticket.number}/{tail}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id")


def test_several_are_added_without_closing_and_the_focus_stays_with_the_work(opened):
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    expect(find_people(dialog)).to_be_focused()
    add_watcher(dialog, "Cora Castor", search="castor")
    expect(dialog.get_by_role("button", name="Add Carl Castor")).to_be_focused()
    page.keyboard.press("Enter")
    expect(watcher_list(dialog).get_by_role("listitem")).to_have_count(2)
    expect(find_people(dialog)).to_be_focused()
    expect(
        dialog.get_by_role("status").filter(has_text="Carl Castor watches this ticket now.")
    ).to_be_visible()
    remove_watcher(dialog, "Carl Castor")
    expect(dialog.get_by_role("button", name="Remove Cora Castor")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(watch_button(page)).to_be_focused()
    expect(watch_button(page)).to_contain_text("1")
    expect(page.get_by_role("region", name="Watchers")).to_contain_text("Cora Castor")
    assert page.complaints == []


def test_clicks_faster_than_the_answers_are_all_done(opened, ticket):
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    names = ("Ada Admin", "佐藤 愛子", "Carl Castor", "Cora Castor")
    buttons = [dialog.get_by_role("button", name=f"Add {name}").element_handle() for name in names]
    page.evaluate("buttons => buttons.forEach((button) => { button.click(); button.click(); })", buttons)
    expect(watcher_list(dialog).get_by_role("listitem")).to_have_count(4)
    expect(page.locator("#watch-button")).to_contain_text("4")
    assert ticket.events.filter(name="TicketSubscribe").count() == 4


@pytest.mark.parametrize("again", [False, True], ids=["closed", "opened anew"])
def test_what_is_under_way_when_the_dialog_closes_is_done_and_shown(again, opened, ticket):
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    under_way = []
    page.route("**/watchers/", lambda route: under_way.append(route), times=1)
    with page.expect_request(lambda request: request.method == "POST"):
        dialog.get_by_role("button", name="Add Cora Castor").click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    if again:
        open_watcher_dialog(page)
    under_way[0].continue_()
    expect(page.locator("#watch-button")).to_contain_text("1")
    expect(page.locator(".zoom-panels")).to_contain_text("Cora Castor")
    if again:
        # It asks every five seconds.
        cora = watcher_list(dialog).get_by_role("listitem").filter(has_text="Cora Castor")
        expect(cora).to_have_count(1, timeout=15_000)
        add_watcher(dialog, "Carl Castor")
    assert page.complaints == []


def test_arrow_keys_walk_through_the_people_found(opened):
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    find_people(dialog).fill("castor")
    expect(dialog.get_by_text("2 people found for “castor”")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Add Cora Castor"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "find-people"


def test_a_person_out_of_use_by_now_is_refused_within_the_dialog(opened, aiko):
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    User.objects.filter(pk=aiko.pk).update(is_active=False)
    dialog.get_by_role("button", name="Add 佐藤 愛子").click()
    expect(dialog.get_by_text("佐藤 愛子 cannot be added: Is not active.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Add 佐藤 愛子")).to_have_count(0)
    expect(dialog).to_be_visible()


def test_a_ticket_out_of_reach_by_now_is_not_shown_in_pieces(opened, ticket, uma):
    page = opened("cora")
    dialog = open_watcher_dialog(page)
    ticket.remove(by=uma)
    dialog.get_by_role("button", name="Add Carl Castor").click()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_the_switch_toggles_in_place(opened):
    page = opened("cora")
    page.get_by_role("button", name="Watch it myself").click()
    stop = page.get_by_role("button", name="Stop watching")
    expect(stop).to_be_focused()
    expect(watch_button(page)).to_contain_text("1")
    expect(watch_button(page)).to_have_accessible_description("1 watcher")
    expect(page.get_by_role("region", name="Watchers")).to_contain_text("Cora Castor (you)")
    stop.click()
    expect(page.get_by_role("button", name="Watch it myself")).to_be_visible()


def test_who_reads_only_by_watching_is_led_away_when_they_stop(opened, ticket, uma, ray):
    Watcher.objects.watch(ticket, ray, by=uma)
    page = opened("ray")
    page.get_by_role("button", name="Stop watching").click()
    expect(page).to_have_url(f"{page.url.split('/tickets/')[0]}/tickets/")
    expect(page.get_by_text("can no longer read it.")).to_be_visible()


def test_everything_works_without_script(opened):
    page = opened("uma", java_script_enabled=False)
    page.get_by_role("button", name="Watch it myself").click()
    watch_button(page).click()
    expect(page.get_by_role("heading", name="Ticket watcher")).to_be_visible()
    find_people(page).fill("castor")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Add Cora Castor").click()
    expect(page.get_by_text("Cora Castor watches this ticket now.")).to_be_visible()
    expect(find_people(page)).to_have_value("castor")
    expect(watcher_list(page).get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Remove Uma Ogawa").click()
    expect(page.get_by_text("Uma Ogawa no longer watches this ticket.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_axe_has_nothing_to_say(width, scheme, opened, ticket, everyone, uma):
    for login in ("aiko", "ray", "bo", "cora"):
        Watcher.objects.watch(ticket, everyone[login], by=uma)
    page = opened("uma", viewport={"width": width, "height": 700}, color_scheme=scheme)
    dialog = open_watcher_dialog(page)
    find_people(dialog).fill("a")
    expect(dialog.get_by_text("Watches already").first).to_be_visible()
    found = Axe().run(page, context="#dialog")
    assert found.violations_count == 0, found.generate_report()
    page.goto(f"{page.url}watchers/?q=a")
    found = Axe().run(page, context=".watcher-page")
    assert found.violations_count == 0, found.generate_report()
    page.goto("/watched/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_people_are_chosen_for_a_new_ticket_by_name(opened, acme):
    page = opened("uma")
    page.goto("/tickets/new/")
    page.get_by_role("textbox", name="Title").fill("Printer")
    page.get_by_role("textbox", name="Text").fill("It jams.")
    page.get_by_role("combobox", name="Customer", exact=True).select_option(label="Acme")
    field = page.get_by_role("textbox", name="Watchers")
    field.fill("佐藤")
    page.get_by_role("button", name="Add 佐藤 愛子").click()
    expect(field).to_be_focused()
    field.fill("cora")
    expect(page.get_by_role("button", name="Add Cora Castor")).to_be_visible()
    field.press("Enter")
    field.fill("vera")
    page.get_by_role("button", name="Add Vera Viewer").click()
    page.get_by_role("button", name="Remove Vera Viewer").click()
    page.get_by_role("button", name="Create ticket").click()
    expect(watch_button(page)).to_contain_text("2")
    panel = page.get_by_role("region", name="Watchers")
    expect(panel).to_contain_text("佐藤 愛子")
    expect(panel).to_contain_text("Cora Castor")


def test_who_was_chosen_for_a_new_ticket_survives_a_reload(opened, acme):
    page = opened("uma")
    page.goto("/tickets/new/")
    field, chosen = page.get_by_role("textbox", name="Watchers"), page.locator("[data-chips] li")
    for login, name in (("aiko", "佐藤 愛子"), ("vera", "Vera Viewer")):
        field.fill(login)
        page.get_by_role("button", name=f"Add {name}").click()
    page.reload()
    expect(page.get_by_text("What you had written is here again.")).to_be_visible()
    expect(chosen).to_contain_text(["佐藤 愛子", "Vera Viewer"])
    page.get_by_role("button", name="Remove 佐藤 愛子").click()
    field.fill("mik")
    page.reload()
    expect(chosen).to_contain_text(["Vera Viewer"])
    expect(field).to_have_value("mik")
    page.get_by_role("button", name="Discard it").click()
    expect(chosen).to_have_count(0)
    page.reload()
    expect(chosen).to_have_count(0)
    expect(field).to_have_value("")

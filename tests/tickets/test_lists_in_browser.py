"""The list of tickets in a real browser: choosing, changing many, keys; without script, on a phone, for everybody."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.notifications.test_inbox_in_browser import window  # noqa: F401  (a fixture)
from tickets.models import ListFilter, Ticket
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def three(make_ticket, acme):
    return [
        make_ticket(title=title, customer=acme) for title in ("Printer jams", "Mail stops", "Disk is full")
    ]


def test_without_script_on_a_phone_many_are_changed_together(three, uma, aiko, window):  # noqa: F811
    page = window(uma, java_script_enabled=False, viewport={"width": 320, "height": 700})
    page.goto("/tickets/?view=unassigned&sort=title")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("link", name="Choose all on this page").click()
    page.get_by_role("checkbox", name="Choose: Disk is full").uncheck()
    page.get_by_role("button", name="Change …").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change 2 tickets")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_label("Owner").select_option(str(aiko.pk))
    page.get_by_label("Tell nobody").check()
    page.get_by_role("button", name="Change them").click()
    expect(page.locator("#messages")).to_contain_text("2 tickets are changed. Nobody is told.")
    expect(page).to_have_url(re.compile(r"/tickets/\?view=unassigned&sort=title"))
    assert set(Ticket.objects.filter(owner=aiko).values_list("title", flat=True)) == {
        "Printer jams",
        "Mail stops",
    }


def test_with_keys_tickets_are_chosen_taken_and_watched(three, uma, window):  # noqa: F811
    page = window(uma)
    page.goto("/tickets/?sort=title")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Disk is full")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("status").filter(has_text="chosen")).to_have_text("1 chosen:")
    page.get_by_label("Choose all on this page").check()
    expect(page.get_by_role("status").filter(has_text="chosen")).to_have_text("3 chosen:")
    page.get_by_role("link", name="Mail stops").focus()
    page.keyboard.press("m")
    expect(page.locator("#messages")).to_contain_text("You are the owner of 1 ticket now")
    # One goes on where one was.
    expect(page.get_by_role("link", name="Mail stops")).to_be_focused()
    page.keyboard.press("w")
    expect(page.locator("#messages")).to_contain_text("You watch this ticket now.")
    page.wait_for_load_state()  # a new page: its script takes the next key
    assert Ticket.objects.get(owner=uma).title == "Mail stops"
    assert Watcher.objects.get(user=uma).ticket.title == "Mail stops"
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_label("Use these keys").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("status").filter(has_text="chosen")).to_have_text("With the chosen tickets:")


@pytest.mark.parametrize(("login", "scheme"), [("uma", "light"), ("aiko", "dark"), ("cora", "dark")])
def test_axe_finds_nothing(three, everyone, uma, window, login, scheme):  # noqa: F811
    person = everyone[login]
    Watcher.objects.watch(three[0], person, by=uma)
    kept = ListFilter.objects.create(person=person, name="Kept", asks={"priority": "medium"})
    page = window(person, color_scheme=scheme)
    chosen = "&".join(f"ticket={ticket.number}" for ticket in three)
    pages = ["/", f"/tickets/?saved={kept.pk}", "/tickets/?q=none", "/tickets/filters/", "/watched/"]
    if person.is_agent:
        pages += [f"/tickets/selection/?{chosen}"]
    for path in pages:
        page.goto(path)
        for fold in page.locator("details.filters-fold:not([open]) > summary, .watched-menu > summary").all():
            fold.click()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path

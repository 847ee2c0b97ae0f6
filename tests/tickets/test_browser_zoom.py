"""The zoom window in a real browser: reading, changing and writing without losing one's place."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.people import PASSWORD
from tickets.models import Reading

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def complaints(page):
    """Errors of scripts and of the content security policy; there must be none at the end of any test here."""
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda said: (
            heard.append(said.text) if said.type == "error" and "status of 4" not in said.text else None
        ),
    )
    yield heard
    # A refusal is logged by browser and htmx alike, and is no mistake of the page.
    assert [what for what in heard if not re.search("status of 4|Error Code 4", what)] == []


@pytest.fixture
def visit(page, live_server, complaints):
    """`visit(uma, "/tickets/")`: uma signs in and goes there."""

    def go(person, path):
        page.goto(f"{live_server.url}/login/?next={path}")
        page.get_by_label("Login").fill(person.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{path}")

    return go


def url(ticket):
    return f"/tickets/{ticket.number}/"


def test_the_row_of_the_open_article_is_in_sight(page, visit, ticket, uma, mika):
    for number in range(2, 26):
        ticket.note(f"Note {number}", by=mika)
    Reading.objects.read(ticket, uma, up_to=3)
    visit(uma, url(ticket))
    expect(page.locator("#row-4")).to_be_in_viewport()
    expect(page.locator("#row-25")).not_to_be_in_viewport()
    page.locator("#row-3").click()
    expect(page.get_by_role("article")).to_contain_text("Note 3")
    expect(page.locator("#row-3")).to_be_in_viewport()
    expect(page.locator("#row-3")).to_be_focused()


def test_an_article_opens_beside_the_list_and_back_brings_the_former(page, visit, ticket, uma, mika):
    ticket.note("The disk is full.", by=mika)
    Reading.objects.read(ticket, uma, up_to=1)
    with page.expect_response("**/reading/"):
        visit(uma, url(ticket))
    assert uma.readings.get().up_to == 2
    expect(page.get_by_role("article")).to_contain_text("The disk is full.")
    page.locator("#row-1").click()
    expect(page.get_by_role("article")).to_contain_text("Since this morning nothing leaves.")
    expect(page).to_have_url(re.compile(r"\?article=1$"))
    expect(page.locator("#row-1")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("article")).to_contain_text("The disk is full.")


def test_articles_are_filtered_and_gone_through_by_keys(page, visit, ticket, uma, cora):
    ticket.note("The disk is full.", by=uma)
    ticket.follow_up("Thank you.", by=cora)
    ticket.follow_up("It works.", by=cora)
    Reading.objects.read(ticket, uma, up_to=4)
    visit(uma, url(ticket))
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Sender", exact=True).focus()
    page.get_by_label("Sender", exact=True).select_option("customer")
    expect(page.locator(".article-row")).to_have_count(2)
    expect(page.get_by_label("Sender", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile("sender=customer"))
    page.locator("#row-4").click()
    page.keyboard.press("j")
    expect(page.get_by_role("article")).to_contain_text("Thank you.")
    expect(page.locator("#row-3")).to_be_focused()
    expect(page.locator("#articles-said")).to_contain_text("Article 3 is open")
    page.get_by_label("Keys: j next").uncheck()
    page.locator("#row-3").focus()
    page.keyboard.press("k")
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".article-row")).to_have_count(4)
    expect(page.get_by_role("article")).to_contain_text("It works.")
    page.get_by_role("button", name="Timeline").click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_say_of_the_other_views(
    page, visit, make_ticket, ticket, acme, gold, uma, cora, scheme
):
    promised = make_ticket(customer=acme, owner=uma, sla=gold, title="Relay " * 30)
    promised.link(ticket, by=uma)
    promised.follow_up("Hello?", by=cora)
    page.emulate_media(color_scheme=scheme)
    visit(uma, f"{url(promised)}?sender=customer")
    for tail in ("?sender=customer", "?view=timeline", "print/"):
        page.goto(page.url.split("/tickets/")[0] + url(promised) + tail)
        result = Axe().run(page)
        assert result.violations_count == 0, f"{tail}: {result.generate_report()}"


def test_a_link_from_a_mail_opens_its_article_on_any_page_of_the_list(page, visit, ticket, uma, live_server):
    for number in range(2, 40):
        ticket.note(f"Note {number}.", by=uma)
    visit(uma, url(ticket))
    page.goto(f"{live_server.url}{url(ticket)}#article-3")
    expect(page.get_by_role("article")).to_contain_text("Note 3.")


def test_a_field_changes_in_a_dialog_and_one_stays_where_one_was(page, visit, ticket, uma):
    ticket.note("The disk is full.", by=uma)
    visit(uma, url(ticket))
    page.locator("#row-1").click()
    expect(page).to_have_url(re.compile("article=1"))
    page.get_by_role("link", name="State", exact=True).click()
    dialog = page.get_by_role("dialog", name="Change the state")
    expect(dialog.get_by_label("State")).to_be_focused()
    expect(dialog.get_by_label("Pending until")).to_be_hidden()
    dialog.get_by_label("State").select_option("pending")
    expect(dialog.get_by_label("Pending until")).to_be_visible()
    dialog.get_by_label("State").select_option("in_progress")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text("State changed: New → In progress")
    expect(page).to_have_url(re.compile("article=1"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_dialog_closes_by_escape_and_gives_the_focus_back(page, visit, ticket, uma):
    visit(uma, url(ticket))
    opener = page.get_by_role("link", name="Priority", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Change the priority")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_what_somebody_changed_meanwhile_is_told_in_the_dialog(page, visit, ticket, uma, aiko):
    visit(uma, url(ticket))
    page.get_by_role("link", name="Priority", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Priority").select_option("high")
    ticket.change_state("in_progress", by=aiko)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("佐藤 愛子")
    expect(dialog.get_by_label("Priority")).to_have_value("high")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text("Medium → High")


def test_what_is_refused_meanwhile_is_said(page, visit, ticket, uma):
    visit(uma, url(ticket))
    ticket.queue.grants.all().delete()
    ticket.change_owner(None, by=uma)
    page.get_by_role("link", name="Priority", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("This did not work")


def test_a_note_is_written_beside_what_one_reads(page, visit, ticket, uma):
    visit(uma, url(ticket))
    page.get_by_role("link", name="Note", exact=True).click()
    form = page.get_by_role("form", name="Add a note")
    expect(form.get_by_label("Text")).to_be_focused()
    expect(page.get_by_role("article")).to_be_visible()
    form.get_by_role("button", name="Add note").click()
    expect(form).to_contain_text("Write something first.")
    form.get_by_label("Text").fill("It is the disk.")
    form.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("article")).to_contain_text("It is the disk.")
    expect(page).to_have_url(re.compile(r"\?article=2#article-2$"))
    expect(page.get_by_role("form", name="Add a note")).to_have_count(0)


def test_a_note_begun_can_be_dropped(page, visit, ticket, uma):
    visit(uma, url(ticket))
    page.get_by_role("link", name="Reply", exact=True).click()
    form = page.get_by_role("form", name="Reply to the customer")
    form.get_by_role("link", name="Cancel").click()
    expect(form).to_have_count(0)
    expect(page).to_have_url(re.compile(re.escape(url(ticket)) + "$"))


def test_cora_answers_from_her_request_page(page, visit, ticket, cora):
    visit(cora, url(ticket))
    form = page.get_by_role("form", name="Write a reply")
    form.get_by_role("button", name="Send").click()
    expect(form).to_contain_text("Write something first.")
    form.get_by_label("Text").fill("It works again, thank you.")
    form.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article")).to_contain_text("It works again, thank you.")


def test_the_menu_opens_and_closes_by_keyboard(page, visit, ticket, uma):
    visit(uma, url(ticket))
    page.get_by_text("More", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Title", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Title", exact=True)).to_be_hidden()


def test_agents_are_helped_to_a_customer_user(page, visit, uma, cora, service_desk):
    visit(uma, "/tickets/new/")
    with page.expect_response("**/customer-users/**") as answer:
        page.get_by_label("Customer user").press_sequentially("Cas", delay=20)
    assert 'value="cora"' in answer.value.text()
    expect(page.locator("#customer-users option")).to_have_count(1)


@pytest.mark.parametrize("login", ["uma", "cora"])
def test_nothing_is_wider_than_a_small_phone(page, visit, everyone, ticket, login):
    ticket.reply("x" * 400 + " https://example.com/" + "y" * 300, by=everyone["uma"], subject="z" * 200)
    page.set_viewport_size({"width": 320, "height": 640})
    for path in (url(ticket), f"{url(ticket)}?view=timeline", f"{url(ticket)}print/", "/tickets/new/"):
        if path == url(ticket):
            visit(everyone[login], path)
        else:
            page.goto(page.url.split("/tickets/")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path

"""What one was writing is there again after a reload, in this tab, until it is sent or let go."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.people import PASSWORD
from tests.tickets.test_browser_zoom import complaints as complaints
from tests.tickets.test_browser_zoom import url
from tests.tickets.test_browser_zoom import visit as visit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
BACK = "What you had written is here again."


@pytest.fixture
def writing(page, visit, ticket, uma):
    """Uma's note on her ticket, half written."""
    visit(uma, url(ticket))
    page.locator("#action-note").click()
    expect(page.get_by_label("Text")).to_be_focused()
    page.get_by_label("Text").fill("The disk is fu")
    page.get_by_label("Visible for customer").check()
    expect(page.locator("#foretold")).to_contain_text("Goes to")
    return page


def test_a_reload_brings_it_back(writing):
    writing.reload()
    expect(writing.get_by_text(BACK)).to_be_visible()
    expect(writing.get_by_label("Text")).to_have_value("The disk is fu")
    expect(writing.get_by_label("Visible for customer")).to_be_checked()
    expect(writing.locator("#foretold")).to_contain_text("Goes to")
    results = Axe().run(writing)
    assert results.violations_count == 0, results.generate_report()


def test_what_is_sent_is_no_draft_any_more(writing, ticket):
    writing.get_by_label("Text").fill("The disk is full.")
    writing.get_by_role("button", name="Add note").click()
    expect(writing.get_by_role("article")).to_contain_text("The disk is full.")
    writing.reload()
    expect(writing.get_by_role("article")).to_contain_text("The disk is full.")
    expect(writing.locator("#compose form")).to_have_count(0)
    writing.locator("#action-note").click()
    expect(writing.get_by_label("Text")).to_have_value("")


def test_nor_is_what_was_cancelled(writing):
    writing.get_by_role("link", name="Cancel").click()
    writing.reload()
    expect(writing.locator("#compose form")).to_have_count(0)


def test_it_can_be_discarded(writing):
    writing.reload()
    writing.get_by_role("button", name="Discard it").click()
    expect(writing.get_by_label("Text")).to_have_value("")
    expect(writing.get_by_label("Text")).to_be_focused()
    expect(writing.get_by_text(BACK)).to_be_hidden()
    writing.reload()
    expect(writing.locator("#compose form")).to_have_count(0)


def test_what_the_server_refused_stands_as_it_was_sent(writing, ticket, mika):
    writing.get_by_label("Next state").select_option("open")
    ticket.change_priority("very_high", by=mika)
    writing.get_by_role("button", name="Add note").click()
    expect(writing.get_by_text("Somebody changed this ticket meanwhile")).to_be_visible()
    expect(writing.get_by_label("Text")).to_have_value("The disk is fu")


def test_what_was_refused_survives_a_reload_as_well(writing):
    writing.get_by_label("Inform agents").fill("nobody")
    writing.get_by_role("button", name="Add note").click()
    expect(writing.get_by_text("no agent here has this login.").first).to_be_visible()
    writing.get_by_label("Inform agents").fill("")
    writing.reload()
    expect(writing.get_by_label("Text")).to_have_value("The disk is fu")
    expect(writing.get_by_label("Visible for customer")).to_be_checked()


def test_a_quotation_stands_beneath_what_was_written(writing):
    writing.locator("#action-reply").click()
    expect(writing.get_by_role("heading", name="Reply to the customer")).to_be_visible()
    writing.get_by_label("Text").fill("We look at it")
    writing.get_by_role("link", name="Quote").click()
    expect(writing.get_by_label("Text")).to_have_value(
        re.compile(r"^We look at it\n\n+Mika Manager <mika@example.com>:\n> Since this")
    )


def test_files_are_to_be_chosen_again(writing):
    file = {"name": "disk.txt", "mimeType": "text/plain", "buffer": b"full"}
    writing.get_by_label("Attachments").set_input_files(file)
    writing.reload()
    expect(writing.get_by_text("Please choose the files again")).to_be_visible()


def test_a_new_ticket_is_kept_until_it_is_registered(page, visit, service_desk, uma, live_server):
    visit(uma, "/tickets/new/")
    page.get_by_role("textbox", name="Title").fill("Printer jams")
    page.reload()
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Printer jams")
    page.get_by_role("button", name="Create ticket").click()  # without a text
    expect(page.get_by_text("Write something first.")).to_be_visible()
    page.goto(f"{live_server.url}/tickets/new/")
    page.get_by_label("Text").fill("Since noon.")
    page.get_by_role("button", name="Create ticket").click()
    expect(page.get_by_role("article")).to_contain_text("Since noon.")
    page.wait_for_load_state()  # its script forgets what was sent
    page.goto(f"{live_server.url}/tickets/new/")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("")


def test_a_session_that_ended_loses_nothing(page, visit, ticket, uma, live_server):
    visit(uma, url(ticket) + "articles/new/?kind=note")
    page.get_by_label("Text").fill("The disk is full.")
    uma.end_sessions()
    page.get_by_role("button", name="Add note").click()
    page.get_by_label("Login").fill("uma")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Text")).to_have_value("The disk is full.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("article")).to_contain_text("The disk is full.")
    page.goto(live_server.url + url(ticket))
    expect(page.locator("#compose form")).to_have_count(0)


def test_where_nothing_may_be_stored_one_writes_all_the_same(page, visit, ticket, uma):
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    visit(uma, url(ticket))
    page.locator("#action-note").click()
    page.get_by_label("Text").fill("The disk is full.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("article")).to_contain_text("The disk is full.")


def test_another_ticket_knows_nothing_of_it(writing, make_ticket, uma, live_server):
    other = make_ticket(owner=uma, title="Printer jams")
    writing.goto(live_server.url + url(other))
    writing.locator("#action-note").click()
    expect(writing.get_by_label("Text")).to_have_value("")


def test_signing_out_takes_it_away(writing, visit, ticket, uma):
    writing.locator(".topbar details[data-menu] summary").filter(has_text="Menu of").click()
    writing.get_by_role("button", name="Sign out").click()
    expect(writing.get_by_label("Password")).to_be_visible()
    writing.wait_for_load_state()
    visit(uma, url(ticket))
    expect(writing.locator("#compose form")).to_have_count(0)
    assert not writing.evaluate("Object.keys(sessionStorage).some((key) => key.startsWith('draft:'))")


def test_a_customers_reply_is_kept_as_well(page, visit, ticket, cora):
    visit(cora, url(ticket))
    page.get_by_label("Text").fill("Any news?")
    page.reload()
    expect(page.get_by_label("Text")).to_have_value("Any news?")

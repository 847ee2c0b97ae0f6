"""A template is put where one writes, and nothing that was typed is lost; the signature is seen before it is sent."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.tickets.test_browser_zoom import complaints as complaints
from tests.tickets.test_browser_zoom import url
from tests.tickets.test_browser_zoom import visit as visit
from tickets.models import Queue, TextTemplate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_it_is_inserted_at_the_caret(page, visit, ticket, uma):
    TextTemplate.objects.create(name="Number", text="see {{ticket.number}}")
    Queue.objects.update(signature="Your service desk")
    visit(uma, url(ticket))
    page.locator("#action-reply").click()
    text = page.get_by_label("Text")
    text.fill("Dear Cora, thank you")
    for _step in range(len(" thank you")):
        text.press("ArrowLeft")
    page.get_by_label("Template").select_option("Number")
    page.get_by_role("button", name="Insert").dblclick()
    expect(text).to_have_value(f"Dear Cora,see {ticket.number} thank you")
    expect(text).to_be_focused()
    expect(page.get_by_text("The template is inserted in the text.")).to_be_attached()
    text.press("Control+z")
    expect(text).to_have_value("Dear Cora, thank you")
    expect(page.get_by_label("With signature")).to_be_checked()
    expect(page.get_by_text("Your service desk")).to_be_visible()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article")).to_contain_text("Your service desk")


def test_it_is_kept_as_a_draft(page, visit, ticket, uma):
    TextTemplate.objects.create(name="Number", text="see {{ticket.number}}")
    visit(uma, url(ticket))
    page.locator("#action-note").click()
    expect(page.get_by_label("Text")).to_be_focused()
    page.get_by_label("Template").select_option("Number")
    page.get_by_role("button", name="Insert").click()
    expect(page.get_by_label("Text")).to_have_value(f"see {ticket.number}")
    page.reload()
    expect(page.get_by_label("Text")).to_have_value(f"see {ticket.number}")


def test_none_is_chosen_for_one(page, visit, ticket, uma):
    TextTemplate.objects.create(name="Number", text="see {{ticket.number}}")
    visit(uma, url(ticket))
    page.locator("#action-note").click()
    expect(page.get_by_label("Text")).to_be_focused()
    template = page.get_by_label("Template")
    expect(template).to_have_value("")
    page.get_by_role("button", name="Insert").click()
    expect(template).to_be_focused()
    expect(page.get_by_label("Text")).to_have_value("")
    template.select_option("Number")
    page.get_by_role("button", name="Insert").click()
    expect(page.get_by_label("Text")).to_have_value(f"see {ticket.number}")
    expect(template).to_have_value("")

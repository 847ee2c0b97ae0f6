"""ada writes a definition and tries it out: tags at the cursor, the preview's frame, keyboard, small screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from notifications.models import Definition
from tests.notifications.conftest import make_definition

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def definition(ticket, mika):
    ticket.note("Look.", by=mika)
    return make_definition(name="Ours", subject="Hello", body="Dear reader,\n\nbye")


@pytest.fixture
def opened(live_server, definition, ada, signed_in, browser):
    """`opened("change", query)`: a page of the definition under ada's hands; options are the browser context's."""
    contexts = []

    def open_page(name, query="", **options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        session = signed_in(ada).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        args = {"import": [], "rehearsal": [], "plan": [], "changelist": [], "add": [], "person": [ada.pk]}
        args = args.get(name, [definition.pk])
        page.goto(reverse(f"admin:notifications_definition_{name}", args=args) + query)
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_tag_goes_where_one_was_writing(opened, definition):
    page = opened("change")
    tags = page.get_by_role("complementary", name="Tags for the texts")
    tags.get_by_role("button", name="{{ticket.number}}").click()
    expect(tags.get_by_role("status")).to_contain_text("Go to the subject or text first")
    body = page.locator("#id_texts-0-body")
    body.focus()
    body.evaluate("field => field.setSelectionRange(5, 11)")
    # By keyboard as by mouse.
    tags.get_by_role("button", name="{{recipient.name}}").focus()
    page.keyboard.press("Enter")
    expect(body).to_have_value("Dear {{recipient.name}},\n\nbye")
    expect(body).to_be_focused()
    page.keyboard.type("!")
    expect(body).to_have_value("Dear {{recipient.name}}!,\n\nbye")
    expect(tags.get_by_role("status")).to_contain_text("{{recipient.name}} was inserted.")
    page.locator("#id_texts-0-subject").focus()
    page.keyboard.press("End")
    tags.get_by_role("button", name="{{ticket.title}}").click()
    expect(page.locator("#id_texts-0-subject")).to_have_value("Hello{{ticket.title}}")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert definition.texts.get().body == "Dear {{recipient.name}}!,\n\nbye"
    assert page.complaints == []


def test_the_html_mail_shows_with_its_styles_in_its_frame(opened, ticket):
    page = opened("preview", f"?ticket={ticket.number}&to=uma")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Dear reader,")).to_be_visible()
    # Were its styles refused, the browser would say so.
    assert frame.locator("[style]").count()
    assert page.complaints == []


def test_unsaved_texts_are_previewed_from_the_form(opened, definition, ticket):
    page = opened("change")
    page.locator("#id_texts-0-body").fill("Unsaved: {{article.body}}")
    page.get_by_role("button", name="Preview without saving").click()
    page.get_by_label("Ticket number").fill(ticket.number)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("pre")).to_contain_text("Unsaved: Look.")
    expect(page.frame_locator("iframe").get_by_text("Unsaved: Look.")).to_be_visible()
    assert page.complaints == []
    assert Definition.objects.get(pk=definition.pk).texts.get().body == "Dear reader,\n\nbye"


def test_without_script_all_of_it_works_too(opened, ticket):
    page = opened("change", java_script_enabled=False)
    expect(page.get_by_text("{{ticket.number}}")).to_be_visible()
    page.locator("#id_texts-0-body").fill("Unsaved: {{article.body}}")
    page.get_by_role("button", name="Preview without saving").click()
    page.get_by_label("Ticket number").fill(ticket.number)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Show the HTML mail").click()
    expect(page.frame_locator("iframe").get_by_text("Unsaved: Look.")).to_be_visible()


def test_the_text_of_each_language_has_a_tab_and_is_previewed_while_it_is_written(opened, definition, ticket):
    page = opened("change")
    tabs = page.get_by_role("tablist", name="Language of the text")
    expect(tabs.get_by_role("tab")).to_have_text(["English", "日本語 (nothing written)"])
    live = page.get_by_role("region", name="Preview while you write")
    page.locator("#id_texts-0-body").fill("Of {{ticket.title}}")
    expect(live).to_contain_text(f"Of {ticket.title}")
    # By keyboard as by mouse.
    tabs.get_by_role("tab", name="English").focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.get_by_role("tab", name="日本語")).to_be_focused()
    expect(page.locator("#id_texts-0-body")).to_be_hidden()
    expect(live).to_contain_text("Write a subject or a text")
    page.locator("#id_texts-1-subject").fill("件名")
    expect(live).to_contain_text("件名")
    page.get_by_role("button", name="Save", exact=True).first.click()
    # What is wrong is in sight, whatever the tab: this one has no text.
    expect(page.get_by_role("tab", name="日本語 (to be corrected)")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.locator("#texts-1").get_by_text("This field is required.")).to_be_visible()
    assert page.complaints == []


def test_a_new_one_is_previewed_while_it_is_written(opened, ticket):
    page = opened("add")
    live = page.get_by_role("region", name="Preview while you write")
    page.get_by_role("checkbox", name="Title changed").check()
    page.locator("#id_texts-0-subject").fill("{{event.label}}")
    expect(live).to_contain_text("Title changed")
    page.get_by_role("checkbox", name="Title changed").uncheck()
    page.get_by_role("checkbox", name="Lock changed").check()
    expect(live).to_contain_text("Lock changed")
    assert page.complaints == []
    live.get_by_label("With this ticket").fill("0815")
    page.keyboard.press("Tab")
    expect(live).to_contain_text("There is no ticket of this number")
    page.get_by_role("button", name="Preview without saving").click()
    page.get_by_label("Ticket number").fill(ticket.number)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="E-mail to ada@example.com")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_role("link", name="Read and answer")).to_be_visible()


def test_an_event_is_found_and_what_is_ticked_stays_in_sight(opened):
    page = opened("change")
    page.get_by_label("Find an event").fill("merged")
    expect(page.get_by_label("Ticket merged", exact=True)).to_be_visible()
    expect(page.get_by_label("Article added")).to_be_visible()
    expect(page.get_by_label("Title changed")).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_label("Find an event").fill("")
    expect(page.get_by_label("Title changed")).to_be_visible()


def test_who_leaves_with_something_unsaved_is_asked_first(opened, definition):
    page = opened("change")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    plan = page.locator("#content").get_by_role("link", name="Notification plan")
    page.locator("#id_comment").fill("Half a sent")
    plan.click()
    page.wait_for_url("**/plan/")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["change", "add", "changelist", "plan", "person", "preview", "dry_run", "rehearsal", "import"]
)
def test_everybody_can_use_its_pages(opened, ticket, name, scheme):
    query = f"?ticket={ticket.number}" if name in {"person", "preview", "dry_run", "rehearsal"} else ""
    page = opened(name, query, viewport={"width": 320, "height": 700}, color_scheme=scheme)
    ours = "#content-main"
    found = Axe().run(page, context=ours, options={"resultTypes": ["violations"]})
    assert [violation["id"] for violation in found.response["violations"]] == []
    assert page.locator(ours).evaluate("place => place.scrollWidth - place.clientWidth") <= 0
    assert page.complaints == []

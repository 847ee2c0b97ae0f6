"""Personal choices in a real browser: the page shows what matters to what is chosen, by keyboard and narrow too."""

import pytest
from playwright.sync_api import expect

from notifications.models import Following, PersonalSettings
from tests.notifications.test_inbox_in_browser import window as window

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
PATH = "/preferences/notifications/"


def save(page, section):
    page.locator(f"#save-{section}").click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["script", "no script"])
def test_a_summary_asks_for_its_time_and_a_weekly_one_for_its_day(uma, window, options):
    page = window(uma, **options)
    page.goto(PATH)
    expect(page.get_by_label("Summary at")).to_be_hidden()
    page.get_by_label("One summary a day").check()
    expect(page.get_by_label("Summary at")).to_be_visible()
    expect(page.get_by_label("Summary on")).to_be_hidden()
    page.get_by_label("One summary a week").check()
    page.get_by_label("Summary on").select_option("Friday")
    page.get_by_label("Summary at").fill("17:30")
    save(page, "times")
    own = PersonalSettings.objects.get(person=uma)
    assert (own.rhythm, own.summary_day, f"{own.summary_at:%H:%M}") == ("weekly", 4, "17:30")


def test_return_in_a_field_saves_and_resets_nothing(uma, window):
    page = window(uma)
    page.goto(PATH)
    page.get_by_label("New article: E-mail").uncheck()
    page.get_by_label("Out of office from").fill("2030-12-24")
    save(page, "choices")
    # What is written in the other sections stays, and the keyboard is where it was.
    expect(page.get_by_label("Out of office from")).to_have_value("2030-12-24")
    expect(page.locator("#save-choices")).to_be_focused()
    expect(page.get_by_role("button", name="Reset to defaults")).to_be_visible()
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_label("Quiet until").fill("07:00")
    page.get_by_label("Quiet until").press("Enter")
    expect(page.locator("#in-force")).to_contain_text("No e-mail comes from 22:00 to 07:00.")
    expect(page.get_by_label("New article: E-mail")).not_to_be_checked()
    page.get_by_role("button", name="Reset to defaults").click()
    expect(page.get_by_label("New article: E-mail")).to_be_checked()
    expect(page.get_by_label("Quiet from")).to_have_value("22:00")


def test_a_customer_manager_follows_on_a_telephone(carl, window):
    page = window(carl, viewport={"width": 320, "height": 640})
    page.goto(PATH)
    expect(page.get_by_role("group", name="Only of these types")).to_be_hidden()
    page.get_by_label("Follow all tickets of Acme").check()
    page.get_by_role("group", name="Only of these types").get_by_label("Incident").check()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    save(page, "following")
    assert Following.objects.get(person=carl).types == ["incident"]


def test_what_waits_shows_a_moment_after_writing(ticket, mika, window, forget, dispatch):
    forget()
    ticket.note("The disk is full.", by=mika)
    page = window(mika)
    page.goto(f"/tickets/{ticket.number}/")
    waiting = page.get_by_text("1 e-mail about this goes out in 10 min.")
    expect(waiting).to_be_hidden()
    dispatch()
    expect(waiting).to_be_visible()


NOTIFICATION = """
window.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { window.asked = (window.asked ?? 0) + 1; return (this.permission = ANSWER); }
  constructor(title, options) {
    super();
    document.body.dataset.told = `${document.body.dataset.told ?? ""}${title}: ${options.body}`;
  }
  close() {}
};
"""
HIDE = 'Object.defineProperty(document, "hidden", { get: () => true })'
ASK = 'document.dispatchEvent(new CustomEvent("inbox-changed"))'


@pytest.mark.parametrize(
    ("choice", "body"),
    [
        ("Show how many are unread, and nothing else", "1 unread"),
        ("Show the ticket's number as well", "NUMBER\n1 unread"),
        ("Show the ticket's number and title", "NUMBER Mail stops at the gateway\n1 unread"),
    ],
)
def test_the_browser_tells_what_was_chosen_and_no_more(
    ticket, uma, mika, window, forget, dispatch, choice, body
):
    forget()
    page = window(uma)
    page.add_init_script(NOTIFICATION.replace("ANSWER", '"granted"'))
    page.goto(PATH)
    assert page.evaluate("window.asked") is None
    page.get_by_label(choice).check()
    expect(page.get_by_text("Turned on.")).to_be_visible()
    assert page.evaluate("window.asked") == 1
    page.evaluate(HIDE)
    ticket.note("Have a look.", by=mika)
    dispatch()
    page.evaluate(ASK)
    told = f"Notifications: {body}".replace("NUMBER", ticket.number)
    expect(page.locator("body")).to_have_attribute("data-told", told)


def test_a_refusal_of_the_browser_is_said(uma, window):
    page = window(uma)
    page.add_init_script(NOTIFICATION.replace("ANSWER", '"denied"'))
    page.goto(PATH)
    page.get_by_label("Show the ticket's number as well").click()
    expect(page.get_by_text("Your browser blocks notifications of this site.")).to_be_visible()
    expect(page.get_by_label("Show nothing")).to_be_checked()

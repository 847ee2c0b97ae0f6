"""docs/guide/lead.md, gone through as ada does: ticket notifications, written, tried out, copied, kept in a file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from notifications.models import Definition, Mail, Notice
from tests.e2e.guide import desk as desk
from tests.e2e.guide import go_to, picture, subjects
from tests.e2e.guide import window as window
from tests.e2e.guide import worker as worker
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.once]

LIST = "/admin/notifications/definition/"
NAME = "Important ticket comes back"


@pytest.fixture
def comes_back(make_ticket, acme, uma, vera, worker):
    """An important Acme ticket of the Service desk that uma owns and has resolved; vera watches it."""
    ticket = make_ticket(by=uma, owner=uma, customer=acme, priority="high")
    Watcher.objects.watch(ticket, vera, by=vera)
    ticket.change_state("resolved", by=uma)
    worker()
    return ticket


def write_it(page, ticket):
    """“Writing one”, step by step."""
    page.get_by_label("Name:", exact=True).fill(NAME)
    page.get_by_label("Comment:").fill("Agreed with the shift leads.")
    page.get_by_label("Validity:").select_option(label="Invalid")
    page.get_by_label("Find an event").fill("changed")
    expect(page.get_by_label("Article added")).to_be_hidden()
    page.get_by_role("checkbox", name="State changed", exact=True).check()
    page.get_by_label("Find an event").fill("")
    page.get_by_role("checkbox", name="Article added", exact=True).check()
    for group in ("the ticket …", "it changes from … to …", "the article …"):
        page.locator("summary", has_text=f"Only when {group}").click()
    for priority in ("High", "Very high"):
        page.get_by_role("group", name="Priority:").get_by_label(priority, exact=True).check()
    page.get_by_label("Queue:", exact=True).select_option(label="Service desk")
    page.get_by_label("State was:").select_option(label=["Resolved", "Closed"])
    page.get_by_label("State is now:").select_option(label="Open")
    page.get_by_role("group", name="Sender type:").get_by_label("Customer", exact=True).check()
    picture(
        "lead-definition-when", page.locator(".field-ticket_priority"), page.locator(".field-ticket_queue")
    )
    for kind in ("Owner", "Watchers"):
        page.get_by_role("group", name="Recipients:").get_by_label(kind, exact=True).check()
    page.locator("summary", has_text="To certain people, groups, roles and addresses").click()
    page.locator(".field-named_users").get_by_role("searchbox").press_sequentially("mika")
    page.get_by_role("option", name="Mika Manager").click()
    page.get_by_label("Severity:").select_option(label="Critical")
    page.get_by_label("A critical notice does not wait").check()
    page.get_by_label("Show in preferences:").select_option(label="Yes, and at least one channel stays on")
    page.get_by_label("Tooltip:").fill("A ticket of high priority is open again, or its customer writes.")
    page.get_by_role("tab", name="日本語").click()
    page.locator("#id_texts-1-subject").fill("再開: {{ticket.number}} {{ticket.title}}")
    page.locator("#id_texts-1-body").fill("{{event.change}}\n\n{{article.body:20}}")
    page.get_by_role("tab", name="English").click()
    page.locator("#id_texts-0-frame").select_option(label="Alert")
    page.locator("#id_texts-0-subject").fill("Back again: ")
    page.locator("#id_texts-0-subject").press("End")
    tags = page.get_by_role("complementary", name="Tags for the texts")
    tags.get_by_role("button", name="{{ticket.number}}").click()
    page.locator("#id_texts-0-body").fill("{{event.change}}, owner: {{owner}}\n\n{{article.body:20}}")
    live = page.get_by_role("region", name="Preview while you write")
    live.get_by_label("With this ticket").fill(ticket.number)
    page.keyboard.press("Tab")
    expect(live.get_by_text(f"Back again: {ticket.number}").first).to_be_visible()
    expect(live).to_contain_text("owner: Uma Ogawa")
    page.set_viewport_size({"width": 1280, "height": 440})
    picture("lead-definition-text", page.locator(".definition-tags"), page.locator("[data-languages]"))
    page.get_by_role("button", name="Save and continue editing").first.click()


def try_it(page, ticket):
    """“Trying it out”: dry run, preview, test mail."""
    page.get_by_role("link", name="Dry run", exact=True).first.click()
    page.get_by_label("Ticket number").fill(ticket.number)
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_role("status")).to_contain_text("The filter does not match: state is now.")
    page.get_by_label("Event:", exact=True).select_option(value="TicketStateUpdate")
    page.get_by_role("button", name="Try again").click()
    page.get_by_label("Done by").fill("uma")
    page.get_by_label("Old value").select_option(label="Resolved")
    page.get_by_label("New value").select_option(label="Open")
    page.get_by_role("button", name="Try again").click()
    told = page.get_by_role("table", name="Would be told (2)")
    expect(told.get_by_role("row", name="Mika Manager (mika) Named people")).to_contain_text("Critical")
    expect(told.get_by_role("row", name="Vera Viewer (vera) Watchers")).to_be_visible()
    not_told = page.get_by_role("table", name="Would not be told (1)")
    expect(not_told.get_by_role("row", name="Uma Ogawa")).to_contain_text("did it themselves")
    picture("lead-dry-run", page.locator("#content-main"))
    page.get_by_role("navigation").get_by_role("link", name=NAME).click()
    page.get_by_role("link", name="Preview, test mail").click()
    page.get_by_label("Ticket number").fill(ticket.number)
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Event:", exact=True).select_option(value="TicketStateUpdate")
    page.get_by_label("Read by").fill("mika")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="E-mail to mika@example.com")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("owner: Uma Ogawa")).to_be_visible()
    page.get_by_role("button", name="Send a test mail to me").click()
    expect(
        page.get_by_text("The test mail to ada@example.com was accepted. The server said:")
    ).to_be_visible()


def run(page, action, name):
    """Tick `name` in the list and run `action`."""
    page.get_by_role("row", name=name).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").click()


def test_a_definition_written_by_hand_tells_people(
    desk,
    worker,
    mail_host,
    comes_back,
    make_ticket,
    acme,
    uma,
    mika,
    cora,
    window,
):
    go_to(desk, "Ticket notifications")
    desk.get_by_role("link", name="Add ticket notification").first.click()
    write_it(desk, comes_back)
    expect(desk.get_by_text("As it is saved:").locator("..")).to_have_text(
        "As it is saved: Tells Owner, Watchers and Named people (Mika Manager) of: State changed or Article added. "
        "Only when Priority: High or Very high; Queue: Service desk; State was: Resolved or Closed; "
        "State is now: Open; Sender type: Customer. In the app and E-mail; severity: Critical. "
        "Critical does not wait for the window. It is not valid: as it stands it tells nobody."
    )
    try_it(desk, comes_back)
    assert subjects(mail_host["ada@example.com"]) == [f"[Test] Back again: {comes_back.number}"]
    assert not Mail.objects.filter(address="ada@example.com").exists()
    assert Notice.objects.filter(person=mika).count() == 0

    desk.goto(LIST)
    run(desk, "Make valid", NAME)
    expect(desk.get_by_text("1 ticket notification is now: Valid.")).to_be_visible()
    other = make_ticket(by=uma, owner=uma, customer=acme, priority="low")
    other.follow_up("Nobody's concern of high priority.", by=cora)
    comes_back.follow_up("It has come back.", by=cora)
    worker()
    assert subjects(mail_host["mika@example.com"]) == [f"Back again: {comes_back.number}"]
    assert f"Back again: {comes_back.number}" in subjects(mail_host["uma@example.com"])
    inbox = window(mika)
    inbox.goto("/inbox/")
    [row] = inbox.locator("#inbox-list > li").all()
    expect(row).to_contain_text(f"Back again: {comes_back.number}")
    expect(row).to_contain_text("Critical")
    desk.goto(f"{LIST}{Definition.objects.get(name=NAME).pk}/delete/")
    expect(desk.get_by_text("has been used, so it cannot be deleted")).to_be_visible()


def test_copying_switching_off_and_keeping_them_in_a_file(
    desk, worker, mail_host, ticket, uma, mika, tmp_path
):
    worker()
    desk.goto(LIST)
    desk.get_by_role("button", name=re.compile("^Copy ?: Ticket merged$")).click()
    expect(desk.get_by_text("Copied, as invalid until you are done: Ticket merged (copy)")).to_be_visible()
    desk.goto(LIST)
    run(desk, "Make invalid temporarily", re.compile("^Select .* New article"))
    expect(desk.get_by_text("1 ticket notification is now: Invalid temporarily.")).to_be_visible()
    before = Notice.objects.filter(person=uma).count()
    ticket.note("Nobody hears of it.", by=mika)
    worker()
    assert Notice.objects.filter(person=uma).count() == before
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Export all").click()
    file = Path(download.value.path())
    assert "- name: Ticket merged (copy)\n  validity: invalid\n" in file.read_text()
    changed = tmp_path / "changed.yaml"
    changed.write_text(file.read_text().replace("validity: invalid_temporarily", "validity: valid"))
    desk.get_by_role("link", name="Import", exact=True).click()
    desk.get_by_label("File:").set_input_files(changed)
    desk.get_by_role("button", name="Import").click()
    expect(desk.get_by_role("alert")).to_contain_text("Nothing was imported:")
    desk.get_by_label("File:").set_input_files(changed)
    desk.get_by_label("Overwrite what has the same name").check()
    desk.get_by_role("button", name="Import").click()
    expect(desk.get_by_text("Overwritten: ")).to_contain_text("New article")
    ticket.note("Told again.", by=mika)
    worker()
    assert Notice.objects.filter(person=uma).count() == before + 1

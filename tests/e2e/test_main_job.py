"""A ticket changes and the right people know: the product's main job, from the click to the mail."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DEMO_WINDOW
from tests.e2e.pages import (
    add_watcher,
    begin_note,
    begin_reply,
    bell,
    change,
    create_ticket,
    expect_article,
    expect_unread,
    open_ticket,
    open_watcher_dialog,
    read_everything,
    watcher_list,
)

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(240)]

TITLE = "Mail stops at the gateway"
REPLY = "It is still so, and now our phones are silent too."
NOTE = "Between us: their invoices are overdue."
MAIL_LIMIT = DEMO_WINDOW + 30


@pytest.fixture(scope="module")
def stack(start_stack, mailbox):
    """Of this module's own: a window that another test left open would take this one's mail in as well."""
    return start_stack(OPSI_MAIL_URL=mailbox.url, OPSI_WINDOW_SECONDS=str(DEMO_WINDOW))


def test_a_ticket_changes_and_the_right_people_know(stack, mailbox, enter):
    mika, uma = enter(stack, "mika"), enter(stack, "uma")
    number = create_ticket(mika, TITLE, customer="Acme", owner="Ada Lindqvist (ada)")
    watch_with_others(uma, number)
    others = {login: enter(stack, login) for login in ("aiko", "cora", "ada", "carl")}
    people = {"mika": mika, "uma": uma, **others}
    carl, cora = people["carl"], people["cora"]
    for login in ("mika", "ada", "aiko", "cora"):
        told = mailbox.wait_for(lambda mails, to=login: any(about(number, to)(one) for one in mails), 60)
        assert sum(map(about(number, login), told)) == 1
    for page in people.values():
        read_everything(page)
    mailbox.clear()
    open_ticket(carl, number)
    send_reply = begin_reply(carl, REPLY)
    open_ticket(mika, number)

    send_reply.click()
    for login in ("uma", "aiko", "cora", "ada"):
        expect_unread(people[login], 1)

    change(mika, "Priority", "Priority", "Very high")
    cora.goto("/inbox/")
    expect(cora.get_by_role("main")).to_contain_text("Priority changed")  # the list follows by itself
    open_ticket(cora, number)  # what is looked at is read
    expect_unread(cora, 0)
    read_everything(uma)
    begin_note(mika, NOTE).click()
    expect_article(mika, NOTE)
    expect_unread(uma, 1)
    expect_unread(people["aiko"], 1)

    recipients = {f"{login}@example.com" for login in ("uma", "aiko", "cora", "ada", "mika")}
    mails = mailbox.wait_for(
        lambda mails: recipients <= {to for mail in mails for to in mail.recipients}, MAIL_LIMIT
    )
    assert sorted(to for mail in mails for to in mail.recipients) == sorted(recipients)
    for login in ("uma", "ada"):
        [mail] = mailbox.to(f"{login}@example.com")
        assert mail.subject == f"[{number}] Priority changed: {TITLE} (Total 3 notifications)"
        assert_in_order(mail.text, "Very high", NOTE, REPLY)
    [mail] = mailbox.to("aiko@example.com")
    assert re.fullmatch(rf"\[{number}\] 優先度\S*: {TITLE}\s*[(（]全 ?3 ?件の通知[)）]", mail.subject)
    assert_in_order(mail.text, "最高", NOTE, REPLY)
    [mail] = mailbox.to("cora@example.com")
    assert mail.subject == f"[{number}] Priority changed: {TITLE} (Total 2 notifications)"
    assert_in_order(mail.text, "Very high", REPLY)
    assert NOTE not in mail.text + mail.html
    [mail] = mailbox.to("mika@example.com")
    assert mail.subject == f"[{number}] New article: {TITLE}"
    assert NOTE not in mail.text

    expect_unread(cora, 0)
    bell(cora).click()
    expect(cora.get_by_role("main")).not_to_contain_text("overdue")
    open_ticket(cora, number)
    expect(cora.get_by_role("main")).to_contain_text("phones are silent")
    expect(cora.get_by_role("main")).not_to_contain_text("overdue")


def watch_with_others(uma, number):
    open_ticket(uma, number)
    uma.get_by_role("button", name="Watch it myself").click()
    expect(uma.get_by_role("button", name="Stop watching")).to_be_visible()
    dialog = open_watcher_dialog(uma)
    add_watcher(dialog, "佐藤 愛子", search="aiko")
    add_watcher(dialog, "Cora Delgado", search="delg")
    expect(watcher_list(dialog).get_by_role("listitem")).to_have_count(3)


def about(number, login):
    return lambda mail: number in mail.subject and f"{login}@example.com" in mail.recipients


def assert_in_order(text, *parts):
    places = [text.index(part) for part in parts]
    assert places == sorted(places)

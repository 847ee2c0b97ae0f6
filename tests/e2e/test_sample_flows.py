"""The manual's two sample flows, and who hears of their own doing."""

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import (
    add_watcher,
    begin_note,
    begin_reply,
    change,
    close_dialog,
    create_ticket,
    expect_article,
    expect_unread,
    open_ticket,
    open_watcher_dialog,
    read_everything,
)

pytestmark = pytest.mark.timeout(180)

TITLE = "Scanner in goods-in reads nothing"
ACCOUNT, PASSWORD = "desk", "open sesame"
FUNCTION = "/admin/notifications/notificationfunction/"
WINDOW = 4  # seconds


@pytest.fixture(scope="module")
def stack(start_stack, mailbox):
    return start_stack(OPSI_MAIL_URL=mailbox.url, OPSI_WINDOW_SECONDS=str(WINDOW))


@pytest.fixture(scope="module")
def own_server(start_mailbox):
    """The customer's mail server, which takes mail only from who signs in."""
    return start_mailbox(ACCOUNT, PASSWORD)


def addressed(mails, number):
    return sorted(to for mail in mails if number in mail.subject for to in mail.recipients)


def test_creator_and_owner_see_it_in_the_bell_and_then_get_it_by_mail(stack, mailbox, enter):
    # Whoever looks at the ticket has read it: the bell is watched in windows on other pages.
    carl, uma, aiko = (enter(stack, login) for login in ("carl", "uma", "aiko"))
    by_carl = create_ticket(enter(stack, "carl"), TITLE)
    expect_unread(carl, 1)
    by_uma = create_ticket(enter(stack, "uma"), TITLE, customer="Acme", owner="佐藤 愛子 (aiko)")
    expect_unread(uma, 1)
    expect_unread(aiko, 1)

    mails = mailbox.wait_for(lambda mails: len(addressed(mails, by_carl) + addressed(mails, by_uma)) >= 3, 30)
    assert addressed(mails, by_carl) == ["carl@example.com"]
    assert addressed(mails, by_uma) == ["aiko@example.com", "uma@example.com"]
    [to_carl] = mailbox.to("carl@example.com")
    [to_uma] = mailbox.to("uma@example.com")
    [to_aiko] = mailbox.to("aiko@example.com")
    assert to_carl.subject == f"[{by_carl}] New ticket: {TITLE}"
    assert to_uma.subject == f"[{by_uma}] New ticket: {TITLE}"
    assert to_aiko.subject == f"[{by_uma}] 新しいチケット: {TITLE}"


def test_customer_user_hears_of_what_she_does_herself_and_an_agent_does_not(stack, mailbox, enter):
    uma, cora = enter(stack, "uma"), enter(stack, "cora")
    number = create_ticket(uma, TITLE, customer="Acme")
    dialog = open_watcher_dialog(uma)
    add_watcher(dialog, "Cora Delgado", search="cora")
    close_dialog(dialog)
    expect_unread(cora, 1)
    mailbox.wait_for(lambda mails: len(addressed(mails, number)) >= 2, 30)
    for page in (uma, cora):
        read_everything(page)
    mailbox.clear()

    open_ticket(uma, number)
    begin_note(uma, "Taken to the workshop.").click()
    expect_article(uma, "Taken to the workshop.")
    open_ticket(cora, number)
    begin_reply(cora, "Please hurry, the truck is here.").click()
    expect_article(cora, "Please hurry, the truck is here.")
    cora.goto("/inbox/?show=all")
    expect(cora.get_by_role("main").get_by_role("button", name=f"[{number}] New article")).to_be_visible()

    mails = mailbox.wait_for(lambda mails: len(addressed(mails, number)) >= 2, 30)
    assert addressed(mails, number) == ["cora@example.com", "uma@example.com"]
    for mail in mails:
        assert mail.subject == f"[{number}] New article: {TITLE}"
        assert "Please hurry" in mail.text
        assert "workshop" not in mail.text


def test_changing_over_to_ones_own_mail_server(stack, mailbox, own_server, enter):
    ada, uma, aiko = (enter(stack, login) for login in ("ada", "uma", "aiko"))
    for page in (uma, aiko):
        read_everything(page)
    server = ada.get_by_role("region", name="Mail server function")
    ada.goto(FUNCTION)
    set_up(ada, own_server.port, "guessed")
    expect(ada.get_by_role("alert").filter(has_text="password")).to_be_visible()
    assert not own_server.mails

    set_up(ada, own_server.port, PASSWORD)
    expect(ada.get_by_text("The test mail to ada@example.com was accepted.")).to_be_visible()
    [test_mail] = own_server.wait_for_mail("ada@example.com")
    assert (test_mail.login, test_mail.message["From"]) == (ACCOUNT, "desk@example.org")
    server.get_by_role("button", name="Change over to the mail server function").click()
    expect(server.get_by_role("heading", name="in use")).to_be_visible()
    own_server.clear()
    mailbox.clear()

    try:
        number = create_ticket(
            uma, "Scanner in goods-out reads nothing", customer="Acme", owner="佐藤 愛子 (aiko)"
        )
        change(uma, "Priority", "Priority", "High")
        mails = own_server.wait_for(lambda mails: len(addressed(mails, number)) >= 3, 30)
        # One mail each and a notification a mail; what she changes herself is no news to an agent.
        assert addressed(mails, number) == ["aiko@example.com", "aiko@example.com", "uma@example.com"]
        assert {mail.login for mail in mails} == {ACCOUNT}
        assert not mailbox.mails
        for page in (uma, aiko):
            page.goto("/inbox/?show=all")
            expect_unread(page, 0)
            expect(page.get_by_role("main")).not_to_contain_text(number)
    finally:
        ada.goto(FUNCTION)
        ada.get_by_role("button", name="Change over to the Ops I notification function").click()
    expect(ada.get_by_role("region", name="Ops I notification function")).to_contain_text("in use")


def set_up(ada, port, password):
    """Fill in the mail server's form and send it with a test mail."""
    form = ada.locator("#mail-server")
    form.get_by_role("textbox", name="Server").fill("127.0.0.1")
    form.get_by_label("Port").fill(str(port))
    form.get_by_label("Security").select_option("none")
    form.get_by_label("Authentication").select_option("password")
    form.get_by_role("textbox", name="Account").fill(ACCOUNT)
    form.get_by_label("Password or token").fill(password)
    form.get_by_label("Sender address").fill("desk@example.org")
    form.get_by_role("button", name="Save and send test mail").click()

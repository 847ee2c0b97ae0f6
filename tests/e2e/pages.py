"""What people do on the pages, in the words of the screen: by role and accessible name, as a person finds things."""

import re

from playwright.sync_api import Locator, Page, expect

BELL = re.compile(r"^(Notifications|通知)")
FIVE_SECONDS = 5_000


def sign_in(page: Page, login: str, password: str = "demo") -> None:
    page.goto("/login/")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/login/"))


def open_ticket(page: Page, number: str) -> None:
    page.goto(f"/tickets/{number}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def create_ticket(page: Page, title: str, **choices: str) -> str:
    """Fill in the New ticket page and send it; `choices` are {name of a list: what to choose}. Returns the number."""
    page.goto("/tickets/new/")
    main = page.get_by_role("main")
    main.get_by_role("textbox", name="Title").fill(title)
    main.get_by_role("textbox", name=re.compile("^(Text|Description)")).fill("It began this morning.")
    for name, option in choices.items():
        main.get_by_role("combobox", name=re.compile(f"^{name}", re.IGNORECASE)).first.select_option(
            label=option
        )
    main.get_by_role("button", name="Create ticket").click()
    expect(page).to_have_url(re.compile(r"/tickets/\d{10,}/"))
    page.wait_for_load_state()  # what is pressed before its scripts have run leads to a page and not to a dialog
    found = re.search(r"/tickets/(\d+)/", page.url)
    assert found
    return found[1]


# The bell


def bell(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("link", name=BELL)


def expect_unread(page: Page, count: int, timeout: float = FIVE_SECONDS) -> None:
    """Wait until the bell says `count`, without reloading the page."""
    said = re.compile(rf"(?<!\d){count}(?!\d)") if count else re.compile(r"^\D*$")
    expect(bell(page)).to_have_accessible_name(said, timeout=timeout)


# The Ticket watcher dialog; on a page without script `dialog` is the page


def watch_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Watch", exact=True)


def open_watcher_dialog(page: Page) -> Locator:
    watch_button(page).click()
    dialog = page.get_by_role("dialog", name="Ticket watcher")
    expect(dialog).to_be_visible()
    return dialog


def close_dialog(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def watcher_list(dialog: Locator | Page) -> Locator:
    return dialog.get_by_role("list", name="Watcher list")


def find_people(dialog: Locator | Page) -> Locator:
    return dialog.get_by_role("searchbox", name="Find people")


def add_watcher(dialog: Locator | Page, name: str, search: str = "") -> None:
    """Add the person called `name`, whom typing `search` brings up; "" where they are in sight already."""
    if search:
        find_people(dialog).fill(search)
    dialog.get_by_role("button", name=f"Add {name}").click()
    expect(watcher_list(dialog).get_by_role("listitem").filter(has_text=name)).to_be_visible()


def remove_watcher(dialog: Locator | Page, name: str) -> None:
    dialog.get_by_role("button", name=f"Remove {name}").click()
    expect(watcher_list(dialog).get_by_role("listitem").filter(has_text=name)).to_have_count(0)


# Writing


def begin_note(page: Page, text: str) -> Locator:
    """Open the form of an internal note and fill it in; returns the button that adds it."""
    page.get_by_role("group", name="Actions").get_by_role("link", name="Note").click()
    page.get_by_role("textbox", name="Text").fill(text)
    return page.get_by_role("button", name="Add note")


def begin_reply(page: Page, text: str) -> Locator:
    """Fill in the reply of the Request page; returns the button that sends it."""
    page.get_by_role("textbox", name="Text").fill(text)
    return page.get_by_role("button", name="Send")


def expect_article(page: Page, text: str) -> None:
    expect(page.get_by_role("article").get_by_text(text)).to_be_visible()
    page.wait_for_load_state()


def change(page: Page, action: str, name: str, option: str) -> None:
    """Choose `option` of the list `name` in the dialog that the action bar's `action` opens."""
    page.get_by_role("group", name="Actions").get_by_role("link", name=action, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(name).select_option(label=option)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def read_everything(page: Page) -> None:
    """Mark all in the inbox as read, and stay there."""
    page.goto("/inbox/")
    mark_all = page.get_by_role("button", name=re.compile("Mark all as read|すべて既読"))
    if mark_all.is_visible():
        mark_all.click()
    expect_unread(page, 0)

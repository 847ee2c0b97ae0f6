"""Pictures of the running product: `python -m tests.e2e.screenshots docs/images`. Run by hand when the pages change."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import find
from tests.e2e.pages import add_watcher, find_people, open_ticket, open_watcher_dialog, sign_in
from tests.e2e.stack import Stack

TICKET = "Web shop: payment page stays white on telephones"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        stack = Stack(Path(data))
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        try:
            stack.start()
            take(browser, stack, folder)
        finally:
            stack.stop()
            browser.close()


def take(browser: Browser, stack: Stack, folder: Path) -> None:
    wide, narrow = {"width": 1280, "height": 860}, {"width": 320, "height": 640}
    page = browser.new_page(base_url=stack.base_url, locale="en-GB", viewport=wide)
    sign_in(page, "uma")
    page.goto("/tickets/")
    page.get_by_role("main").get_by_role("link", name=TICKET).click()
    number = page.url.rstrip("/").rpartition("/")[2]
    dialog = open_watcher_dialog(page)
    add_watcher(dialog, "佐藤 愛子", search="aiko")
    find_people(dialog).fill("")
    dialog.get_by_role("button", name="Add Vera Novak").wait_for()
    page.screenshot(path=folder / "zoom-with-watchers.png")
    for login, name, options in (
        ("cora", "request-320", {"viewport": narrow}),
        ("uma", "zoom-dark", {"viewport": wide, "color_scheme": "dark"}),
        ("aiko", "zoom-japanese", {"viewport": wide}),
    ):
        page = browser.new_page(base_url=stack.base_url, locale="en-GB", **options)
        sign_in(page, login)
        open_ticket(page, number)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        page.goto("/inbox/?show=all")
        page.screenshot(path=folder / f"{name}-inbox.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

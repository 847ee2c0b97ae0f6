"""What the tests of a guide share: its pictures, and the desk of the administrator who goes through it.

An ordinary run leaves the pictures in test-results/guide/ to be looked at. To have those of the docs taken anew:

OPSI_RENEW_DOCS=1 bin/test tests/e2e/test_guide.py tests/e2e/test_guide_definitions.py tests/e2e/test_guide_people.py
"""

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page

from notifications.models import WorkerSign
from tests.notifications.test_inbox_in_browser import window  # noqa: F401  (a fixture)
from tests.sweeping import sweep
from tests.waiting import START, minutes

PROJECT = Path(__file__).resolve().parents[2]
OF_THE_DOCS = PROJECT / "docs" / "images" / "guide"
FOLDER = OF_THE_DOCS if os.environ.get("OPSI_RENEW_DOCS") else PROJECT / "test-results" / "guide"
EDGE = 6  # pixels of the page around what is shown


def picture(name: str, first: Locator, last: Locator | None = None) -> None:
    """Take `name`.png of what stands from `first` to `last` on its page."""
    page = first.page
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    boxes = [box for place in (first, last or first) if (box := place.bounding_box())]
    left, top = (min(box[side] for box in boxes) - EDGE for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + EDGE
    foot = max(box["y"] + box["height"] for box in boxes) + EDGE
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=FOLDER / f"{name}.png",
        full_page=True,
        animations="disabled",
        clip={
            "x": max(left, 0),
            "y": max(top, 0),
            "width": right - max(left, 0),
            "height": foot - max(top, 0),
        },
    )


@pytest.fixture(autouse=True)
def worker(time_machine):
    """`worker(minutes)`: so much later a worker has done what there was to do. It is a Monday, nine o'clock."""
    time_machine.move_to(START)

    def work(later=0.0):
        time_machine.shift(minutes(later))
        now = {"heard_at": timezone.now()}
        WorkerSign.objects.update_or_create(pk=WorkerSign.SINGLETON_ID, defaults=now)
        sweep()

    return work


@pytest.fixture
def desk(worker, ada, settings, window):  # noqa: F811
    """ada's browser, on the front page of the admin; mail by the Ops I function reaches people."""
    settings.OPSI_MAIL_REACHES_NOBODY = False
    worker()
    page = window(ada, viewport={"width": 1280, "height": 1000}, timezone_id="UTC")
    page.goto("/admin/")
    return page


def go_to(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()


def subjects(mails) -> list[str]:
    return [mail["Subject"] for mail in mails]

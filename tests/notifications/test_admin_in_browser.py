"""The admin in a browser, as ada uses it: accessible in light and dark, on a phone, in Japanese, without script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from notifications.choices import MailState
from notifications.models import AddressPause, Mail, NotificationFunction
from tests.notifications.test_inbox_in_browser import window  # noqa: F401  (a fixture)
from tests.waiting import mail_server
from watchers.models import PolicyCell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

CUT_OFF = """() => [...document.querySelectorAll("#content :is(input, select, button, p, h1, h2, dd)")].filter(one => {
    const box = one.getBoundingClientRect();
    const scrolls = ".results, .wrapper, .policy-scroll, .scroll-box, .selector, .visually-hidden";
    return box.width && !one.closest(scrolls) && (box.right > 321 || box.left < -1);
}).map(one => one.outerHTML.slice(0, 80))"""


@pytest.fixture
def paths(ticket, uma, ada, everyone, wait):
    """Every admin page of this house's own making, and of Django's one of each sort; each with something on it."""
    AddressPause.objects.pause("lost@example.com", "bounced")
    mail = wait(uma, ticket).mail
    Mail.objects.create(
        address="vera@example.com",
        state=MailState.FAILED,
        closes_at=mail.closes_at,
        finished_at=mail.opened_at,
    )
    mail_server(587, security="tls")
    cell = PolicyCell.objects.first()
    cell.add = "self"
    cell.save()
    return [
        "/admin/",
        "/admin/notifications/notificationfunction/",
        "/admin/notifications/mail/health/",
        "/admin/notifications/definition/plan/",
        "/admin/notifications/mail/?q=uma",
        f"/admin/notifications/mail/{mail.pk}/change/",
        "/admin/notifications/addresspause/",
        "/admin/watchers/policycell/",
        "/admin/watchers/policycell/preset/strict_viewer/",
        f"/admin/watchers/policycell/try/?who=cora&ticket={ticket.number}",
        "/admin/opsi/user/",
        "/admin/opsi/user/import/",
        f"/admin/opsi/user/{uma.pk}/change/",
        "/admin/opsi/auditentry/",
        f"/admin/tickets/queue/{ticket.queue_id}/change/",
        "/admin/tickets/workingcalendar/add/",
    ]


def violations(page, where, **options):
    report = Axe().run(page, options={"resultTypes": ["violations"], **options}).response
    return [f"{where}: {one['id']} {one['nodes'][0]['html'][:150]}" for one in report["violations"]]


def test_nothing_stands_in_anybodys_way(paths, ada, window):  # noqa: F811
    page = window(ada)
    found = []
    for path in paths:
        page.goto(path)
        found += violations(page, path)
        page.emulate_media(color_scheme="dark")
        # In the dark it is the same page in other colours.
        found += violations(page, f"{path} in the dark", runOnly=["color-contrast"])
        page.emulate_media(color_scheme="light")
    assert not found, "\n".join(found)


def test_a_phone_shows_all_of_it_in_japanese_without_scrolling_sideways(paths, ada, window):  # noqa: F811
    ada.language = "ja"
    ada.save()
    page = window(ada, viewport={"width": 320, "height": 640})
    too_wide = []
    for path in paths:
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == "ja"
        width = page.evaluate("document.documentElement.scrollWidth")
        # What is cut off at the edge is as bad: tables scroll in a box of their own, everything else fits.
        cut = page.evaluate(CUT_OFF)
        if width > 320 or cut:
            too_wide.append(f"{path}: {width} px {cut[:3]}")
    assert not too_wide, "\n".join(too_wide)


def test_a_change_over_needs_no_script(paths, ada, window):  # noqa: F811
    page = window(ada, java_script_enabled=False)
    page.goto("/admin/")
    page.get_by_role("main").get_by_role("link", name="Notification function").click()
    page.get_by_label("Change over without a successful test of these settings").check()
    page.get_by_role("button", name="Change over to the mail server function").click()
    expect(page.get_by_role("heading", name="In use: Mail server function")).to_be_visible()
    assert NotificationFunction.load().uses_mail_server


def test_the_health_page_follows_without_being_asked(paths, ada, window):  # noqa: F811
    page = window(ada)
    page.clock.install()
    page.goto("/admin/notifications/mail/health/")
    expect(page.get_by_label("Paused addresses: 1")).to_be_visible()
    AddressPause.objects.all().delete()
    page.clock.run_for(31_000)
    expect(page.get_by_label("Paused addresses: 0")).to_be_visible()

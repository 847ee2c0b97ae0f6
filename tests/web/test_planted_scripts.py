"""Script planted in every text people may write: no page of the product runs it, or even tries to."""

from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import expect

from tests.notifications.conftest import make_definition
from tests.sweeping import sweep
from tests.tickets.test_rich_text import VECTORS
from tickets import uploads
from watchers.models import Watcher

pytestmark = pytest.mark.django_db(transaction=True)

PLANT = "'\"><img src=x: onerror=alert(1)><script>alert(2)</script>{{7*7}}${alert(3)}"
PAGES = ["/tickets/", "/inbox/?show=all", "/watched/", "/preferences/", "/preferences/notifications/",
         "/preferences/watching/",
         "/tickets/?q={plant}", "/tickets/new/?title={plant}", "/nowhere/{plant}/"]  # fmt: skip
OF_TICKET = ["", "watchers/", "watchers/?q={plant}", "articles/2/formatted/", "?article=1"]
OF_AGENTS = ["history/", "told/", "merge/", "articles/new/?kind=reply&article=2", "articles/2/edit/",
             "fields/title/", "fields/queue/"]  # fmt: skip


@pytest.fixture
def visit(browser, live_server, signed_in):
    """`visit(uma, path)` in a window of hers; at the end of the test nothing ran and no policy was broken anywhere."""
    contexts, heard = {}, []

    def window(person, **options):
        context = browser.new_context(base_url=live_server.url, **options)
        session = signed_in(person).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page = context.new_page()
        page.on(
            "dialog", lambda dialog: (heard.append(f"{page.url}: ran {dialog.message}"), dialog.dismiss())
        )
        page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
        context.on(
            "console",
            lambda said: (
                heard.append(f"{page.url}: {said.text}")
                if said.type == "error" and "status of 4" not in said.text
                else None
            ),
        )
        contexts[person, str(options)] = context
        return page

    def go(person, path, **options):
        context = contexts.get((person, str(options)))
        page = context.pages[0] if context else window(person, **options)
        answer = page.goto(path.replace("{plant}", quote(PLANT, safe="")))
        assert answer.status == (404 if "nowhere" in path else 200), path
        return page

    yield go
    for context in contexts.values():
        context.close()
    assert heard == []


@pytest.fixture
def planted(ticket, acme, uma, ada, carl, service_desk):
    """The ticket, with script in every text around it."""
    for person in (uma, ada, carl):
        person.full_name = f"{person.username} {PLANT}"[:150]
        person.save()
    acme.name, service_desk.name = f"Acme {PLANT}"[:100], f"Desk {PLANT}"[:100]
    acme.save()
    service_desk.save()
    ticket.rename(PLANT, by=uma)
    upload = uploads.clean(SimpleUploadedFile(f"{PLANT.replace('/', '')}.txt", b"one line"))
    html = "<p>Formatted</p>" + "".join(VECTORS.values())
    ticket.reply(PLANT, by=uma, subject=PLANT, to=PLANT, html=html, attachments=[upload])
    # As if it had come in before anything was cleaned.
    ticket.articles.filter(number=2).update(html=html.replace("\x00", ""))
    ticket.follow_up(PLANT, by=carl)
    Watcher.objects.watch(ticket, carl, by=uma)
    Watcher.objects.watch(ticket, ada, by=uma)
    make_definition(
        name=PLANT,
        comment=PLANT,
        subject=f"{PLANT} {{{{ticket.title}}}}",
        body=f"{PLANT}{{{{article.body}}}}",
    )
    sweep()
    return ticket


@pytest.mark.parametrize("login", ["uma", "carl"])
def test_it_runs_on_no_page(planted, everyone, visit, login):
    of_ticket = OF_TICKET + (OF_AGENTS if login == "uma" else [])
    for path in [*PAGES, *(f"/tickets/{planted.number}/{page}" for page in of_ticket)]:
        visit(everyone[login], path)


def test_it_runs_on_no_page_of_the_admin(planted, ada, visit):
    from notifications.models import Definition

    definition = Definition.objects.order_by("-pk").first().pk
    names = ["index", "opsi_user_changelist", "opsi_customer_changelist", "tickets_queue_changelist",
             "notifications_definition_changelist", "notifications_definition_rehearsal",
             "notifications_notificationfunction_changelist", "notifications_mail_changelist",
             "watchers_policycell_changelist"]  # fmt: skip
    for name in names:
        visit(ada, reverse(f"admin:{name}"))
    for name in ("change", "history", "delete", "preview", "dry_run"):
        visit(ada, reverse(f"admin:notifications_definition_{name}", args=[definition]))
    visit(ada, reverse("admin:opsi_user_change", args=[ada.pk]))


def test_the_frame_shows_the_text_and_runs_none_of_it(planted, uma, visit):
    page = visit(uma, f"/tickets/{planted.number}/?article=2")
    frame = page.frame_locator("iframe.article-frame")
    expect(frame.get_by_text("Formatted")).to_be_visible()
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None  # of no origin of ours


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_formatted_text_fits_a_small_screen(planted, uma, visit, scheme):
    options = {"viewport": {"width": 320, "height": 640}, "color_scheme": scheme}
    page = visit(uma, f"/tickets/{planted.number}/?article=2", **options)
    expect(page.locator("iframe.article-frame")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_admin_has_an_icon(ada, visit):
    page = visit(ada, "/admin/")
    assert page.request.get("/favicon.ico").status == 200

"""docs/guide/lead.md, gone through as ada does: the two notification functions; and that its pictures are there."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from notifications.models import Definition, MailServer, Notice, NotificationFunction, Preference
from tests.e2e.guide import OF_THE_DOCS, PROJECT, go_to, picture, subjects
from tests.e2e.guide import desk as desk
from tests.e2e.guide import window as window
from tests.e2e.guide import worker as worker
from tests.smtp import use_smtp
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.once]

GUIDE = PROJECT / "docs" / "guide" / "lead.md"
LARGEST = 120_000  # bytes of a picture
FUNCTION = "/admin/notifications/notificationfunction/"
SECRET = "Tr0ub4dor&3"


@pytest.fixture
def ops_i(settings, smtp_server):
    """What leaves by the Ops I function; until `ops_i()` is called, its route has a name that looks well."""
    host, port = smtp_server()
    settings.DEFAULT_FROM_EMAIL = "Ops I <no-reply@ops-i.example>"
    use_smtp(settings, 587)
    settings.MAILERS["opsi"]["OPTIONS"]["host"] = "mail.ops-i.example"

    def begin():
        use_smtp(settings, port)
        return host

    return begin


def fill_in(form, **fields):
    for label, value in fields.items():
        field = form.get_by_label(f"{label.replace('_', ' ')}:", exact=True)
        if label in {"Security", "Authentication"}:
            field.select_option(label=value)
        else:
            field.fill(value)


def test_changing_over_to_ones_own_mail_server_and_back(
    desk,
    worker,
    ops_i,
    smtp_server,
    ticket,
    uma,
    aiko,
    mika,
    window,
):
    own, port = smtp_server(account=("desk@example.com", SECRET))
    worker()
    Watcher.objects.watch(ticket, aiko, by=aiko)
    new_article = Definition.objects.get(name="New article")
    Preference.objects.create(person=aiko, definition=new_article, channel="email", enabled=False)
    desk.goto("/admin/")
    go_to(desk, "Notification function")
    expect(desk.get_by_role("heading", name="In use: Ops I notification function")).to_be_visible()
    picture("lead-functions", desk.locator(".function-pair"))
    change_over = desk.get_by_role("button", name="Change over to the mail server function")
    change_over.click()
    expect(desk.get_by_role("alert")).to_contain_text("The name of the mail server is missing.")

    form = desk.locator("#mail-server")
    fill_in(
        form,
        Server="smtp.example.com",
        Security="STARTTLS (port 587)",
        Authentication="User and password",
        Account="desk@example.com",
        Password_or_token=SECRET,
        Sender_address="desk@example.com",
        Mails_a_minute_at_most="30",
    )
    picture("lead-mail-server", form)
    fill_in(form, Server="127.0.0.1", Security="None (SMTP, port 25)", Port=str(port))
    form.get_by_role("button", name="Save", exact=True).click()
    change_over.click()
    expect(desk.get_by_role("alert")).to_contain_text("Send a test mail first")
    assert not NotificationFunction.load().uses_mail_server
    form.get_by_label("Password or token").fill(SECRET)
    form.get_by_role("button", name="Save and send test mail").click()
    expect(desk.get_by_text("The test mail to ada@example.com was accepted.")).to_be_visible()
    [test] = own.mails
    assert (test["To"], test["From"], own.logins[-1]) == (
        "ada@example.com", "desk@example.com", ("desk@example.com", SECRET),
    )  # fmt: skip

    hosted = ops_i()
    worker(15)
    hosted.mails.clear()
    ticket.note("Told while Ops I is in use.", by=mika)
    worker()
    desk.goto(FUNCTION)
    expect(desk.get_by_role("region", name="Mail server function")).to_contain_text(
        "1 mail waits; it will leave by the mail server."
    )
    change_over.click()
    expect(desk.get_by_text("“Mail server function” is in use now.")).to_be_visible()
    worker(11)
    assert subjects(own["uma@example.com"]) == [f"[{ticket.number}] New article: {ticket.title}"]
    assert hosted.mails == []

    ticket.note("Told by the mail server alone.", by=mika)
    worker()
    assert len(own["uma@example.com"]) == 2
    assert Notice.objects.filter(person=uma).latest("pk").channels == ["email"]
    inbox = window(uma, viewport={"width": 1000, "height": 700}, timezone_id="UTC")
    inbox.goto("/inbox/")
    expect(inbox.get_by_text("new notifications come by e-mail only.")).to_be_visible()
    expect(inbox.locator("#inbox-list > li")).to_have_count(1)
    picture("lead-mail-only", inbox.locator("#inbox"))
    inbox.goto("/preferences/notifications/")
    expect(inbox.get_by_role("columnheader", name="In the app not in use now")).to_be_visible()
    # aiko had chosen the app alone.
    desk.goto(ticket.get_absolute_url())
    told = desk.get_by_role("region", name="Who was notified")
    told.get_by_text("Article added").first.click()
    expect(told).to_contain_text("E-mail: has turned this off")
    expect(told).to_contain_text("In the app: the notification function in use has no such channel")

    desk.goto(FUNCTION)
    desk.get_by_role("button", name="Change over to the Ops I notification function").click()
    expect(desk.get_by_text("“Ops I notification function” is in use now.")).to_be_visible()
    ticket.note("Told by both again.", by=mika)
    worker(11)
    worker(11)
    assert len(own["uma@example.com"]) == 2
    assert len(hosted["uma@example.com"]) == 1
    assert Notice.objects.filter(person=uma).latest("pk").channels == ["in_app", "email"]
    assert MailServer.load().is_tested


def test_within_the_window_one_mail_the_most_severe_first(desk, worker, mail_host, make_ticket, uma):
    desk.goto(FUNCTION)
    combining = desk.locator("#combining")
    combining.get_by_label("Combine notifications within (minutes)").fill("5")
    combining.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("The settings were saved.")).to_be_visible()
    for title, priority in (("Printer jams", "low"), ("Mail stops", "very_high"), ("Disk is full", "high")):
        make_ticket(owner=uma, title=title, priority=priority)
    worker()
    worker(4)
    assert mail_host["uma@example.com"] == []
    worker(2)
    [mail] = mail_host["uma@example.com"]
    assert mail["Subject"].endswith("Mail stops (Total 3 notifications)")
    text = mail.get_body(("plain",)).get_content()
    assert sorted(("Disk is full", "Printer jams", "Mail stops"), key=text.index) == [
        "Mail stops", "Disk is full", "Printer jams",
    ]  # fmt: skip


def test_every_picture_of_the_guide_is_taken_and_there():
    named = re.findall(r"\(\.\./images/guide/([\w-]+)\.png\)", GUIDE.read_text())
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_guide*.py"))
    assert sorted(named) == sorted(re.findall(r'picture\(\s*"(lead-[\w-]+)"', tests))
    sizes = {name: (OF_THE_DOCS / f"{name}.png").stat().st_size for name in named}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}

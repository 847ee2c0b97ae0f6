"""docs/guide/lead.md, gone through as ada does: watcher policy, people, who was told and why not, the first hour."""

import re

import pytest
from playwright.sync_api import expect

from notifications.incidents import watch_over
from notifications.models import AddressPause, Definition, HealthAlarm, Notice, Preference
from notifications.watching import GROUP_MEMBER
from opsi.models import Customer, Group, User
from tests.e2e.guide import desk as desk
from tests.e2e.guide import go_to, picture, subjects
from tests.e2e.guide import window as window
from tests.e2e.guide import worker as worker
from tests.e2e.pages import add_watcher, open_ticket, open_watcher_dialog
from tests.importing.files import csv_of
from tests.waiting import minutes
from tickets.models import Queue
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.once]


def save(page):
    page.get_by_role("button", name="Save", exact=True).first.click()


# 3. Who may set watchers


def test_a_preset_is_looked_at_tried_put_in_force_and_taken_back(
    desk,
    ticket,
    uma,
    aiko,
    vera,
    window,
):
    Watcher.objects.watch(ticket, uma, by=uma)
    go_to(desk, "Watcher policy")
    picture("lead-policy", desk.locator(".policy-presets"), desk.locator(".policy-grid tbody tr").nth(3))
    desk.get_by_role("link", name="Look at “Strict viewer”").click()
    cell = desk.get_by_role("row", name="Viewer (itsm_viewer) Agents")
    expect(cell).to_contain_text("Add: all → themselves")
    desk.get_by_role("link", name="Try it first").click()
    desk.get_by_label("Login of who sets").fill("vera")
    desk.get_by_label("Ticket number").fill(ticket.number)
    desk.get_by_role("button", name="Try").click()
    expect(desk.get_by_text("as if “Strict viewer” were in force")).to_be_visible()
    expect(desk.get_by_role("region", name="May add").get_by_role("listitem")).to_have_text(
        [re.compile("^Vera Viewer")]
    )
    expect(desk.get_by_role("region", name="Sees of those who watch")).to_contain_text(
        re.compile("Uma Ogawa.* – may not remove")
    )
    desk.goto("/admin/watchers/policycell/")
    desk.get_by_role("link", name="Look at “Strict viewer”").click()
    desk.get_by_role("button", name="Switch to “Strict viewer”").click()
    expect(desk.get_by_text("cells of the watcher policy changed.")).to_be_visible()
    dialog = window(vera)
    dialog.goto(f"{ticket.get_absolute_url()}watchers/")
    expect(dialog.get_by_role("button", name="Add Vera Viewer")).to_be_visible()
    expect(dialog.get_by_role("button", name="Add 佐藤 愛子")).to_have_count(0)
    desk.get_by_role("button", name="Put back: Viewer (itsm_viewer) – Agents").click()
    expect(desk.get_by_text("Put back: Viewer (itsm_viewer) – Agents")).to_be_visible()
    dialog.reload()
    expect(dialog.get_by_role("button", name="Add 佐藤 愛子")).to_be_visible()


def test_watching_lets_people_read_until_that_is_turned_off(
    desk,
    make_ticket,
    uma,
    vera,
    signed_in,
    window,
):
    closed = make_ticket(queue=Queue.objects.create(name="Security"), owner=uma)
    Watcher.objects.watch(closed, vera, by=uma)
    page = closed.get_absolute_url()
    assert signed_in(vera).get(page).status_code == 200
    dialog = window(uma)
    dialog.goto(f"{page}watchers/")
    expect(dialog.get_by_text("Reads only because they watch")).to_be_visible()
    go_to(desk, "Watcher settings")
    expect(desk.get_by_text("Off: 1 watch rests (people: 1, tickets: 1).")).to_be_visible()
    desk.get_by_label("Watching grants reading").uncheck()
    save(desk)
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    assert signed_in(vera).get(page).status_code == 404
    dialog.reload()
    expect(dialog.locator(".watcher-mark")).to_have_text("Cannot read this ticket")


def test_a_group_watches_as_one(desk, worker, ticket, uma, aiko, window):
    go_to(desk, "Groups")
    desk.get_by_role("link", name="Add group").first.click()
    desk.locator("#id_name").press_sequentially("Night shift")
    save(desk)
    expect(desk.get_by_text("was added successfully")).to_be_visible()
    aiko.groups.add(Group.objects.get(name="Night shift"))
    page = window(uma)
    open_ticket(page, ticket.number)
    add_watcher(open_watcher_dialog(page), "Night shift", search="night")
    ticket.note("Have a look.", by=uma)
    worker()
    assert Notice.objects.get(person=aiko).reasons == [GROUP_MEMBER]


# 4. People, addresses, and what went wrong


def open_person(page, name):
    page.goto("/admin/opsi/user/")
    page.get_by_role("link", name=name, exact=True).click()


def choose_customer(page, name):
    # Not the plain select beneath, which is a combobox, too, until the script has put its own in its place.
    page.locator(".field-customer .select2-selection").click()
    page.get_by_role("option", name=name).click()


def test_a_switch_of_the_customer_asks_before_it_ends_watches(desk, worker, ticket, uma, cora, borealis):
    Watcher.objects.watch(ticket, cora, by=uma)
    worker()
    open_person(desk, "Cora Castor")
    expect(desk.locator(".field-customer")).to_contain_text("A switch ends 1 watch:")
    choose_customer(desk, "Borealis")
    save(desk)
    assert Watcher.objects.watching().filter(user=cora).exists()
    desk.get_by_label("Switch the customer").check()
    save(desk)
    expect(desk.get_by_text("Cora Castor no longer belongs to Acme")).to_be_visible()
    assert not Watcher.objects.watching().filter(user=cora).exists()
    worker()
    assert Notice.objects.filter(person=cora, event__name="TicketUnsubscribe").exists()


def test_who_was_deleted_is_inherited_by_somebody_new(desk, ticket, uma, cora):
    Watcher.objects.watch(ticket, cora, by=uma)
    open_person(desk, "Cora Castor")
    desk.get_by_role("button", name="Delete", exact=True).click()
    expect(desk.get_by_text("watched tickets: 1")).to_be_visible()
    desk.get_by_role("button", name="Delete this person").click()
    desk.get_by_role("link", name="Add person").first.click()
    for label, value in (("Login", "cora"), ("Name", "Cora Second"), ("E-mail address", "cora@example.com")):
        desk.get_by_label(f"{label}:", exact=True).fill(value)
    choose_customer(desk, "Acme")
    save(desk)
    expect(desk.get_by_text("existed in the past: decide.")).to_be_visible()
    desk.get_by_role("radio", name="Inherit from Cora Castor (cora, Acme").check()
    save(desk)
    expect(desk.get_by_text("Cora Second has taken over what Cora Castor left.")).to_be_visible()
    heir = User.objects.get(username="cora")
    assert heir.full_name == "Cora Second"
    assert Watcher.objects.watching().get(ticket=ticket).user == heir
    cora.refresh_from_db()
    assert cora.username == "cora~1"


def test_who_was_told_who_not_and_why(
    desk,
    worker,
    mail_host,
    ticket,
    mika,
    uma,
    aiko,
    vera,
    cora,
    window,
):
    for person in (aiko, vera, cora):
        Watcher.objects.watch(ticket, person, by=person)
    for channel in ("in_app", "email"):
        Preference.objects.create(
            person=vera, definition=Definition.objects.get(name="New article"), channel=channel, enabled=False
        )
    worker()
    worker(11)
    go_to(desk, "Address pauses")
    desk.get_by_role("link", name="Add address pause").first.click()
    desk.get_by_label("Address:").fill("uma@example.com")
    save(desk)
    expect(desk.get_by_text("was added successfully")).to_be_visible()
    ticket.note("The gateway is full again.", by=mika)
    worker()
    worker(11)
    desk.goto(ticket.get_absolute_url())
    told = desk.get_by_role("region", name="Who was notified")
    act = told.locator("details").first
    act.get_by_text("Article added").click()
    for name, said in (
        ("Mika Manager", "did it themselves"),
        ("Uma Ogawa", "E-mail: their mail is paused"),
        ("Vera Viewer", "has turned this off"),
        ("Cora Castor", "may not see this internal article"),
        ("佐藤 愛子", "aiko@example.com 250 OK"),
    ):
        expect(act.locator(".told-people > li", has_text=name)).to_contain_text(said)
    picture("lead-told", told)

    inbox = window(uma)
    inbox.goto("/inbox/")
    paused = inbox.get_by_role("region", name="E-mail to you is paused")
    paused.get_by_role("button", name="Send a test mail").click()
    expect(inbox.get_by_text("A test mail is on its way to uma@example.com.")).to_be_visible()
    assert subjects(mail_host["uma@example.com"])[-1] == "Test mail to you"
    inbox.get_by_role("button", name="Resume").click()
    expect(inbox.get_by_text("E-mail to you goes on.")).to_be_visible()
    assert not AddressPause.objects.exists()


def test_an_address_that_the_server_refuses(desk, worker, mail_host, ticket, ada, uma, mika):
    mail_host.answers["uma@example.com"] = "550 5.1.1 No such user"
    worker()
    worker(11)
    worker()
    assert Notice.objects.filter(person=ada, event__name="EmailDeliveryFailure").exists()
    assert not AddressPause.objects.exists()
    go_to(desk, "Delivery log")
    desk.get_by_label("Address, person, ticket number").fill("uma@example.com")
    desk.get_by_role("button", name="Search").click()
    failed = desk.get_by_role("row", name="550 5.1.1 No such user")
    expect(failed).to_contain_text("failed")
    failed.get_by_role("link").first.click()
    expect(desk.get_by_text("Usually the address no longer exists")).to_be_visible()
    mail_host.answers.clear()
    desk.get_by_role("button", name="Try again now").click()
    expect(desk.get_by_text("1 mail is tried again now.")).to_be_visible()
    worker()
    assert len(mail_host["uma@example.com"]) == 1


def test_what_is_stuck_stands_above_every_page_and_is_a_ticket(
    desk, worker, mail_host, ticket, ada, uma, signed_in, time_machine
):
    time_machine.shift(minutes(11))
    desk.goto("/admin/opsi/customer/")
    box = desk.get_by_role("region", name="2 things about notifications need you")
    expect(box).to_contain_text("No worker was heard of for more than two minutes.")
    expect(box).to_contain_text("Events wait for more than ten minutes.")
    box.get_by_role("link", name="Notification health").click()
    expect(desk.get_by_label("Events waiting: 1")).to_be_visible()
    picture("lead-health", desk.locator("#health-now > .notice-box"), desk.locator(".figures"))

    watch_over()
    incident = HealthAlarm.load().ticket
    assert (incident.title, incident.queue.name) == ("Nobody is told of what happens on tickets", "System")
    assert signed_in(uma).get(incident.get_absolute_url()).status_code == 404
    worker()
    watch_over()
    worker()
    assert list(Notice.objects.filter(person=ada, ticket=incident).values_list("event__new", flat=True)) == [
        "events", "well",
    ]  # fmt: skip
    incident.refresh_from_db()
    assert incident.state == "resolved"
    desk.goto("/admin/opsi/customer/")
    expect(desk.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    expect(box).to_have_count(0)


# 5. The first hour


def test_the_first_hour_and_a_file_of_customers(desk):
    expect(desk.get_by_text("1 of 5 steps done")).to_be_visible()
    desk.get_by_role("button", name=re.compile("^It is right as it is ?: Watcher policy$")).click()
    expect(desk.get_by_text("2 of 5 steps done")).to_be_visible()
    desk.get_by_role("link", name="Import: Customers").click()
    file = {"name": "customers.csv", "mimeType": "text/csv", "buffer": csv_of("name", "Acme", "Delphi")}
    desk.get_by_label("File:").set_input_files(file)
    desk.get_by_role("button", name="Show what it would do").click()
    expect(desk.get_by_role("status")).to_contain_text("Nothing is saved yet.")
    assert not Customer.objects.exists()
    desk.get_by_role("button", name="Import this").click()
    expect(desk.get_by_text("Imported: 2 new.")).to_be_visible()

"""Typing in the Ticket watcher dialog, taking back, narrowing, and two people at once, in a real browser."""

import pytest
from playwright.sync_api import expect

from opsi.models import Group
from tests.e2e.pages import find_people, open_watcher_dialog, remove_watcher, watch_button, watcher_list
from tests.watchers.test_dialog_in_browser import focused, opened  # noqa: F401  (a fixture)
from watchers.models import Watcher

pytestmark = pytest.mark.django_db(transaction=True)


def selected(page):
    return page.evaluate(
        "(() => { const box = document.activeElement;"
        " return box.id === 'find-people' ? box.value.slice(box.selectionStart, box.selectionEnd) : null })()"
    )


def test_enter_adds_the_first_one_found_and_typing_goes_on(opened, ticket):  # noqa: F811
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    box, rows = find_people(dialog), watcher_list(dialog).get_by_role("listitem")
    # Faster than the answers come: what counts is what is typed.
    box.press_sequentially("carl")
    box.press("Enter")
    expect(rows.filter(has_text="Carl Castor")).to_have_count(1)
    expect(
        dialog.get_by_role("status").filter(has_text="Carl Castor watches this ticket now.")
    ).to_be_visible()
    assert selected(page) == "carl"
    page.keyboard.type("vera")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    assert selected(page) == "vera"
    # The first is who is meant: where they cannot be added nobody else is.
    for typed, reason in (
        ("carl", "Carl Castor: Watches already"),
        ("bo", "Bo Boreal: Belongs to another customer"),
        ("ray", "Ray Requester: Cannot read this ticket"),
        ("zzz", "Nobody to add was found."),
    ):
        box.fill(typed)
        box.press("Enter")
        expect(dialog.get_by_text(reason, exact=True)).to_be_visible()
    expect(rows).to_have_count(2)
    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(watch_button(page)).to_be_focused()
    expect(watch_button(page)).to_contain_text("2")
    assert page.complaints == []


def test_removing_is_taken_back_by_the_button_in_the_message(opened, ticket, uma, cora):  # noqa: F811
    Watcher.objects.watch(ticket, cora, by=cora, until_resolved=True)
    Watcher.objects.watch(ticket, uma, by=uma)
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    remove_watcher(dialog, "Cora Castor")
    expect(dialog.get_by_role("button", name="Remove Uma Ogawa")).to_be_focused()
    dialog.get_by_role("button", name="Undo: Cora Castor watches again").press("Enter")
    expect(dialog.get_by_role("button", name="Remove Cora Castor")).to_be_focused()
    expect(dialog.get_by_text("Cora Castor watches this ticket again, as before.")).to_be_visible()
    expect(watcher_list(dialog)).to_contain_text("until it is resolved")
    assert page.complaints == []


def test_ones_own_watch_is_narrowed_beside_the_switch_and_in_the_dialog(opened, ticket, uma):  # noqa: F811
    Watcher.objects.watch(ticket, uma, by=uma)
    page = opened("uma")
    page.get_by_label("What I am told of").first.click()
    page.get_by_role("button", name="State changes only").press("Enter")
    pressed = page.get_by_role("button", name="State changes only", pressed=True)
    expect(pressed).to_be_focused()
    page.keyboard.press("Escape")
    expect(pressed).to_be_hidden()
    dialog = open_watcher_dialog(page)
    mine = dialog.get_by_role("group", name="What Uma Ogawa is told of")
    mine.get_by_role("button", name="Until it is resolved").press("Enter")
    expect(mine.get_by_role("button", name="Until it is resolved", pressed=True)).to_be_focused()
    expect(page.locator("#watchers-panel")).to_contain_text("state changes only · until it is resolved")
    assert page.complaints == []


def test_two_who_edit_at_once_see_each_other_and_keep_what_they_hold(opened, ticket, uma, aiko, mika):  # noqa: F811
    network = Group.objects.create(name="Network", slug="network")
    network.members.add(aiko)
    Watcher.objects.watch_group(ticket, network, by=mika)
    page = opened("uma")
    dialog = open_watcher_dialog(page)
    watcher_list(dialog).get_by_text("Group, 1 member").click()
    expect(watcher_list(dialog).get_by_role("list", name="Members of Network")).to_contain_text("佐藤 愛子")
    box = find_people(dialog)
    box.fill("castor")
    expect(dialog.get_by_text("2 people found for “castor”")).to_be_visible()
    Watcher.objects.watch(ticket, mika, by=mika)
    expect(dialog.get_by_text("The Watcher list has changed: 2 watchers.")).to_be_visible(timeout=15_000)
    expect(dialog.get_by_role("button", name="Remove Mika Manager")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("castor")
    expect(watcher_list(dialog).get_by_role("list", name="Members of Network")).to_be_visible()
    expect(page.locator("#watch-button")).to_contain_text("2")
    # What she holds goes away under her hand: she stays in the list.
    dialog.get_by_role("button", name="Remove Mika Manager").focus()
    Watcher.objects.unwatch(ticket, mika, by=mika)
    expect(dialog.get_by_text("The Watcher list has changed: 1 watcher.")).to_be_visible(timeout=15_000)
    expect(dialog.get_by_role("button", name="Remove Network")).to_be_focused()
    assert page.complaints == []


def test_the_mark_explains_itself_without_hovering(opened, ticket, ray, mika):  # noqa: F811
    Watcher.objects.watch(ticket, ray, by=mika)
    page = opened("uma")
    panel = page.get_by_role("region", name="Watchers")
    panel.get_by_text("Reads only because they watch").press("Enter")
    expect(panel.get_by_text("Ending this watch takes their access to this ticket away.")).to_be_visible()
    assert focused(page) is not None


def test_groups_and_undoing_work_without_script(opened, ticket, aiko):  # noqa: F811
    Group.objects.create(name="Network", slug="network").members.add(aiko)
    page = opened("uma", "watchers/", java_script_enabled=False)
    page.get_by_label("until it is resolved").check()
    find_people(page).fill("netw")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Add Network").click()
    expect(watcher_list(page)).to_contain_text("Network")
    watcher_list(page).get_by_text("Group, 1 member").click()
    page.get_by_role("link", name="Show who they are").click()
    expect(page.get_by_role("list", name="Members of Network")).to_contain_text("佐藤 愛子")
    page.get_by_role("link", name="Ticket watcher").click()
    page.get_by_role("button", name="State changes only").click()
    expect(page.get_by_text("Network is told of state changes only, until it is resolved.")).to_be_visible()
    page.get_by_role("button", name="Remove Network").click()
    page.get_by_role("button", name="Undo: Network watches again").click()
    watch = Watcher.objects.watching().get()
    assert (watch.until_resolved, watch.only_state_changes) == (True, True)

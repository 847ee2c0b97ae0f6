"""The Watcher policy in the admin: one grid, presets, settings (domain §3)."""

import pytest
from django.contrib.admin.models import LogEntry

from watchers.choices import Extent, SetterKind, TargetKind
from watchers.forms import PolicyForm
from watchers.models import PolicyCell, WatcherSettings
from watchers.presets import Preset, Rule

GRID = "/admin/watchers/policycell/"
SETTINGS = "/admin/watchers/watchersettings/1/change/"


@pytest.fixture
def desk(ada, signed_in):
    return signed_in(ada)


def as_shown(**changes):
    """What a browser sends when ada changes some of the choices: {"itsm_viewer__agent__add": "self"}."""
    form = PolicyForm()
    data = {"seen": form.seen}
    for cell in form.cells:
        for verb, extent in zip(("add", "see", "remove"), cell.rule, strict=True):
            data[f"{cell.setter}-{cell.target}-{verb}"] = extent.value
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


def rule(setter, target):
    return PolicyCell.objects.get(setter=setter, target=target).rule


def test_the_grid_shows_every_cell_with_a_name_of_its_own(desk):
    page = desk.get(GRID)
    assert page.status_code == 200
    assert page.text.count("<select") == len(SetterKind) * len(TargetKind) * 3
    assert 'aria-label="Viewer (itsm_viewer) – Agents: Add"' in page.text


def test_one_save_changes_what_was_changed_and_logs_old_and_new(desk, ada):
    answer = desk.post(
        GRID, as_shown(itsm_viewer__agent__add="self", itsm_viewer__agent__remove="self"), follow=True
    )
    assert "1 cell of the watcher policy changed." in answer.text
    assert rule(SetterKind.VIEWER, TargetKind.AGENT) == Rule(Extent.SELF, Extent.ALL, Extent.SELF)
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.change_message) == (ada, "add: all → self; remove: all → self")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"itsm_user__agent__see": "none"}, "This reaches further than what they see."),
        ({"customer_user__agent__remove": "all"}, "This reaches further than what they see."),
        ({"itsm_user__other_customer__add": "all"}, "Select a valid choice."),
        ({"itsm_user__agent__add": "own"}, "Select a valid choice."),
        ({"itsm_user__agent__add": "everything"}, "Select a valid choice."),
        ({"itsm_user__agent__add": ""}, "This field is required."),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_nothing_is_saved(changes, message, desk):
    before = [cell.rule for cell in PolicyCell.objects.all()]
    answer = desk.post(GRID, as_shown(itsm_viewer__agent__add="self") | as_shown(**changes))
    assert answer.status_code == 422
    assert message in answer.text
    assert "Nothing is saved yet" in answer.text
    assert [cell.rule for cell in PolicyCell.objects.all()] == before


def test_nobody_overwrites_what_another_changed_meanwhile(desk):
    stale = as_shown(itsm_user__agent__remove="own")
    PolicyCell.objects.replace(Preset.STRICT_VIEWER.table)
    answer = desk.post(GRID, stale)
    assert answer.status_code == 422
    assert "Somebody else changed the policy meanwhile." in answer.text
    assert rule(SetterKind.VIEWER, TargetKind.AGENT).add == Extent.SELF
    assert rule(SetterKind.USER, TargetKind.AGENT).remove == Extent.ALL


@pytest.mark.parametrize("data", [{}, {"seen": "x"}, {"itsm_user-agent-add": "\x00"}])
def test_a_broken_form_is_refused(data, desk):
    assert desk.post(GRID, data).status_code == 422


def test_a_preset_says_what_would_change_and_changes_it_on_confirmation(desk):
    address = f"{GRID}preset/customer_manager_decides/"
    page = desk.get(address)
    assert page.text.count('<th scope="row">') == 1
    assert "themselves and whom they added" in page.text
    assert rule(SetterKind.CUSTOMER_USER, TargetKind.OWN_CUSTOMER).remove == Extent.ALL
    assert desk.post(address, follow=True).redirect_chain == [(GRID, 302)]
    assert rule(SetterKind.CUSTOMER_USER, TargetKind.OWN_CUSTOMER).remove == Extent.OWN
    assert LogEntry.objects.get().change_message == "remove: all → own"
    assert "This preset is in force already." in desk.get(address).text
    assert desk.get(f"{GRID}preset/nonsense/").status_code == 404


def test_only_administrators_get_there(mika, vera, cora, signed_in):
    for person in (mika, vera, cora):
        for address in (GRID, f"{GRID}preset/shipped/", SETTINGS):
            assert signed_in(person).get(address).status_code in {302, 403}
            assert signed_in(person).post(address, as_shown()).status_code in {302, 403}


def test_cells_are_neither_added_nor_deleted_nor_changed_alone(desk):
    cell = PolicyCell.objects.first()
    assert desk.get(f"{GRID}add/").status_code == 403
    assert desk.post(f"{GRID}{cell.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get(f"{GRID}{cell.pk}/change/").url == GRID
    assert PolicyCell.objects.count() == 28


def test_the_settings_are_one_form(desk):
    assert desk.get("/admin/watchers/watchersettings/").url == SETTINGS
    assert desk.get(SETTINGS).status_code == 200
    assert desk.post(SETTINGS, {}).status_code == 302
    assert WatcherSettings.load().watching_grants_reading is False
    assert desk.post(SETTINGS, {"watching_grants_reading": "on"}).status_code == 302
    assert WatcherSettings.load().watching_grants_reading is True
    assert WatcherSettings.objects.count() == 1
    assert LogEntry.objects.count() == 2


def test_the_index_leads_to_both(desk):
    page = desk.get("/admin/").text
    assert GRID in page
    assert "/admin/watchers/watchersettings/" in page

"""The Watcher policy in the admin: one grid, presets, settings (domain §3)."""

import pytest
from django.contrib.admin.models import LogEntry

from opsi.audit_entry import AuditEntry
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.forms import PolicyForm
from watchers.models import PolicyCell, Watcher, WatcherSettings
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
    grid = page.text.partition("<tbody>")[2].partition("</table>")[0]
    assert grid.count("<select") == len(SetterKind) * len(TargetKind) * 3
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
    assert page.text.partition('id="content-main"')[2].count('<th scope="row">') == 1
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


# What differs, trying, taking back


def test_what_differs_from_the_nearest_preset_is_marked(desk):
    assert "differs from" not in desk.get(GRID).text
    desk.post(GRID, as_shown(itsm_viewer__agent__add="self"))
    page = desk.get(GRID).text
    assert "1 cell differs from “As shipped”; it is marked in the table." in page
    assert "In “As shipped”: all" in page
    assert page.count("is-different") == 1


class TestTrying:
    """The answers are those of the dialog, since the same code gives them."""

    TRY = f"{GRID}try/"

    @pytest.fixture
    def tried(self, desk):
        """`tried(person, ticket, preset="")`: the trial that ada sees."""

        def ask(person, ticket, preset=""):
            answer = desk.get(self.TRY, {"who": person.username, "ticket": ticket.number, "preset": preset})
            assert answer.status_code == 200
            return answer.context["trial"]

        return ask

    def test_whom_a_setter_may_add_see_and_remove(self, tried, ticket, cora, carl, uma):
        Watcher.objects.watch(ticket, uma, by=uma)
        Watcher.objects.watch(ticket, carl, by=uma)
        trial = tried(cora, ticket)
        assert [shown.person for shown in trial.candidates] == [cora]
        assert [(shown.person, shown.may_remove) for shown in trial.watchers] == [(carl, True)]
        assert trial.hidden == 1

    def test_a_preset_is_tried_before_it_is_in_force(self, tried, ticket, cora, carl, uma):
        Watcher.objects.watch(ticket, carl, by=uma)
        [shown] = tried(cora, ticket, "customer_manager_decides").watchers
        assert (shown.person, shown.may_remove) == (carl, False)
        assert rule(SetterKind.CUSTOMER_USER, TargetKind.OWN_CUSTOMER).remove == Extent.ALL

    def test_who_cannot_read_the_ticket_may_set_nobody(self, desk, ticket, bo):
        answer = desk.get(self.TRY, {"who": "bo", "ticket": ticket.number})
        assert "Cannot read this ticket, so may set nobody on it" in answer.text

    def test_somebody_of_each_kind_is_offered(self, desk, ticket, everyone):
        examples = dict(desk.get(self.TRY, {"ticket": ticket.number}).context["examples"])
        assert set(examples) == set(SetterKind)

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"who": "nobody"}, "who"), ({"who": "\0"}, "who"), ({"ticket": "1"}, "ticket"),
            ({"ticket": "9" * 99}, "ticket"), ({"preset": "x"}, "preset"),
        ],
    )  # fmt: skip
    def test_a_bad_question_is_answered_beside_its_field(self, desk, ticket, asked, field):
        answer = desk.get(self.TRY, asked)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]

    def test_nothing_is_posted_there(self, desk):
        assert desk.post(self.TRY).status_code == 405


class TestTakingBack:
    def entry(self):
        return AuditEntry.objects.filter(kind="watchers.policycell", act="changed").first()

    def undo(self, desk, pk):
        return desk.post(f"{GRID}undo/{pk}/", follow=True)

    def test_a_change_is_put_back_and_recorded(self, desk):
        desk.post(GRID, as_shown(itsm_viewer__agent__add="self"))
        assert "Last changes" in desk.get(GRID).text
        assert "Put back: Viewer (itsm_viewer) – Agents" in self.undo(desk, self.entry().pk).text
        assert rule(SetterKind.VIEWER, TargetKind.AGENT).add == Extent.ALL
        assert list(self.entry().changes) == [["add", "self", "all"]]

    def test_what_was_changed_again_since_is_not(self, desk):
        desk.post(GRID, as_shown(itsm_viewer__agent__add="self"))
        first = self.entry().pk
        desk.post(GRID, as_shown(itsm_viewer__agent__add="none"))
        assert "This was changed again since" in self.undo(desk, first).text
        assert rule(SetterKind.VIEWER, TargetKind.AGENT).add == Extent.NONE

    @pytest.mark.parametrize("pk", [0, 999_999, 10**30])
    def test_an_unknown_one_is_not_found(self, desk, pk):
        assert self.undo(desk, pk).status_code == 404

    def test_no_get_puts_back(self, desk):
        desk.post(GRID, as_shown(itsm_viewer__agent__add="self"))
        assert desk.get(f"{GRID}undo/{self.entry().pk}/").status_code == 405

"""People out of a file: what each line would do, exactly that, and never by laxer rules than on their page."""

import pytest

from opsi.audit_entry import AuditEntry
from opsi.importing.people import CUSTOMERS_IMPORT, PEOPLE_IMPORT
from opsi.importing.running import Standing, dry_run, run
from opsi.models import Customer, Group, User
from tests.importing.files import csv_of, problems_of
from watchers.models import Watcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(db):
    return Group.objects.create(name="Network", slug="network", agent_role="itsm_manager")


def test_the_dry_run_says_what_each_line_does_and_does_nothing(ada, uma, cora, acme, network):
    data = csv_of(
        "login,name,e-mail address,agent role,customer,groups,language",
        "UMA,Uma Ogawa,uma@desk.example,itsm_manager,,Network,日本語",
        "cora,Cora Castor,cora@example.com,,Acme,,",
        "noa,Noa Neu,noa@example.com,Viewer,,,",
        "rex,Rex,,,,,",
    )
    before = list(User.objects.order_by("pk").values())
    report = dry_run(PEOPLE_IMPORT, data, ada)
    changed, same, new, requester = report.lines
    assert [line.standing for line in report.lines] == ["changed", "unchanged", "new", "new"]
    assert changed.changes == [
        ("E-mail address", "uma@example.com", "uma@desk.example"),
        ("Agent role", "Operation Agent (itsm_user)", "Operation Manager (itsm_manager)"),
        ("Groups", "", "Network"),
        ("Language", "English", "日本語"),
    ]
    assert same.changes == []
    assert ("Agent role", "", "Viewer (itsm_viewer)") in new.changes
    assert requester.notes == ["Neither agent role nor customer: a requester."]
    assert list(User.objects.order_by("pk").values()) == before


def test_what_was_shown_is_imported_and_stands_in_the_list_of_changes(ada, uma, acme, network):
    data = csv_of(
        "ログイン名,名前,顧客,グループ", "uma,Uma O.,,network", "新人,新 人,acme,", encoding="cp932"
    )
    report = run(PEOPLE_IMPORT, data, ada, dry_run(PEOPLE_IMPORT, data, ada).fingerprint)
    assert report.is_imported
    uma.refresh_from_db()
    assert (uma.full_name, uma.effective_role, list(uma.groups.all())) == (
        "Uma O.",
        "itsm_manager",
        [network],
    )
    new = User.objects.get(username="新人")
    assert (new.customer, new.has_usable_password(), new.is_active) == (acme, False, True)
    acts = set(AuditEntry.objects.filter(kind="opsi.user").values_list("object_name", "act"))
    assert acts >= {("Uma O.", "changed"), ("新 人", "added")}
    assert not dry_run(PEOPLE_IMPORT, data, ada).does_something


def test_every_mistake_of_every_line_is_said_and_none_of_it_is_imported(ada, uma):
    data = csv_of(
        "login,name,email,role,customer,groups,time zone,active",
        "ok,Okay,,,,,,",
        "a b,,nobody,boss,Nowhere,Night; Day,Mars/Olympus,perhaps",
        "OK,Again,,,,,,",
        ",No login,,,,,,",
        "short,Short",
        "uma,,,itsm_user,,,,yes",
    )
    report = run(PEOPLE_IMPORT, data, ada)
    found = problems_of(report)
    assert sorted(column for column, reason in found[3]) == [
        "Active", "Agent role", "Customer", "E-mail address", "Groups", "Groups", "Login", "Name", "Time zone"
    ]  # fmt: skip
    assert found[4] == [("Login", "“OK” is on line 2 already.")]
    assert [column for column, reason in found[5]] == ["Login"]
    assert found[6] == [("", "It has 2 cells, and the first line has 8.")]
    assert found[7] == [("Name", "This field is required.")]
    assert not report.is_imported
    assert not User.objects.filter(username="ok").exists()


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("login,password", "There is no column “password”."),
        ("login,is_staff", "There is no column “is_staff”."),
        ("login,Login Name,name", "The column “Login” is there twice."),
        ("name,email", "The column “Login” is missing"),
        ("login,,name", "A column has no name."),
    ],
)
def test_columns_that_nobody_knows_are_refused(header, why, ada):
    report = dry_run(PEOPLE_IMPORT, csv_of(header, "x,y,z"), ada)
    assert any(why in problem for problem in report.problems)
    assert not report.lines


def test_an_empty_cell_empties_what_may_be_empty_and_a_missing_column_nothing(ada, uma):
    User.objects.filter(pk=uma.pk).update(language="ja")
    assert run(PEOPLE_IMPORT, csv_of("login,email,language,active", "uma,,,"), ada).is_imported
    uma.refresh_from_db()
    assert (uma.email, uma.language, uma.is_active, uma.agent_role) == ("", "ja", True, "itsm_user")


def test_no_administrator_is_unmade_by_a_file(ada, acme):
    other = User.objects.create_superuser("odo", "demo")
    for line in ("odo,itsm_user,,yes", "odo,itsm_admin,Acme,yes", "odo,itsm_admin,,no", "ada,,,yes"):
        report = run(PEOPLE_IMPORT, csv_of("login,role,customer,active", line), ada)
        assert "administrator" in report.wrong[0].problems[0].reason
    other.refresh_from_db()
    assert other.is_staff


def test_who_becomes_an_administrator_is_said(ada, uma):
    report = dry_run(PEOPLE_IMPORT, csv_of("login,role", "uma,itsm_admin"), ada)
    assert report.lines[0].notes == ["Becomes an administrator."]


def test_somebody_of_the_past_is_decided_about_on_the_page_alone(ada, cora):
    cora.become_past(by=ada)
    for login in ("Cora", "c2"):
        report = run(PEOPLE_IMPORT, csv_of("login,name,email", f"{login},Cora,cora@example.com"), ada)
        assert "existed in the past" in report.wrong[0].problems[0].reason
    assert User.objects.filter(username__iexact="cora").count() == 1


def test_a_switch_that_ends_watches_is_confirmed_and_then_a_switch(ada, cora, borealis, ticket):
    Watcher.objects.watch(ticket, cora, by=cora)
    data = csv_of("login,customer", "cora,Borealis")
    report = run(PEOPLE_IMPORT, data, ada)
    assert not report.is_imported
    assert "A switch ends 1 watch" in report.ending[0].ends
    assert Watcher.objects.watching().filter(user=cora).exists()
    assert run(PEOPLE_IMPORT, data, ada, confirmed=True).is_imported
    assert ticket.events.last().data["why"] == "customer_switched"


def test_what_has_changed_since_it_was_shown_is_not_imported(ada, uma):
    data = csv_of("login,name", "uma,Uma New")
    shown = dry_run(PEOPLE_IMPORT, data, ada).fingerprint
    User.objects.filter(pk=uma.pk).update(full_name="Uma Elsewhere")
    assert not run(PEOPLE_IMPORT, data, ada, shown).is_imported
    uma.refresh_from_db()
    assert uma.full_name == "Uma Elsewhere"


def test_customers_are_known_by_their_names(ada, acme):
    report = dry_run(CUSTOMERS_IMPORT, csv_of("会社,有効", "Acme,いいえ", "ACME,yes", "Delphi,"), ada)
    assert [line.standing for line in report.lines] == [Standing.CHANGED, Standing.WRONG, Standing.NEW]
    assert report.lines[0].changes == [("Active", "Yes", "No")]
    assert run(CUSTOMERS_IMPORT, csv_of("name", '"Delphi\n Works"'), ada).is_imported
    assert Customer.objects.filter(name="Delphi Works", is_active=True).exists()


def test_disabling_somebody_ends_their_sessions(ada, uma):
    stamp = uma.session_stamp
    assert run(PEOPLE_IMPORT, csv_of("login,active", "uma,no"), ada).is_imported
    uma.refresh_from_db()
    assert not uma.is_active
    assert uma.session_stamp != stamp

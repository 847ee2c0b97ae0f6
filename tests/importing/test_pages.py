"""The import as an administrator meets it: a file, what it would do, and that, or nothing."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from opsi.audit_entry import AuditEntry
from opsi.importing.reading import LARGEST
from opsi.models import Customer, User
from tests.importing.files import CUSTOMERS, PEOPLE, QUEUES, SHOWN, bring_in, choose, csv_of
from watchers.models import Watcher

pytestmark = pytest.mark.django_db
LISTINGS = [PEOPLE, CUSTOMERS, QUEUES]


@pytest.fixture
def client(ada, signed_in):
    return signed_in(ada)


@pytest.mark.parametrize("listing", LISTINGS)
def test_it_is_reached_from_the_start_and_from_the_list(client, listing):
    for page in ("/admin/", listing):
        assert f'href="{listing}import/"' in client.get(page).text
    assert f'href="{listing}import/"' not in client.get("/admin/opsi/group/").text


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_template_is_read_back(client, ada, listing, language):
    User.objects.filter(pk=ada.pk).update(language=language)
    template = client.get(f"{listing}import/template/").getvalue()
    answer = choose(client, listing, template + b"x" + b"," * (template.count(b",")) + b"\r\n")
    assert answer.status_code in {200, 422}
    assert answer.context["report"].problems == []


def test_what_is_shown_is_imported_by_whoever_saw_it(client, ada):
    answer = choose(client, CUSTOMERS, csv_of("name", "Acme", "<b>Delphi</b>"))
    assert (answer.status_code, Customer.objects.count()) == (200, 0)
    assert "2 new" in answer.text
    assert "&lt;b&gt;Delphi" in answer.text
    done = bring_in(client, CUSTOMERS, answer)
    assert "Imported: 2 new." in done.text
    assert set(AuditEntry.objects.filter(kind="opsi.customer").values_list("actor", "act")) == {
        (ada.pk, "added")
    }


def test_wrong_lines_offer_nothing_to_import(client):
    answer = choose(client, PEOPLE, csv_of("login,name", "ok,Okay", "a b,Bad"))
    assert answer.status_code == 422
    assert "Import this" not in answer.text
    assert "Letters, digits and" in answer.text
    # Nor is it done for who asks all the same.
    assert bring_in(client, PEOPLE, answer).status_code == 422
    assert not User.objects.filter(username="ok").exists()


def test_a_switch_needs_its_tick(client, cora, borealis, ticket):
    Watcher.objects.watch(ticket, cora, by=cora)
    answer = choose(client, PEOPLE, csv_of("login,customer", "cora,Borealis"))
    refused = bring_in(client, PEOPLE, answer)
    assert (refused.status_code, User.objects.get(pk=cora.pk).customer.name) == (422, "Acme")
    assert "confirm first what would end" in refused.text
    bring_in(client, PEOPLE, refused, confirmed="on")
    assert User.objects.get(pk=cora.pk).customer == borealis


def test_what_has_changed_meanwhile_is_shown_anew(client, uma):
    answer = choose(client, PEOPLE, csv_of("login,name", "uma,Uma New"))
    User.objects.filter(pk=uma.pk).update(full_name="Uma Elsewhere")
    again = bring_in(client, PEOPLE, answer)
    assert again.status_code == 422
    assert "since you looked" in again.text
    assert "Uma Elsewhere" in again.text
    assert "Imported" in bring_in(client, PEOPLE, again).text


def test_what_was_shown_serves_nobody_else_and_nowhere_else(client, signed_in):
    answer = choose(client, CUSTOMERS, csv_of("name", "Acme"))
    other = signed_in(User.objects.create_superuser("odo", "demo"))
    for who, listing in ((other, CUSTOMERS), (client, QUEUES)):
        assert bring_in(who, listing, answer).status_code == 422
    for shown in ("", "x", SHOWN.search(answer.text)[1][:-1]):
        assert client.post(f"{CUSTOMERS}import/run/", {"shown": shown}).status_code == 422
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02" * 999, "This is no text"),
        (b"x" * (LARGEST + 1), "larger than 2 MB"),
        (b"a,b\n1,2", "There is no column"),
    ],
)
@pytest.mark.parametrize("listing", LISTINGS)
def test_what_is_no_such_file_is_refused_beside_its_field(client, listing, data, why):
    answer = choose(client, listing, data)
    assert answer.status_code == 422
    assert why in " ".join(answer.context["form"].errors["file"])


def test_no_file_at_all(client):
    assert client.post(f"{PEOPLE}import/").status_code == 422
    long_name = SimpleUploadedFile("x" * 400 + ".csv", b"name\na")
    assert client.post(f"{CUSTOMERS}import/", {"file": long_name}).status_code in {200, 422}


def test_nothing_in_the_report_is_computed(client):
    answer = choose(client, CUSTOMERS, csv_of("name", "=1+1", "@x"))
    shown = SHOWN.search(answer.text)[1]
    report = client.post(f"{CUSTOMERS}import/report/", {"shown": shown}).getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(report)))
    assert [(row[0], row[1], row[5]) for row in rows[1:]] == [("2", "'=1+1", "'=1+1"), ("3", "'@x", "'@x")]


def test_the_command_does_the_same(tmp_path, capsys):
    file = tmp_path / "c.csv"
    file.write_bytes(csv_of("name", "Acme"))
    call_command("import_csv", "customers", file, "--dry-run")
    assert "Line 2, Acme: new" in capsys.readouterr().out
    assert not Customer.objects.exists()
    call_command("import_csv", "customers", file)
    assert Customer.objects.get().name == "Acme"
    file.write_bytes(csv_of("name,active", "Delphi,yes", "Echo,perhaps"))
    with pytest.raises(CommandError, match="1 wrong, 1 new"):
        call_command("import_csv", "customers", file)
    assert Customer.objects.count() == 1
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_csv", "customers", tmp_path / "none.csv")

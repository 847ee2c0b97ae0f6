"""The import in a browser, as ada uses it: without script, on a phone, nothing in anybody's way."""

import pytest
from playwright.sync_api import expect

from opsi.models import Customer
from tests.importing.files import csv_of
from tests.notifications.test_admin_in_browser import violations
from tests.notifications.test_inbox_in_browser import window  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def chosen(page, data):
    page.get_by_label("File:").set_input_files(
        {"name": "customers.csv", "mimeType": "text/csv", "buffer": data}
    )
    page.get_by_role("button", name="Show what it would do").click()


def test_a_file_is_looked_at_corrected_and_imported_without_script(ada, window):  # noqa: F811
    page = window(ada, java_script_enabled=False, viewport={"width": 320, "height": 640})
    page.goto("/admin/")
    page.get_by_role("link", name="Import: Customers").click()
    chosen(page, csv_of("name,active", "Acme,yes", "Delphi,perhaps"))
    expect(page.get_by_role("alert")).to_contain_text("Nothing can be imported")
    expect(page.get_by_role("row", name="Delphi")).to_contain_text("neither yes nor no")
    chosen(page, csv_of("name,active", "Acme,yes", "Delphi,no"))
    expect(page.get_by_role("status")).to_contain_text("Nothing is saved yet")
    page.get_by_role("button", name="Import this").click()
    expect(page.get_by_text("Imported: 2 new.")).to_be_visible()
    assert sorted(Customer.objects.values_list("name", "is_active")) == [("Acme", True), ("Delphi", False)]


def test_what_it_shows_is_for_everybody(ada, window):  # noqa: F811
    page = window(ada, viewport={"width": 320, "height": 640})
    page.goto("/admin/opsi/customer/import/")
    found = []
    for last, said in (("perhaps", "Nothing can be imported"), ("yes", "Nothing is saved yet")):
        chosen(
            page,
            csv_of("name,active", "An organisation with a long-winded-and-hyphenated name,yes", f"B,{last}"),
        )
        expect(page.get_by_text(said)).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += violations(page, f"{last}, {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert not found, "\n".join(found)

"""The house's own pages for what went wrong."""

import pytest
from django.template.loader import render_to_string


def test_not_found_looks_like_the_rest(signed_in, uma):
    page = signed_in(uma).get("/nowhere/")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert "topbar" in page.text


def test_not_found_without_signing_in_says_as_much(client, db):
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "topbar" not in page.text


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_these_stand_without_request_or_database(name):
    assert "Nothing was changed" in render_to_string(name)


def test_a_host_that_is_not_ours_is_refused(client):
    page = client.get("/login/", headers={"host": "evil.example"})
    assert page.status_code == 400
    assert "could not understand" in page.text

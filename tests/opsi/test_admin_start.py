"""The front page of the admin: pages where they are looked for, with what each is for."""

import pytest
from django.contrib import admin
from django.utils import translation

from opsi.admin_site import sections, without_entry

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def start(ada, signed_in):
    return signed_in(ada).get("/admin/")


def test_every_page_has_its_place_once():
    placed = [
        entry.model for section in sections for entry in section.entries if not isinstance(entry.model, str)
    ]
    assert len(placed) == len(set(placed))
    assert set(placed) | without_entry == set(admin.site._registry)


def test_every_entry_says_what_it_is_for():
    for section in sections:
        for entry in section.entries:
            assert str(entry.purpose).strip(), entry


def test_pages_stand_in_sections_and_not_by_app(start):
    names = [str(section["name"]) for section in start.context["app_list"]]
    assert names[:4] == ["People and customers", "Tickets", "Watchers", "Notifications"]
    assert "Axes" not in start.text
    assert "Failed sign-ins" in start.text
    assert "Where tickets wait for work" in start.text
    assert 'aria-label="Add: Queues"' in start.text


def test_it_leads_back_to_the_tickets_and_out(start):
    assert '<a href="/">Back to the tickets</a>' in start.text
    assert 'action="/admin/logout/"' in start.text


def test_a_page_is_named_and_found_as_on_the_front_page(ada, signed_in):
    page = signed_in(ada).get("/admin/axes/accessattempt/").text
    assert "<h1>Failed sign-ins</h1>" in page
    assert '<a href="/admin/#safety">Signing in and records</a>' in page


def test_the_front_page_costs_few_statements_with_what_stands_above_it(
    ada, signed_in, django_assert_max_num_queries
):
    ada.hides_first_hour = True  # which has its own count
    ada.save()
    client = signed_in(ada)
    with django_assert_max_num_queries(7):
        client.get("/admin/")


def test_in_japanese_nothing_of_it_is_left_in_english():
    with translation.override("ja"):
        for section in sections:
            assert not str(section.name).isascii()
            for entry in section.entries:
                assert not str(entry.purpose).isascii(), entry.purpose

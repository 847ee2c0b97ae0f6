"""What watching shows on the Ticket zoom window: button with number, switch, panel (contract, domain §3)."""

import re

import pytest

from tests.watchers.test_page_watchers import crowd
from watchers.models import PolicyCell, Watcher


@pytest.fixture
def zoom(ticket, everyone, signed_in):
    """`zoom("cora")`: the page's text as cora sees it."""
    return lambda login: signed_in(everyone[login]).get(f"/tickets/{ticket.number}/").text


def number_on_the_button(page):
    return int(
        re.search(r'id="watch-button".*?class="watcher-count" aria-hidden="true">(\d+)<', page, re.DOTALL)[1]
    )


def panel(page):
    return re.search(r'<section id="watchers-panel".*?</section>', page, re.DOTALL)[0]


@pytest.mark.parametrize("login", ["ada", "uma", "vera", "carl", "cora"])
def test_everybody_who_reads_has_button_and_switch(login, zoom):
    page = zoom(login)
    assert number_on_the_button(page) == 0
    assert ">Watch it myself<" in page
    assert "Nobody watches this ticket yet." in panel(page)


def test_the_number_counts_only_whom_the_viewer_sees(zoom, ticket, everyone, uma):
    for login in ("uma", "aiko", "carl", "ray", "bo"):
        Watcher.objects.watch(ticket, everyone[login], by=uma)
    assert {login: number_on_the_button(zoom(login)) for login in ("vera", "cora", "ray")} == {
        "vera": 5,
        "cora": 1,
        "ray": 1,
    }
    assert "Carl Castor" in panel(zoom("cora"))
    assert "Uma Ogawa" not in panel(zoom("cora"))
    assert "Ray Requester" in panel(zoom("ray"))


def test_the_switch_says_what_it_would_do(zoom, ticket, everyone, cora):
    assert ">Watch it myself<" in zoom("cora")
    Watcher.objects.watch(ticket, cora, by=cora)
    page = zoom("cora")
    assert ">Stop watching<" in page
    assert ">Watch it myself<" not in page


def test_the_panel_marks_to_agents_who_reads_only_by_watching_and_who_is_left_over(
    zoom, ticket, everyone, uma
):
    for login in ("ray", "bo", "cora"):
        Watcher.objects.watch(ticket, everyone[login], by=uma)
    marks = re.findall(r'class="watcher-mark"[^>]*>([^<]+)<', panel(zoom("uma")))
    assert marks == ["Reads only because they watch", "Left over"]
    assert "watcher-mark" not in panel(zoom("ray"))


def test_a_long_list_is_cut_short_and_leads_to_the_dialog(zoom, ticket, django_assert_max_num_queries):
    crowd(ticket, 1000)
    page = panel(zoom("uma"))
    assert page.count('class="watcher-person"') == 8
    assert "and 992 more" in page


@pytest.mark.parametrize("login", ["uma", "cora"])
def test_watchers_add_the_same_few_statements_however_many_they_are(
    login, ticket, everyone, signed_in, django_assert_max_num_queries
):
    from django.test import RequestFactory

    from watchers import zoom

    crowd(ticket, 300)
    request = RequestFactory().get("/")
    request.user = everyone[login]
    with django_assert_max_num_queries(6):
        zoom.actions(request, ticket)
        zoom.panel(request, ticket)


def test_every_page_leads_to_my_watched_tickets(uma, signed_in):
    assert 'href="/watched/"' in signed_in(uma).get("/tickets/").text


@pytest.mark.parametrize("part", ["", "history/", "?view=timeline"])
def test_the_history_keeps_from_an_agent_whom_they_may_not_see_watching(
    part, ticket, everyone, uma, signed_in
):
    def page(login):
        return signed_in(everyone[login]).get(f"/tickets/{ticket.number}/{part}").text

    for login in ("aiko", "ray", "vera"):
        Watcher.objects.watch(ticket, everyone[login], by=uma)
    Watcher.objects.unwatch(ticket, everyone["ray"], by=uma)
    assert page("vera").count("Ray Requester") >= 2
    cell = PolicyCell.objects.get(setter="itsm_viewer", target="requester")
    cell.add = cell.see = cell.remove = "none"
    cell.save()
    assert "Ray Requester" not in page("vera")
    assert "佐藤 愛子" in page("vera")
    assert "Ray Requester" in page("uma")

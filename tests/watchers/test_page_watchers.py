"""`/tickets/<number>/watchers/`: the Ticket watcher dialog, whole page and fragment (contract, domain §3)."""

import re

import pytest

from opsi.models import User
from opsi.roles import AgentRole
from watchers.models import Watcher

HTMX = {"HX-Request": "true"}


def address(ticket, login=""):
    return f"/tickets/{ticket.number}/watchers/" + (f"{login}/" if login else "")


def offered(page):
    return re.findall(r'aria-label="Add ([^"]+)"', page)


@pytest.fixture
def dialog(ticket, everyone, uma, signed_in):
    """`dialog(q="…")`: the page as uma sees it."""
    return lambda **query: signed_in(uma).get(address(ticket), query).text


def test_a_whole_page_without_script(ticket, uma, signed_in):
    page = signed_in(uma).get(address(ticket))
    assert page.status_code == 200
    assert "<h1" in page.text
    assert "Ticket watcher" in page.text
    assert '<label class="form-label" for="find-people">Find people</label>' in page.text
    assert 'aria-label="Watcher list"' in page.text
    assert f'href="/tickets/{ticket.number}/"' in page.text


def test_a_fragment_for_the_dialog(ticket, uma, signed_in):
    fragment = signed_in(uma).get(address(ticket), headers=HTMX).text
    assert "<html" not in fragment
    assert '<h2 id="dialog-title">Ticket watcher</h2>' in fragment
    assert 'type="search"' in fragment


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("uma", ["Uma Ogawa"]),
        ("OGAWA", ["Uma Ogawa"]),
        ("ogawa uma", ["Uma Ogawa"]),
        ("cora@EXAMPLE", ["Cora Castor"]),
        ("佐藤", ["佐藤 愛子"]),
        ("佐藤愛子", ["佐藤 愛子"]),
        ("愛子　佐藤", ["佐藤 愛子"]),
        ("castor", ["Carl Castor", "Cora Castor"]),
        ("nobody at all", []),
        ("%", []),
        ("_", []),
        ("\x00uma", ["Uma Ogawa"]),
        ("  ", ["Ada Admin", "Mika Manager", "Uma Ogawa", "Vera Viewer", "佐藤 愛子", "Carl Castor", "Cora Castor"]),
    ],
)  # fmt: skip
def test_people_are_found_by_name_login_and_address(query, names, dialog):
    assert offered(dialog(q=query)) == names


def test_letters_beyond_ascii_are_found_in_either_case(dialog, db):
    User.objects.create_user("emile", "x", full_name="Émile Ångström", agent_role=AgentRole.USER)
    assert offered(dialog(q="émile ÅNGSTRÖM")) == ["Émile Ångström"]


def test_the_number_found_is_announced(dialog):
    assert re.search(
        r'id="watcher-found"[^>]* role="status">2 people found for “castor”<', dialog(q="castor")
    )
    assert "Nobody found for “&lt;b&gt;”" in dialog(q="<b>")


def test_who_watches_already_is_named_so_and_not_offered(dialog, ticket, uma, aiko):
    Watcher.objects.watch(ticket, aiko, by=uma)
    page = dialog(q="佐藤")
    assert offered(page) == []
    assert "Watches already" in page
    assert "Remove 佐藤 愛子" in page


def test_twenty_a_page(dialog, ticket):
    User.objects.bulk_create(
        User(
            username=f"agent{number}",
            full_name=f"Agent {number:02}",
            agent_role="itsm_user",
            effective_role="itsm_user",
        )
        for number in range(45)
    )
    assert len(offered(dialog(q="agent"))) == 20
    last = dialog(q="agent", page=3)
    assert offered(last) == [f"Agent {number:02}" for number in range(40, 45)]
    assert "Page 3 of 3" in last
    assert "45 people found" in last
    for nonsense in ("99999", "0", "-1", "x", "1e9", "٣", "9" * 5000):
        assert offered(dialog(q="agent", page=nonsense))


def test_a_search_by_htmx_answers_with_the_results_alone(ticket, everyone, uma, signed_in):
    headers = HTMX | {"HX-Target": "watcher-candidates"}
    fragment = signed_in(uma).get(address(ticket), {"q": "cora"}, headers=headers).text
    assert offered(fragment) == ["Cora Castor"]
    assert "1 person found" in fragment
    assert "Watcher list" not in fragment


def test_adding_by_htmx_answers_with_all_that_changed(ticket, everyone, uma, signed_in):
    answer = signed_in(uma).post(address(ticket), {"user": "cora", "q": "castor"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Cora Castor watches this ticket now." in answer.text
    assert offered(answer.text) == ["Carl Castor"], "the search goes on where it was"
    assert "Remove Cora Castor" in answer.text
    for outside in ('id="watch-actions" class="watch-actions" hx-swap-oob="true"', 'id="watchers-panel"'):
        assert outside in answer.text
    assert '<span class="watcher-count" aria-hidden="true">1</span>' in answer.text


def test_adding_without_script_leads_back_to_the_search(ticket, everyone, uma, signed_in):
    client = signed_in(uma)
    answer = client.post(address(ticket), {"user": "CORA", "q": "castor", "page": "1"}, follow=True)
    assert answer.redirect_chain == [(f"{address(ticket)}?q=castor&page=1", 303)]
    assert "Cora Castor watches this ticket now." in answer.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_adding_twice_and_removing_twice_are_friendly_and_leave_no_trace(
    headers, ticket, everyone, uma, cora, signed_in
):
    client = signed_in(uma)
    for _time in range(2):
        added = client.post(address(ticket), {"user": "cora"}, headers=headers, follow=True)
        assert added.status_code == 200
    assert "Cora Castor watches this ticket already." in added.text
    for _time in range(2):
        removed = client.delete(address(ticket, "cora"), headers=headers)
        removed = client.get(removed.url) if removed.status_code == 303 else removed
        assert removed.status_code == 200
    assert "Cora Castor does not watch this ticket." in removed.text
    assert ticket.events.count() == 3


def test_agents_are_told_why_not(ticket, everyone, uma, signed_in):
    client = signed_in(uma)
    for login, status, reason in (
        ("bo", 403, "Bo Boreal cannot be added: Belongs to another customer."),
        ("ray", 403, "Ray Requester cannot be added: Cannot read this ticket."),
        ("ghost", 404, "Nobody has the login “ghost”."),
        ("<i>", 404, "Nobody has the login “&lt;i&gt;”."),
        ("", 404, "Nobody has the login “”."),
    ):
        for headers in ({}, HTMX):
            answer = client.post(address(ticket), {"user": login}, headers=headers)
            assert (answer.status_code, reason in answer.text) == (status, True), login
    assert client.delete(address(ticket, "ghost")).status_code == 404
    assert ticket.events.count() == 1


def test_a_left_over_watch_is_marked_to_agents_and_can_be_ended(ticket, everyone, uma, bo, signed_in):
    Watcher.objects.watch(ticket, bo, by=uma)
    client = signed_in(uma)
    assert "Left over" in client.get(address(ticket)).text
    assert client.post(address(ticket), {"user": "bo"}).status_code == 403, "but never set again"
    assert client.delete(address(ticket, "bo")).status_code == 303
    assert not Watcher.objects.watching().exists()


def test_who_reads_only_because_they_watch_is_marked_to_agents(ticket, everyone, uma, ray, cora, signed_in):
    for person in (ray, cora, everyone["aiko"]):
        Watcher.objects.watch(ticket, person, by=uma)
    assert signed_in(uma).get(address(ticket)).text.count("Reads only because they watch") == 1
    for person in (ray, cora):
        assert "Reads only because" not in signed_in(person).get(address(ticket)).text


def test_people_out_of_use_are_marked(ticket, everyone, uma, aiko, vera, signed_in, time_machine):
    for person in (aiko, vera):
        Watcher.objects.watch(ticket, person, by=uma)
    User.objects.filter(pk=aiko.pk).update(is_active=False)
    User.objects.filter(pk=vera.pk).update(is_active=False, deleted_at="2026-01-01T00:00Z")
    page = signed_in(uma).get(address(ticket)).text
    assert ">Disabled<" in page
    assert ">Existed in the past<" in page


def test_removing_oneself_when_that_was_all_leads_to_the_list(ticket, uma, ray, signed_in):
    Watcher.objects.watch(ticket, ray, by=uma)
    answer = signed_in(ray).post(address(ticket, "ray"), {"_method": "delete"})
    assert (answer.status_code, answer.url) == (303, "/tickets/")


@pytest.mark.parametrize("method", ["delete", "put", "patch", "options"])
def test_methods_the_dialog_does_not_have(method, ticket, uma, signed_in):
    assert getattr(signed_in(uma), method)(address(ticket)).status_code == 405


@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
def test_methods_a_watcher_does_not_have(method, ticket, uma, signed_in):
    assert getattr(signed_in(uma), method)(address(ticket, "uma")).status_code == 405


def test_a_get_changes_nothing(ticket, everyone, uma, signed_in):
    signed_in(uma).get(address(ticket), {"user": "cora", "_method": "delete"})
    assert not ticket.watchers.exists()


def test_the_list_comes_in_pages_however_long_it_is(ticket, uma, signed_in, django_assert_max_num_queries):
    crowd(ticket, 1000)
    client = signed_in(uma)
    with django_assert_max_num_queries(25):
        page = client.get(address(ticket)).text
    assert page.count('aria-label="Remove ') == 50
    assert "Page 1 of 20" in page
    assert 'Watcher list <span class="watcher-count">1000</span>' in page
    last = client.get(address(ticket), {"list": "20"}).text
    assert "Remove Person 0999" in last


def crowd(ticket, count):
    """`count` more agents who watch."""
    already = User.objects.filter(username__startswith="person").count()
    people = User.objects.bulk_create(
        User(
            username=f"person{number}",
            full_name=f"Person {number:04}",
            agent_role="itsm_user",
            effective_role="itsm_user",
        )
        for number in range(already, already + count)
    )
    Watcher.objects.bulk_create(Watcher(ticket=ticket, user=person) for person in people)

"""A new ticket can be given watchers at once, under the same policy (domain §3)."""

import pytest

from opsi.models import User
from tickets.models import Ticket
from watchers.models import Watcher


@pytest.fixture
def form(service_desk):
    return {
        "title": "Printer on floor 3",
        "type": "request",
        "queue": service_desk.pk,
        "priority": "low",
        "body": "It jams on every second page.",
    }


def watching():
    return set(Watcher.objects.watching().values_list("user__username", flat=True))


def test_the_form_has_the_field_and_it_works_without_script(form, everyone, uma, signed_in):
    client = signed_in(uma)
    page = client.get("/tickets/new/").text
    assert '<label class="form-label" for="id_watchers">Watchers</label>' in page
    answer = client.post("/tickets/new/", form | {"watchers": "aiko, VERA; mika　uma"})
    assert answer.status_code == 302
    assert watching() == {"aiko", "vera", "mika", "uma"}


def test_chosen_people_come_as_one_field_each(form, everyone, uma, acme, signed_in):
    signed_in(uma).post("/tickets/new/", form | {"watchers": ["cora", "carl", "cora"], "customer": acme.pk})
    assert watching() == {"cora", "carl"}


def test_it_is_one_operation_with_the_registration(form, everyone, uma, signed_in):
    signed_in(uma).post("/tickets/new/", form | {"watchers": "aiko"})
    created, subscribed = Ticket.objects.get().events.all()
    assert (created.name, subscribed.name) == ("TicketCreate", "TicketSubscribe")
    assert created.operation == subscribed.operation


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ("bo", "“bo” cannot be set as a watcher: Belongs to another customer."),
        ("ray", "“ray” cannot be set as a watcher: Cannot read this ticket."),
        ("ghost", "“ghost” cannot be set as a watcher: unknown login."),
        ("<b>", "“&lt;b&gt;” cannot be set as a watcher: unknown login."),
    ],
)
def test_who_cannot_watch_is_said_beside_the_field_and_nothing_is_saved(
    login, reason, form, everyone, uma, signed_in
):
    answer = signed_in(uma).post("/tickets/new/", form | {"watchers": f"aiko, {login}"})
    assert answer.status_code == 422
    assert f'<p class="mb-0">{reason}</p>' in answer.text
    assert "Printer on floor 3" in answer.text, "nothing typed is lost"
    assert "aiko" in answer.text
    assert not Ticket.objects.exists()
    assert watching() == set()


@pytest.mark.parametrize(
    ("setter", "allowed"), [("cora", "carl cora"), ("carl", "carl cora"), ("ray", "ray")]
)
def test_others_than_agents_set_whom_the_policy_lets_them(setter, allowed, form, everyone, signed_in):
    client = signed_in(everyone[setter])
    for login in everyone:
        answer = client.post("/tickets/new/", form | {"title": f"For {login}", "watchers": login})
        assert (answer.status_code == 302) == (login in allowed.split()), login
    assert watching() == set(allowed.split())
    assert Ticket.objects.count() == len(allowed.split())


def test_a_crowd_at_once_is_refused(form, uma, signed_in, db):
    logins = [f"person{number}" for number in range(51)]
    User.objects.bulk_create(
        User(username=login, full_name=login, agent_role="itsm_user", effective_role="itsm_user")
        for login in logins
    )
    answer = signed_in(uma).post("/tickets/new/", form | {"watchers": logins})
    assert answer.status_code == 422
    assert "At most 50 watchers at once." in answer.text


@pytest.mark.parametrize("nonsense", ["\x00", ",,,", " ", "'; DROP TABLE", "a" * 5000, "%"])
def test_nonsense_is_refused_or_ignored(nonsense, form, uma, signed_in):
    assert signed_in(uma).post("/tickets/new/", form | {"watchers": nonsense}).status_code in {302, 422}


def test_suggestions_name_people_and_grey_who_cannot(form, everyone, service_desk, uma, acme, signed_in):
    client = signed_in(uma)
    found = client.get("/watchers/suggestions/", {"watchers": "castor"}).text
    assert "Castor" not in found, "no customer is chosen yet, so nobody of one can read it"
    found = client.get("/watchers/suggestions/", {"watchers": "castor", "customer": acme.pk}).text
    assert 'data-login="carl"' in found
    assert 'data-login="cora"' in found
    assert client.get("/watchers/suggestions/").text.strip() == ""
    for nonsense in ({"queue": "x"}, {"queue": "9" * 30}, {"customer": "-1"}, {"queue": "٣"}, {"q": "\x00"}):
        assert client.get("/watchers/suggestions/", {"q": "a"} | nonsense).status_code == 200


def test_viewers_register_nothing_and_are_suggested_nobody(vera, signed_in):
    assert signed_in(vera).get("/watchers/suggestions/", {"q": "a"}).status_code == 404
    assert signed_in(vera).post("/watchers/suggestions/").status_code == 405


def test_before_there_is_any_queue_nobody_can_read_it_and_nothing_breaks(everyone, uma, signed_in):
    client = signed_in(uma)
    found = client.get("/watchers/suggestions/", {"watchers": "aiko"})
    assert (found.status_code, "Cannot read this ticket" in found.text) == (200, True)
    answer = client.post("/tickets/new/", {"title": "Printer", "watchers": "aiko, mika"})
    assert answer.status_code == 422

"""To others than agents an unknown, a hidden and a forbidden login answer exactly alike (domain §3)."""

import re

import pytest

from opsi.models import User
from watchers.models import PolicyCell, Watcher
from watchers.presets import Preset

SECRET_OF_EACH_ANSWER = re.compile(r'(name="csrfmiddlewaretoken" value|name="csrf-token" content)="[^"]*"')
CSRF_HEADER = re.compile(r'"X-CSRFToken": "[^"]*"')


def body(answer):
    text = SECRET_OF_EACH_ANSWER.sub(r'\1=""', answer.text)
    return CSRF_HEADER.sub('"X-CSRFToken": ""', text)


def what_is_told(answer):
    """All of an answer but what is random in every one."""
    return answer.status_code, body(answer), {name: value for name, value in answer.items() if name != "Vary"}


@pytest.fixture
def cleo(acme):
    """Acme's, but out of use."""
    return User.objects.create_user(
        "cleo", "x", full_name="Cleo Castor", email="cleo@example.com", customer=acme, is_active=False
    )


NOT_FOR_CORA = (
    "nobody",
    "uma",
    "vera",
    "aiko",
    "ray",
    "bo",
    "cleo",
    "UMA",
    "no such login",
    "x" * 300,
    "<b>",
    "%00",
)
by_each_means = pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])


@by_each_means
def test_adding_whom_cora_may_not_know_of(headers, ticket, everyone, cleo, signed_in, uma):
    # vera watches, uma owns it, aiko reads it, ray and bo do not: nothing of that shows.
    Watcher.objects.watch(ticket, everyone["vera"], by=uma)
    client = signed_in(everyone["cora"])
    answers = [
        what_is_told(client.post(f"/tickets/{ticket.number}/watchers/", {"user": login}, headers=headers))
        for login in (*NOT_FOR_CORA, "", "\x00")
    ]
    assert answers[0][0] == 404
    assert answers == answers[:1] * len(answers)
    assert ticket.events.filter(name="TicketSubscribe").count() == 1


@by_each_means
def test_removing_whom_cora_may_not_know_of(headers, ticket, everyone, cleo, signed_in, uma):
    for login in ("vera", "bo", "ray"):
        Watcher.objects.watch(ticket, everyone[login], by=uma)
    client = signed_in(everyone["cora"])
    answers = [
        what_is_told(client.delete(f"/tickets/{ticket.number}/watchers/{login}/", headers=headers))
        for login in NOT_FOR_CORA
        if login != "cleo"
    ]
    assert answers[0][0] == 404
    assert answers == answers[:1] * len(answers)
    assert Watcher.objects.watching().filter(ticket=ticket).count() == 3


@by_each_means
def test_removing_a_colleague_she_sees_but_may_not_remove(headers, ticket, everyone, signed_in, uma):
    PolicyCell.objects.replace(Preset.CUSTOMER_MANAGER_DECIDES.table)
    Watcher.objects.watch(ticket, everyone["carl"], by=uma)
    client = signed_in(everyone["cora"])
    answers = [
        what_is_told(client.delete(f"/tickets/{ticket.number}/watchers/{login}/", headers=headers))
        for login in ("nobody", "uma", "carl", "bo")
    ]
    assert answers == answers[:1] * 4


def test_a_requester_cannot_tell_either(make_ticket, everyone, signed_in, ray):
    ticket = make_ticket(by=ray)
    client = signed_in(ray)
    for answers in (
        [
            client.post(f"/tickets/{ticket.number}/watchers/", {"user": login})
            for login in ("nobody", "uma", "bo")
        ],
        [client.delete(f"/tickets/{ticket.number}/watchers/{login}/") for login in ("nobody", "uma", "bo")],
    ):
        told = [what_is_told(answer) for answer in answers]
        assert told[0][0] == 404
        assert told == told[:1] * 3


@pytest.mark.parametrize("login", ["bo", "ray"])
def test_a_forbidden_ticket_is_an_unknown_one(login, ticket, everyone, signed_in):
    client = signed_in(everyone[login])
    for method, tail, data in (
        ("get", "watchers/", {}),
        ("post", "watchers/", {"user": login}),
        ("delete", f"watchers/{login}/", {}),
        ("post", "watch/", {}),
        ("delete", "watch/", {}),
    ):
        forbidden, unknown = (
            what_is_told(getattr(client, method)(f"/tickets/{number}/{tail}", data))
            for number in (ticket.number, "2020010199999999")
        )
        assert forbidden == unknown
        assert forbidden[0] == 404
    assert not ticket.watchers.exists()


def test_who_added_a_watcher_is_told_only_where_that_person_may_be_known(
    ticket, everyone, signed_in, uma, cora
):
    Watcher.objects.watch(ticket, everyone["carl"], by=uma)
    Watcher.objects.watch(ticket, cora, by=everyone["carl"])
    seen_by_cora = signed_in(cora).get(f"/tickets/{ticket.number}/watchers/").text
    assert "added by Carl Castor" in seen_by_cora
    assert "Uma Ogawa" not in seen_by_cora
    assert "added by Uma Ogawa" in signed_in(everyone["vera"]).get(f"/tickets/{ticket.number}/watchers/").text


@pytest.mark.parametrize("query", ["uma", "example.com", "Ogawa", "o", "bo", "ray", "佐藤", "%", "_", "'"])
def test_a_search_by_a_customer_user_finds_nobody_else(query, ticket, everyone, signed_in):
    page = signed_in(everyone["cora"]).get(
        f"/tickets/{ticket.number}/watchers/", {"q": query}, headers={"HX-Request": "true"}
    )
    hidden = [person for login, person in everyone.items() if login not in {"carl", "cora"}]
    assert not [person for person in hidden if person.full_name in page.text or person.email in page.text]


def test_numbers_count_only_whom_the_viewer_may_see(ticket, everyone, signed_in, uma):
    for login in ("uma", "aiko", "vera", "cora", "bo"):
        Watcher.objects.watch(ticket, everyone[login], by=uma)
    for login, count in (("mika", 5), ("carl", 1), ("cora", 1)):
        answer = signed_in(everyone[login]).get(f"/tickets/{ticket.number}/watchers/")
        assert f'Watcher list <span class="watcher-count">{count}</span>' in answer.text


def test_the_new_ticket_form_cannot_tell_either(everyone, cleo, signed_in, service_desk):
    form = {
        "title": "Printer",
        "type": "request",
        "queue": service_desk.pk,
        "priority": "low",
        "body": "Jammed.",
    }
    client = signed_in(everyone["cora"])
    bodies = set()
    for login in ("nobody", "uma", "bo", "ray", "cleo"):
        answer = client.post("/tickets/new/", form | {"watchers": login})
        assert answer.status_code == 422
        bodies.add(re.sub(f'(“|value="){login}(”|")', r"\1LOGIN\2", body(answer)))
    assert len(bodies) == 1


def test_suggestions_for_a_new_ticket_keep_to_the_policy(everyone, cleo, signed_in, service_desk):
    answer = signed_in(everyone["cora"]).get("/watchers/suggestions/", {"watchers": "a"})
    assert "Carl Castor" in answer.text
    assert not [
        person
        for login, person in everyone.items()
        if login not in {"carl", "cora"} and person.full_name in answer.text
    ]

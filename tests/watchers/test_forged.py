"""Every cell of the policy (domain §3) for each demo person, by page and by forged request, under each preset.

The ticket is Acme's, registered by mika, owned by uma. The tables below are written out by hand, so that they can be
read beside the domain's; nothing here asks the policy what it thinks.
"""

import re

import pytest

from watchers.models import PolicyCell, Watcher
from watchers.presets import Preset

AGENTS = "ada mika uma aiko vera"
ACME = "carl cora"
ALL = "ada mika uma aiko vera carl cora bo ray"
CAN_BE_ADDED = f"{AGENTS} {ACME}"  # ray cannot read it, bo is another customer's

# Who adds whom.
SHIPPED_ADD = {
    "ada": CAN_BE_ADDED,
    "mika": CAN_BE_ADDED,
    "uma": CAN_BE_ADDED,
    "aiko": CAN_BE_ADDED,
    "vera": CAN_BE_ADDED,
    "carl": ACME,
    "cora": ACME,
    "bo": "",
    "ray": "",
}
ADD = {
    Preset.SHIPPED: SHIPPED_ADD,
    Preset.STRICT_VIEWER: SHIPPED_ADD | {"vera": "vera"},
    Preset.CUSTOMER_MANAGER_DECIDES: SHIPPED_ADD,
}
# Whom each sees, and removes, when all nine watch (bo left over, ray reading only because he watches).
SEE = {
    "ada": ALL,
    "mika": ALL,
    "uma": ALL,
    "aiko": ALL,
    "vera": ALL,
    "carl": ACME,
    "cora": ACME,
    "bo": "",
    "ray": "ray",
}
REMOVE = {
    Preset.SHIPPED: SEE,
    Preset.STRICT_VIEWER: SEE | {"vera": "vera"},
    # mika set them all, so cora added nobody herself.
    Preset.CUSTOMER_MANAGER_DECIDES: SEE | {"cora": "cora"},
}

each = pytest.mark.parametrize("setter", ALL.split())
under_each_preset = pytest.mark.parametrize("preset", Preset)
by_each_means = pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])


@pytest.fixture
def everyone(everyone):
    """All nine, with the pages in English for aiko too, since the tests read their words."""
    everyone["aiko"].language = "en"
    everyone["aiko"].save()
    return everyone


@pytest.fixture
def all_watching(ticket, everyone, mika):
    for person in everyone.values():
        Watcher.objects.watch(ticket, person, by=mika)
    return ticket


def watching(ticket):
    return set(Watcher.objects.watching().filter(ticket=ticket).values_list("user__username", flat=True))


def named_by(page, verb, everyone):
    """The logins of the people whom a button of `page` offers to add or remove."""
    by_name = {person.full_name: login for login, person in everyone.items()}
    return {by_name[name] for name in re.findall(f'aria-label="{verb} ([^"]+)"', page)}


def listed_by(page, everyone):
    """The logins in the Watcher list."""
    [found] = re.findall(r'aria-label="Watcher list">(.*?)</ul>', page, re.DOTALL)
    names = re.findall(r'"watcher-name">([^<]+)<', found)
    return {login for login, person in everyone.items() if person.full_name in names}


def refused(setter):
    return 404 if setter in {"carl", "cora", "bo", "ray"} else 403


def expected_answers(allowed, setter):
    return {login: "done" if login in allowed.split() else refused(setter) for login in ALL.split()}


def outcome(answer):
    return "done" if answer.status_code in {200, 303} else answer.status_code


@under_each_preset
@each
@by_each_means
def test_forged_adding(preset, setter, headers, ticket, everyone, signed_in):
    """Guard: watchers.setting._known_person, and _add asks Rights.refusal."""
    PolicyCell.objects.replace(preset.table)
    client = signed_in(everyone[setter])
    answers = {
        login: outcome(client.post(f"/tickets/{ticket.number}/watchers/", {"user": login}, headers=headers))
        for login in ALL.split()
    }
    assert answers == expected_answers(ADD[preset][setter], setter)
    assert watching(ticket) == set(ADD[preset][setter].split())
    assert ticket.events.filter(name="TicketSubscribe").count() == len(ADD[preset][setter].split())


@under_each_preset
@each
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_forged_removing(preset, setter, method, all_watching, everyone, signed_in):
    """Guard: watchers.setting._remove asks Rights.may_remove."""
    PolicyCell.objects.replace(preset.table)
    client = signed_in(everyone[setter])

    def remove(login):
        address = f"/tickets/{all_watching.number}/watchers/{login}/"
        answer = client.delete(address) if method == "DELETE" else client.post(address, {"_method": "delete"})
        return outcome(answer)

    # Themselves last: afterwards some could not read the ticket any more.
    order = sorted(ALL.split(), key=lambda login: login == setter)
    assert {login: remove(login) for login in order} == expected_answers(REMOVE[preset][setter], setter)
    assert watching(all_watching) == set(ALL.split()) - set(REMOVE[preset][setter].split())


@under_each_preset
@each
def test_the_page_shows_and_offers_to_remove_no_more_and_no_less(
    preset, setter, all_watching, everyone, signed_in
):
    PolicyCell.objects.replace(preset.table)
    page = signed_in(everyone[setter]).get(f"/tickets/{all_watching.number}/watchers/")
    if not SEE[setter]:
        assert page.status_code == 404
        return
    assert listed_by(page.text, everyone) == set(SEE[setter].split())
    assert named_by(page.text, "Remove", everyone) == set(REMOVE[preset][setter].split())
    hidden = {person.full_name for login, person in everyone.items() if login not in SEE[setter].split()}
    assert not [name for name in hidden if name in page.text], "nor is anybody else named anywhere on it"


@under_each_preset
@each
def test_the_page_offers_to_add_no_more_and_no_less(preset, setter, ticket, everyone, signed_in):
    PolicyCell.objects.replace(preset.table)
    page = signed_in(everyone[setter]).get(f"/tickets/{ticket.number}/watchers/")
    if page.status_code == 404:
        assert not ADD[preset][setter]
        return
    assert named_by(page.text, "Add", everyone) == set(ADD[preset][setter].split())
    hidden = {
        person.full_name
        for login, person in everyone.items()
        if login not in ADD[preset][setter].split() and login != setter
    }
    assert not [name for name in hidden if name in page.text]


@under_each_preset
@each
def test_whoever_reads_may_watch_it_themselves(preset, setter, ticket, everyone, signed_in):
    PolicyCell.objects.replace(preset.table)
    client = signed_in(everyone[setter])
    answer = client.post(f"/tickets/{ticket.number}/watch/")
    assert outcome(answer) == (404 if setter in {"bo", "ray"} else "done")
    assert watching(ticket) == (set() if setter in {"bo", "ray"} else {setter})


@under_each_preset
def test_a_requester_sets_only_themselves_on_the_ticket_they_created(
    preset, make_ticket, everyone, signed_in, ray
):
    PolicyCell.objects.replace(preset.table)
    ticket, client = make_ticket(by=ray), signed_in(ray)
    answers = {
        login: outcome(client.post(f"/tickets/{ticket.number}/watchers/", {"user": login}))
        for login in ALL.split()
    }
    assert answers == dict.fromkeys(ALL.split(), 404) | {"ray": "done"}
    assert watching(ticket) == {"ray"}


@under_each_preset
@pytest.mark.parametrize("setter", AGENTS.split())
def test_agents_add_a_requester_to_the_ticket_he_reads_by_right(
    preset, setter, make_ticket, everyone, signed_in, ray
):
    PolicyCell.objects.replace(preset.table)
    ticket = make_ticket(by=ray)
    answer = signed_in(everyone[setter]).post(f"/tickets/{ticket.number}/watchers/", {"user": "ray"})
    strict = preset == Preset.STRICT_VIEWER and setter == "vera"
    assert outcome(answer) == (403 if strict else "done")


@under_each_preset
def test_on_a_ticket_without_customer_a_customer_user_sets_only_themselves(
    preset, make_ticket, everyone, signed_in, cora
):
    PolicyCell.objects.replace(preset.table)
    ticket, client = make_ticket(by=cora, customer=None, customer_user=None), signed_in(cora)
    answers = {
        login: outcome(client.post(f"/tickets/{ticket.number}/watchers/", {"user": login}))
        for login in ALL.split()
    }
    assert answers == dict.fromkeys(ALL.split(), 404) | {"cora": "done"}


def test_where_the_customer_manager_decides_a_customer_user_removes_whom_they_added(
    ticket, everyone, signed_in, cora, carl
):
    PolicyCell.objects.replace(Preset.CUSTOMER_MANAGER_DECIDES.table)
    Watcher.objects.watch(ticket, carl, by=cora)
    page = signed_in(cora).get(f"/tickets/{ticket.number}/watchers/").text
    assert named_by(page, "Remove", everyone) == {"carl"}
    assert signed_in(cora).delete(f"/tickets/{ticket.number}/watchers/carl/").status_code == 303
    assert watching(ticket) == set()


def test_an_agent_without_write_sees_whom_they_cannot_add_greyed_with_the_reason(
    ticket, everyone, signed_in, service_desk
):
    service_desk.grants.filter(role="itsm_viewer").update(role="itsm_manager")
    service_desk.grants.filter(role="itsm_user").delete()
    # mika reads now as a manager, without write; aiko and vera do not read at all.
    page = signed_in(everyone["mika"]).get(f"/tickets/{ticket.number}/watchers/").text
    assert named_by(page, "Add", everyone) == {"ada", "mika", "uma", "carl", "cora"}
    assert page.count("Cannot read this ticket") == 2
    answer = signed_in(everyone["mika"]).post(f"/tickets/{ticket.number}/watchers/", {"user": "aiko"})
    assert answer.status_code == 403
    assert "佐藤 愛子 cannot be added: Cannot read this ticket." in answer.text
    # uma owns it and so has write: her adding opens it to them.
    page = signed_in(everyone["uma"]).get(f"/tickets/{ticket.number}/watchers/").text
    assert named_by(page, "Add", everyone) == {"ada", "mika", "uma", "aiko", "vera", "carl", "cora"}
    assert (
        signed_in(everyone["uma"]).post(f"/tickets/{ticket.number}/watchers/", {"user": "aiko"}).status_code
        == 303
    )
    assert signed_in(everyone["aiko"]).get(f"/tickets/{ticket.number}/watchers/").status_code == 200

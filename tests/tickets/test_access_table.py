"""Who may do what with which ticket: domain §1 as one table, and the pages hold to it.

Columns are people on Acme's ticket, which mika registered: uma owns it, or nobody does ("aiko" has but her queue);
"watching ray" only watches; "creating ray" registered a ticket without a customer himself.
"""

import pytest

from tickets import access
from watchers.models import Watcher

PEOPLE = ("ada", "mika", "uma", "aiko", "vera", "carl", "cora", "bo", "ray", "watching ray", "creating ray")
READ = "ada mika uma aiko vera carl cora watching creating"
WORK = "ada mika uma aiko"
TALK = "carl cora creating"
TABLE = {
    "read": READ,
    "note": WORK,
    "reply": WORK,
    **{verb: WORK for verb in access.VERBS if verb.startswith("change_")},
    "edit_article": WORK,
    "delete_article": WORK,
    "merge": WORK,
    "link": WORK,
    "split": WORK,
    "delete": WORK,
    "restore": "ada",
    "follow_up": TALK,
}


@pytest.fixture
def asked(everyone, ticket, make_ticket):
    """{column: (person, ticket)}."""
    ray = everyone["ray"]
    watched, created = make_ticket(title="Watched"), make_ticket(title="Created", by=ray)
    Watcher.objects.watch(watched, ray, by=everyone["uma"])
    return {
        **{login: (person, ticket) for login, person in everyone.items()},
        "watching ray": (ray, watched),
        "creating ray": (ray, created),
    }


def test_the_table(asked):
    names = {column: column.split()[0] for column in PEOPLE}
    held = {
        verb: " ".join(
            names[column] for column in PEOPLE if access.may(asked[column][0], verb, asked[column][1])
        )
        for verb in access.VERBS
    }
    for verb, allowed in held.items():
        marks = " ".join(f"{'x' if names[column] in allowed.split() else '.':^12}" for column in PEOPLE)
        print(f"{verb:<26}{marks}")
    assert held == TABLE


@pytest.mark.parametrize("column", PEOPLE)
def test_all_verbs_at_once_are_the_verbs_one_by_one(asked, column):
    person, ticket = asked[column]
    one_by_one = {verb for verb in access.VERBS if access.may(person, verb, ticket)}
    if "read" in one_by_one:
        assert access.verbs_of(person, ticket) == one_by_one


PAGES = {
    "read": "",
    "note": "articles/new/?kind=note",
    "reply": "articles/new/?kind=reply",
    "change_state": "fields/state/",
    "change_owner": "fields/owner/",
    "change_queue": "fields/queue/",
    "change_customer": "fields/customer/",
    "edit_article": "articles/1/edit/",
    "delete_article": "articles/1/delete/",
    "merge": "merge/",
    "link": "links/",
    "delete": "delete/",
}


@pytest.mark.parametrize("column", PEOPLE)
def test_the_pages_say_the_same(asked, signed_in, column):
    person, ticket = asked[column]
    client = signed_in(person)
    readable = access.may(person, "read", ticket)
    for verb, page in PAGES.items():
        allowed = access.may(person, verb, ticket)
        expected = 200 if allowed else 403 if readable else 404
        assert client.get(f"/tickets/{ticket.number}/{page}").status_code == expected, verb


def test_a_deleted_ticket_is_the_administrators_alone(asked, uma):
    for person, ticket in asked.values():
        ticket.remove(by=uma)
        may = {verb for verb in access.VERBS if access.may(person, verb, ticket)}
        assert may == ({"restore"} if person.username == "ada" else set())

"""No page, article, search, filter or sorting tells another customer's words, internal or hidden ones (domain §1)."""

from itertools import product

import pytest

from tests.tickets.segregation import (
    ACME,
    ALL,
    BOREALIS,
    FORBIDDEN,
    LEAVES,
    NOBODYS,
    RAYS,
    UNKNOWN,
    address,
    alike,
    parts_of,
    patterns,
    told,
    words_in,
)
from tickets.models import Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_page_tells_a_word(login, world, signed_in):
    client = signed_in(world.people[login])
    found = {}
    walked = 0
    for ticket in world.tickets.values():
        parts = parts_of(ticket, world, login)
        for name, parameters in patterns():
            if name in LEAVES:
                continue
            url = address(name, parameters, parts)
            for headers in ({}, {"HX-Request": "true"}):
                answer = client.get(url, headers=headers)
                walked += 1
                assert answer.status_code < 500, url
                if leaked := words_in(told(answer), FORBIDDEN[login]):
                    found[url] = leaked
    assert found == {}
    assert walked > 5 * 2 * 40


@pytest.mark.parametrize("login", FORBIDDEN)
def test_every_article_of_every_ticket(login, world, signed_in):
    """Each number, each file: also those that are internal in a ticket one may read."""
    client = signed_in(world.people[login])
    for ticket in world.tickets.values():
        for article in ticket.articles.all():
            base = f"/tickets/{ticket.number}/"
            urls = [
                f"{base}?article={article.number}",
                f"{base}articles/{article.number}/",
                f"{base}articles/new/?kind=reply&article={article.number}",
                *(
                    f"{base}articles/{article.number}/attachments/{file.key}/"
                    for file in article.attachments.all()
                ),
            ]
            for url in urls:
                assert words_in(told(client.get(url)), FORBIDDEN[login]) == [], url


SEARCHES = (
    ("/tickets/", ("q",)), ("/inbox/", ("q",)), ("/watchers/suggestions/", ("q", "watchers")),
    ("/tickets/customer-users/", ("customer_user",)), ("/watched/", ("q", "view")),
)  # fmt: skip


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_search_finds_or_counts_a_word(login, world, signed_in):
    """Half of a word that is somebody's answers as half of one that is nobody's; so does a whole number."""
    client = signed_in(world.people[login])
    asked = {word[:5] for word in FORBIDDEN[login]} - {
        word[:5] for word in ACME + BOREALIS if login == "vera"
    }
    if login in {"carl", "cora"}:
        asked -= {"Yggdr"}
    asked |= {ticket.number for ticket in world.forbidden_to(login)}
    dialog = f"/tickets/{world.tickets[world.readable_by(login)].number}/watchers/"
    for path, names in (*SEARCHES, (dialog, ("q",))):
        for name, half in product(names, sorted(asked)):
            nothing = UNKNOWN if half.isdecimal() else NOBODYS[: len(half)]
            for more in ({}, {"state": "any", "sort": "title", "show": "all"}):
                told_half = alike(client.get(path, {name: half, **more}), [half])
                told_nothing = alike(client.get(path, {name: nothing, **more}), [nothing])
                assert told_half == told_nothing, (path, name, half)


FILTERS = {
    "state": ["any", "open", "complete", "unfinished", "new"],
    "priority": ["very_high", "medium"],
    "type": ["request"],
    "sort": [
        sign + key
        for key in ("number", "title", "state", "priority", "created", "changed")
        for sign in ("", "-")
    ],
    "page": ["1", "2", "999"],
    "show": ["all", "unread", "done", "saved", "snoozed"],
    "severity": ["critical", "information"],
    "reason": ["watchers", "owner"],
    "view": ["all", "pending", "reminder"],
    "older": ["2030-01-01T00:00:00+00:00_999999"],
    "list": ["1", "2"],
    "before": ["999999"],
}


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_filter_and_no_sorting_tells_a_word(login, world, signed_in):
    client = signed_in(world.people[login])
    rows = {
        "queue": Queue.objects.all(),
        "customer": {ticket.customer for ticket in world.tickets.values()} - {None},
    }
    choices = FILTERS | {name: [str(row.pk) for row in found] for name, found in rows.items()}
    choices["owner"] = ["mine", "nobody", str(world.people["uma"].pk), str(world.people["mika"].pk)]
    for path in ("/", "/tickets/", "/inbox/", "/watched/"):
        for name, values in choices.items():
            for value in values:
                answer = client.get(path, {"state": "any", name: value})
                assert words_in(told(answer), FORBIDDEN[login]) == [], (path, name, value)


def test_the_walk_itself_finds_the_words_for_those_who_may_read_them(world, signed_in):
    """Else it would find nothing because nothing is there."""
    seen = {}
    for login in ("mika", "carl", "bo", "ray"):
        client, texts = signed_in(world.people[login]), []
        for ticket in world.tickets.values():
            base = f"/tickets/{ticket.number}/"
            texts += [
                told(client.get(f"{base}?article={article.number}")) for article in ticket.articles.all()
            ]
            texts += [told(client.get(f"{base}{tail}")) for tail in ("history/", "watchers/")]
        seen[login] = set(
            words_in("\n".join([*texts, told(client.get("/tickets/?state=any"))]), sum(ALL, ()))
        )
    assert seen["mika"] == set(sum(ALL, ()))
    assert seen["carl"] == set(ACME)
    assert seen["ray"] == set(RAYS)
    assert set(BOREALIS) - {"Zanzinote", "Zanziearlier", "zanzilogin"} <= seen["bo"]

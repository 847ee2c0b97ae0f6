"""A forbidden ticket, article or person answers as one that never was, and no number counts them (domain §1)."""

import uuid
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import unsubscribing
from tests.sweeping import sweep
from tests.tickets.segregation import (
    ECHOED,
    FORBIDDEN,
    NOBODYS,
    OUTSIDE,
    address,
    alike,
    nowhere,
    parts_of,
    patterns,
    told,
    words_in,
)
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock"), pytest.mark.once]


@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
@pytest.mark.parametrize("login", FORBIDDEN)
def test_a_forbidden_ticket_answers_as_one_that_never_was(login, method, world, signed_in):
    """To every method, on every page, byte for byte, with the same number of statements, and nothing is changed."""
    client = signed_in(world.people[login])
    for ticket in world.forbidden_to(login):
        there = parts_of(ticket, world, login)
        unknown = there | nowhere()
        before = Ticket.objects.values().get(pk=ticket.pk), ticket.events.count()
        for name, parameters in patterns():
            if not {"number", "row"} & set(parameters):
                continue
            answers, statements = [], []
            for parts in (there, unknown):
                url = address(name, parameters, parts)
                with CaptureQueriesContext(
                    connection,
                ) as asked:
                    answer = getattr(client, method)(url)
                answers.append(alike(answer, [parts[key] for key in parameters if key in ECHOED]))
                statements.append(len(asked))
            assert answers[0] == answers[1], (name, method)
            assert statements[0] == statements[1], (name, method)
            assert answers[0][0] in {403, 404, 405} or method == "options", (name, method)
        assert (Ticket.objects.values().get(pk=ticket.pk), ticket.events.count()) == before


@pytest.mark.parametrize("login", ["carl", "cora"])
def test_an_internal_article_answers_as_one_that_never_was(login, world, signed_in):
    client, ticket = signed_in(world.people[login]), world.tickets["acme"]
    internal = ticket.articles.get(visible_for_customer=False)
    file = internal.attachments.get()
    base = f"/tickets/{ticket.number}/"
    for method, address_of in product(
        ("get", "post", "delete"),
        (
            lambda number, key: f"{base}articles/{number}/",
            lambda number, key: f"{base}articles/{number}/edit/",
            lambda number, key: f"{base}articles/{number}/delete/",
            lambda number, key: f"{base}articles/{number}/waiting/",
            lambda number, key: f"{base}articles/{number}/attachments/{key}/",
            lambda number, key: f"{base}?article={number}",
        ),
    ):
        answers = [
            alike(getattr(client, method)(address_of(number, key)), [key])
            for number, key in ((internal.number, file.key), (987, uuid.UUID(int=9)))
        ]
        assert answers[0] == answers[1], address_of(0, 0)


def test_a_count_of_articles_counts_only_those_one_sees(world, signed_in):
    ticket = world.tickets["acme"]
    seen, there = ticket.articles.filter(visible_for_customer=True).count(), ticket.articles.count()
    assert seen < there
    assert (
        f'<span class="count">{seen}</span>'
        in signed_in(world.people["cora"]).get(f"/tickets/{ticket.number}/").text
    )
    assert (
        f'<span class="count">{there}</span>'
        in signed_in(world.people["uma"]).get(f"/tickets/{ticket.number}/").text
    )


@pytest.mark.parametrize("login", OUTSIDE)
def test_the_badge_and_its_etag_move_only_with_what_one_may_read(login, world, signed_in):
    client = signed_in(world.people[login])
    before = alike(client.get("/inbox/badge/"))
    for ticket in world.forbidden_to(login):
        ticket.reply("More of it.", by=world.people["mika"])
        ticket.note("More within.", by=world.people["mika"])
    world.tickets[world.readable_by(login)].note("Within.", by=world.people["mika"])
    sweep()
    assert alike(client.get("/inbox/badge/")) == before


@pytest.mark.parametrize("login", OUTSIDE)
def test_adding_tells_nothing_of_who_there_is_and_who_watches(login, world, signed_in):
    """Whoever is hidden answers as nobody does, watching already or not; also while ending a watch."""
    client = signed_in(world.people[login])
    ticket = world.tickets[world.readable_by(login)]
    hidden = ["uma", "vera", "aiko", "ada", NOBODYS]
    hidden += ["bo", "zanzilogin"] if login in {"carl", "cora", "ray"} else ["carl", "cora"]
    dialog = f"/tickets/{ticket.number}/watchers/"
    added = [alike(client.post(dialog, {"user": one})) for one in hidden]
    assert added == added[:1] * len(added)
    removed = [alike(client.delete(f"{dialog}{one}/")) for one in hidden]
    assert removed == removed[:1] * len(removed)
    assert added[0][0] == removed[0][0] == 404


def test_a_mute_link_tells_no_more_than_the_number(world, client):
    """Of a ticket that went to another customer since the mail."""
    path = unsubscribing.path_for(world.people["carl"].pk, world.tickets["switched"].pk)
    assert words_in(told(client.get(path)), FORBIDDEN["carl"]) == []

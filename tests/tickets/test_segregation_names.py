"""No mail tells what its reader may not see; and where agents go by a neutral name, nothing says theirs (domain §1)."""

from itertools import product

import pytest

from opsi.models import NamingSettings
from tests.sweeping import sweep
from tests.tickets.segregation import (
    AGENTS,
    FORBIDDEN,
    LEAVES,
    NOBODYS,
    OUTSIDE,
    address,
    alike,
    all_of,
    parts_of,
    patterns,
    told,
    words_in,
)
from tests.waiting import minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("login", FORBIDDEN)
def test_no_mail_tells_a_word(login, world, clock, mail_host):
    clock.shift(minutes(10))
    sweep()
    mails = mail_host[f"{login}@example.com"]
    assert mails or login == "bo"
    for mail in mails:
        assert words_in(all_of(mail), FORBIDDEN[login]) == []


@pytest.fixture
def neutral(world):
    NamingSettings(neutral_agents=True).save()
    return world


@pytest.mark.parametrize("login", OUTSIDE)
def test_no_page_names_an_agent(login, neutral, signed_in):
    client = signed_in(neutral.people[login])
    found, texts = {}, []
    for ticket in neutral.tickets.values():
        parts = parts_of(ticket, neutral, login)
        urls = [address(name, parameters, parts) for name, parameters in patterns() if name not in LEAVES]
        urls += [f"/tickets/{ticket.number}/?article={article.number}" for article in ticket.articles.all()]
        for url in urls:
            text = told(client.get(url))
            texts.append(text)
            if leaked := words_in(text, AGENTS):
                found[url] = leaked
    assert found == {}
    assert "Service desk" in "".join(texts)


@pytest.mark.parametrize("login", OUTSIDE)
def test_no_mail_names_an_agent(login, neutral, clock, mail_host):
    clock.shift(minutes(10))
    sweep()
    for mail in mail_host[f"{login}@example.com"]:
        assert words_in(all_of(mail), AGENTS) == []


@pytest.mark.parametrize("login", OUTSIDE)
def test_no_search_goes_by_an_agents_name(login, neutral, signed_in):
    client = signed_in(neutral.people[login])
    dialog = f"/tickets/{neutral.tickets[neutral.readable_by(login)].number}/watchers/"
    for path, half in product(
        ("/tickets/", "/inbox/", "/watchers/suggestions/", dialog), ("Ogawa", "mika", "Viewe")
    ):
        nothing = NOBODYS[: len(half)]
        assert alike(client.get(path, {"q": half}), [half]) == alike(
            client.get(path, {"q": nothing}), [nothing]
        )


def test_with_the_switch_off_and_to_agents_they_have_their_names(world, signed_in):
    page = f"/tickets/{world.tickets['acme'].number}/"
    assert "Uma Ogawa" in signed_in(world.people["carl"]).get(page).text
    NamingSettings(neutral_agents=True).save()
    assert "Uma Ogawa" in signed_in(world.people["vera"]).get(page).text

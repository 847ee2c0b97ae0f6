"""The timeline of a ticket: articles and changes in one, newest first, as far as one may know of them."""

import re

import pytest

from opsi.models import NamingSettings
from tickets.models import Reading
from tickets.operations import operation
from watchers.models import PolicyCell, Watcher


@pytest.fixture
def lived_through(ticket, uma, mika, cora):
    """Created with #1, #2 an internal note, taken on, #3 a reply, pending, #4 cora's follow-up, made urgent."""
    ticket.note("The gateway's disk is full, do not tell them.", by=uma)
    ticket.change_state("in_progress", by=uma)
    ticket.reply("We are on it.", by=uma)
    ticket.change_responsible(mika, by=uma)
    ticket.follow_up("Thank you.", by=cora)
    ticket.change_priority("very_high", by=mika)
    return ticket


def timeline(client, ticket, tail=""):
    return client.get(f"/tickets/{ticket.number}/?view=timeline{tail}")


def told(page):
    return [
        f"#{entry.article.number}" if entry.article else entry.line.event.name
        for entry in page.context["chronicle"].entries
    ]


def test_what_was_said_and_what_was_changed_newest_first(lived_through, vera, signed_in):
    page = timeline(signed_in(vera), lived_through)
    assert told(page) == [
        "TicketPriorityUpdate", "#4", "TicketResponsibleUpdate", "#3", "TicketStateUpdate", "#2", "TicketCreate", "#1",
    ]  # fmt: skip
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
    assert re.search(r"Priority changed Medium → to Very high Mika Manager", text)
    assert "do not tell them" in text


def test_customers_read_of_it_what_their_page_tells(lived_through, cora, signed_in):
    page = timeline(signed_in(cora), lived_through)
    assert told(page) == ["TicketPriorityUpdate", "#4", "#3", "TicketStateUpdate", "TicketCreate", "#1"]
    assert "do not tell them" not in page.text
    assert "Customer sees it" not in page.text
    assert "Responsible" not in page.text


def test_that_nobody_was_told_is_for_agents_to_know(lived_through, uma, cora, signed_in):
    with operation(uma, quiet=True):
        lived_through.change_state("pending", by=uma)
    assert "nobody was told" in timeline(signed_in(uma), lived_through).text
    assert "nobody was told" not in timeline(signed_in(cora), lived_through).text


def test_agents_go_by_the_neutral_name_there_too(lived_through, mika, uma, cora, carl, signed_in):
    NamingSettings(neutral_agents=True, neutral_name="Acme's helpdesk").save()
    lived_through.change_owner(mika, by=uma)
    page = timeline(signed_in(cora), lived_through)
    assert told(page)[0] == "TicketOwnerUpdate"
    assert "Uma Ogawa" not in page.text
    assert "Mika Manager" not in page.text
    assert "Acme&#x27;s helpdesk" in page.text
    assert "Uma Ogawa" in timeline(signed_in(uma), lived_through).text


def test_watches_of_people_one_may_not_see_are_no_part_of_it(lived_through, ray, uma, mika, signed_in):
    Watcher.objects.watch(lived_through, ray, by=uma)
    names = told(timeline(signed_in(mika), lived_through))
    assert names[0] == "TicketSubscribe"
    cells = PolicyCell.objects.filter(setter="itsm_manager", target="requester")
    cells.update(add="none", see="none", remove="none")
    assert "TicketSubscribe" not in told(timeline(signed_in(mika), lived_through))


def test_long_ones_come_in_pages_without_gap_or_repetition(ticket, uma, cora, signed_in):
    for number in range(2, 42):
        ticket.note(f"Note {number}", by=uma)
        ticket.change_state("open" if number % 2 else "in_progress", by=uma)
    client, tail, seen = signed_in(uma), "", []
    for expected in (30, 30, 22):
        page = timeline(client, ticket, tail)
        assert len(told(page)) == expected
        seen += [
            (entry.at, told_as)
            for entry, told_as in zip(page.context["chronicle"].entries, told(page), strict=True)
        ]
        tail = f"&before={page.context['chronicle'].older}"
    assert page.context["chronicle"].older == ""
    assert [at for at, _told in seen] == sorted((at for at, _told in seen), reverse=True)
    assert [one for _at, one in seen if one.startswith("#")] == [f"#{number}" for number in range(41, 0, -1)]
    assert "To the newest" in page.text


@pytest.mark.parametrize(
    "before", ["x", "1-1-1", "9" * 20 + "-1-1", "20261301000000000000-1-5", "٣" * 20 + "-1-1"]
)
def test_a_page_that_never_was_is_the_first(lived_through, uma, signed_in, before):
    assert len(told(timeline(signed_in(uma), lived_through, f"&before={before}"))) == 8


def test_a_long_text_is_begun_and_read_whole_beside_the_list(lived_through, uma, signed_in):
    lived_through.note("word " * 400 + "the end", by=uma)
    page = timeline(signed_in(uma), lived_through)
    assert "the end" not in page.text
    assert "Read #5 whole" in page.text
    assert 'href="?article=5#article-5"' in page.text


def test_the_choice_is_kept_and_links_to_articles_still_open_them(lived_through, uma, signed_in):
    client, page = signed_in(uma), f"/tickets/{lived_through.number}/"
    answer = client.post(f"{page}view/", {"view": "timeline"})
    assert (answer.status_code, answer.url) == (303, page)
    assert "chronicle" in client.get(page).context
    assert client.get(f"{page}?article=2").context["conversation"].shown.number == 2
    assert "conversation" in client.get(f"{page}?view=articles").context
    client.post(f"{page}view/", {"view": "articles"})
    assert "conversation" in client.get(page).context


@pytest.mark.parametrize("post", [{}, {"view": ""}, {"view": "upside-down"}])
def test_there_are_but_two_views(lived_through, uma, signed_in, post):
    assert signed_in(uma).post(f"/tickets/{lived_through.number}/view/", post).status_code == 400


def test_unread_articles_are_marked_and_looking_at_it_reads_them(lived_through, uma, signed_in):
    page = timeline(signed_in(uma), lived_through)
    assert page.text.count(">Unread</span>") == 2
    assert 'data-number="4" data-unread' in page.text
    Reading.objects.read(lived_through, uma, up_to=4)
    page = timeline(signed_in(uma), lived_through)
    assert ">Unread</span>" not in page.text
    assert "data-unread" not in page.text


@pytest.mark.parametrize("login", ["uma", "vera", "cora"])
def test_its_statements_are_twenty_at_most_and_do_not_grow(
    everyone, lived_through, signed_in, django_assert_max_num_queries, login
):
    client, counts = signed_in(everyone[login]), []
    for _round in range(2):
        with django_assert_max_num_queries(20) as statements:
            timeline(client, lived_through)
        counts.append(len(statements))
        for _ in range(20):
            lived_through.reply("Again.", by=everyone["uma"])
            lived_through.change_state("open", by=everyone["uma"])
            lived_through.change_state("in_progress", by=everyone["uma"])
    assert counts[0] == counts[1]

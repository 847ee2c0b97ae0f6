"""The whole of a ticket on paper: all articles one may read, oldest first."""

import re

from tickets.models import Article


def paper(client, ticket, tail=""):
    return client.get(f"/tickets/{ticket.number}/print/{tail}")


def told(page):
    return [int(number) for number in re.findall(r'id="paper-(\d+)"', page.text)]


def test_agents_print_all_that_was_said(ticket, uma, cora, signed_in):
    ticket.note("Do not tell them.", by=uma)
    ticket.follow_up("Thank you. " * 300 + "Bye.", by=cora)
    page = paper(signed_in(uma), ticket)
    assert told(page) == [1, 2, 3]
    assert "Do not tell them." in page.text
    assert "Bye." in page.text
    assert "Mail stops at the gateway" in page.text


def test_customers_print_what_is_theirs(ticket, uma, cora, signed_in):
    ticket.note("Do not tell them.", by=uma)
    ticket.reply("We are on it.", by=uma)
    page = paper(signed_in(cora), ticket)
    assert told(page) == [1, 3]
    assert "Do not tell them." not in page.text
    assert "Responsible" not in page.text
    assert paper(signed_in(cora), ticket, "?page=9").status_code == 200


def test_very_long_ones_come_in_parts_and_cost_the_same(
    ticket, uma, signed_in, django_assert_max_num_queries
):
    client, counts = signed_in(uma), []
    for last in (10, 450):
        already = ticket.articles.count()
        Article.objects.bulk_create(
            Article(ticket=ticket, number=number, sender_type="agent", channel="note", author=uma, body="…")
            for number in range(already + 1, last + 1)
        )
        with django_assert_max_num_queries(10) as statements:
            first = paper(client, ticket)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert told(first) == list(range(1, 201))
    assert told(paper(client, ticket, "?page=3")) == list(range(401, 451))


def test_both_versions_of_the_page_lead_there(ticket, uma, cora, signed_in):
    for person in (uma, cora):
        assert (
            f'href="/tickets/{ticket.number}/print/"'
            in signed_in(person).get(f"/tickets/{ticket.number}/").text
        )

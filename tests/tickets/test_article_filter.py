"""The filter of the article list (B18): by sender, channel and visibility, as GET parameters."""

import pytest

from tickets.models import Reading


@pytest.fixture
def talked_about(ticket, uma, cora):
    """#1 mika's (web), #2 an internal note, #3 uma's reply by mail, #4 cora's follow-up (web)."""
    ticket.note("The gateway's disk is full, do not tell them.", by=uma)
    ticket.reply("We are on it.", by=uma)
    ticket.follow_up("Thank you.", by=cora)
    return ticket


def get(client, ticket, tail="", **more):
    return client.get(f"/tickets/{ticket.number}/{tail}", **more)


def numbers(page):
    return [row.number for row in page.context["conversation"].rows]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?sender=customer", [4]),
        ("?sender=agent", [3, 2, 1]),
        ("?channel=email", [3]),
        ("?visible=no", [2]),
        ("?visible=yes", [4, 3, 1]),
        ("?visible=yes&sender=agent", [3, 1]),
        ("?visible=no&sender=customer", []),
        ("?sender=&channel=&visible=", [4, 3, 2, 1]),
        ("?sender=nonsense&visible=1", [4, 3, 2, 1]),
    ],
)
def test_what_it_lets_through(talked_about, uma, signed_in, asked, found):
    assert numbers(get(signed_in(uma), talked_about, asked)) == found


def test_it_says_what_is_shown_and_leads_out(talked_about, uma, signed_in):
    page = get(signed_in(uma), talked_about, "?visible=no")
    assert "1 of 4: Internal" in page.text
    assert 'id="filter-off" href="?page=1"' in page.text
    assert numbers(get(signed_in(uma), talked_about, "?page=1")) == [4, 3, 2, 1]
    assert "filter-off" not in get(signed_in(uma), talked_about).text


def test_it_stays_while_articles_are_opened(talked_about, uma, signed_in):
    page = get(signed_in(uma), talked_about, "?sender=agent")
    assert 'href="?article=2&amp;sender=agent#article-2"' in page.text
    assert numbers(get(signed_in(uma), talked_about, "?article=2&sender=agent")) == [3, 2, 1]


def test_the_first_unread_of_them_opens(talked_about, uma, signed_in):
    client = signed_in(uma)
    assert get(client, talked_about, "?sender=customer").context["conversation"].shown.number == 4
    assert get(client, talked_about, "?sender=agent").context["conversation"].shown.number == 1
    Reading.objects.read(talked_about, uma, up_to=4)
    assert get(client, talked_about, "?sender=agent").context["conversation"].shown.number == 3


def test_an_article_left_out_is_told_from_one_that_is_missing(talked_about, uma, cora, signed_in):
    left_out = get(signed_in(uma), talked_about, "?article=2&sender=customer")
    assert "the filter leaves it out" in left_out.text
    assert "is not here" not in left_out.text
    missing = get(signed_in(uma), talked_about, "?article=9&sender=customer")
    assert "is not here" in missing.text
    # To cora the internal one does not exist, whatever she filters by.
    hidden = get(signed_in(cora), talked_about, "?article=2&sender=customer")
    assert "is not here" in hidden.text
    assert "leaves it out" not in hidden.text


def test_nothing_found_says_so(talked_about, uma, signed_in):
    page = get(signed_in(uma), talked_about, "?visible=no&sender=customer")
    assert "No article is like that." in page.text
    assert page.context["conversation"].shown is None


def test_customers_are_offered_only_what_applies_to_them(talked_about, cora, signed_in):
    page = get(signed_in(cora), talked_about)
    assert 'name="sender"' in page.text
    assert 'name="channel"' in page.text
    assert 'name="visible"' not in page.text
    assert numbers(get(signed_in(cora), talked_about, "?visible=no")) == [4, 3, 1]
    # The internal note counts for nobody who does not see it.
    assert "Note (1)" not in page.text
    assert "Note (1)" in get(signed_in(talked_about.owner), talked_about).text


def test_where_nothing_tells_articles_apart_there_is_no_filter(ticket, uma, signed_in):
    assert "article-filter" not in get(signed_in(uma), ticket).text


def test_pages_of_the_filtered_keep_their_numbers(ticket, uma, cora, signed_in):
    for number in range(2, 62):
        ticket.note(f"Note {number}", by=uma) if number % 2 else ticket.follow_up(f"{number}", by=cora)
    client = signed_in(uma)
    first = get(client, ticket, "?sender=customer&page=1")
    assert numbers(first) == list(range(60, 11, -2))
    assert 'href="?page=2&amp;sender=customer"' in first.text
    assert numbers(get(client, ticket, "?sender=customer&page=2")) == [10, 8, 6, 4, 2]
    assert numbers(get(client, ticket, "?sender=customer&article=6")) == [10, 8, 6, 4, 2]


def test_filtering_asks_no_more_of_the_database(talked_about, uma, signed_in, django_assert_max_num_queries):
    client = signed_in(uma)
    with django_assert_max_num_queries(18):
        get(client, talked_about, "?sender=agent&visible=yes")

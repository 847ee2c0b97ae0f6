"""The Ticket zoom window and its Request version (domain §3, contract: `/tickets/<number>/`)."""

import re

import pytest

from tickets.models import Article, Reading


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}/{tail}"


def shown_numbers(page):
    return [row.number for row in page.context["conversation"].rows]


@pytest.fixture
def talked_about(ticket, uma, cora):
    """#1 public, #2 an internal note, #3 uma's reply, #4 cora's follow-up."""
    ticket.note("The gateway's disk is full, do not tell them.", by=uma)
    ticket.reply("We are on it.", by=uma)
    ticket.follow_up("Thank you.", by=cora)
    return ticket


@pytest.mark.parametrize(
    ("login", "status"),
    [("ada", 200), ("mika", 200), ("uma", 200), ("aiko", 200), ("vera", 200), ("carl", 200), ("cora", 200),
     ("bo", 404), ("ray", 404)],
)  # fmt: skip
def test_who_reads_acmes_ticket(everyone, talked_about, signed_in, login, status):
    assert signed_in(everyone[login]).get(url(talked_about)).status_code == status


def test_a_hidden_ticket_and_one_that_never_was_answer_alike(talked_about, bo, uma, signed_in):
    client = signed_in(bo)
    pages = [
        client.get(url(talked_about)),
        client.get("/tickets/2099123100000001/"),
        client.get("/tickets/nonsense/"),
    ]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content.split(b"csrf-token")[0] for page in pages}) == 1
    assert len({re.sub(rb"[\w]{64}", b"", page.content) for page in pages}) == 1
    talked_about.remove(by=uma)
    assert signed_in(uma).get(url(talked_about)).status_code == 404


def test_title_and_header_say_which_ticket(talked_about, uma, signed_in):
    text = signed_in(uma).get(url(talked_about)).text
    assert f"<title>Ticket#{talked_about.number} – Mail stops at the gateway" in text
    for fact in ("Open", "Medium", "Service desk", "Uma Ogawa"):
        assert fact in text or fact == "Open"


def test_the_newest_article_lies_open(talked_about, uma, signed_in):
    Reading.objects.read(talked_about, uma, up_to=4)
    page = signed_in(uma).get(url(talked_about))
    assert shown_numbers(page) == [4, 3, 2, 1]
    assert page.context["conversation"].shown.number == 4
    assert 'id="article-4"' in page.text


def test_article_opens_the_one_asked_for(talked_about, uma, signed_in):
    page = signed_in(uma).get(url(talked_about, "?article=2"))
    assert 'id="article-2"' in page.text
    assert "do not tell them" in page.text


def test_customers_see_no_internal_article_by_any_way(talked_about, cora, signed_in):
    client = signed_in(cora)
    page = client.get(url(talked_about))
    assert shown_numbers(page) == [4, 3, 1]
    for tail in ("?article=2", "?page=1&article=2", ""):
        page = client.get(url(talked_about, tail))
        assert page.status_code == 200
        assert "do not tell them" not in page.text
    assert client.get(url(talked_about, "articles/2/")).status_code == 404


@pytest.mark.parametrize("tail", ["?article=99", "?article=2"])
def test_what_is_missing_is_said_and_reads_the_same_as_what_is_hidden(talked_about, cora, signed_in, tail):
    page = signed_in(cora).get(url(talked_about, tail))
    assert "is not here" in page.text
    assert page.context["conversation"].shown.number == 4


def test_uma_is_offered_what_she_may_do(talked_about, uma, signed_in):
    text = signed_in(uma).get(url(talked_about)).text
    for target in ("articles/new/?kind=note", "articles/new/?kind=reply", "fields/state/", "fields/priority/",
                   "fields/owner/", "fields/queue/", "fields/pending/", "fields/lock/", "fields/title/", "fields/type/",
                   "fields/service/", "fields/customer/", "merge/", "delete/", "history/"):  # fmt: skip
        assert url(talked_about, target) in text


@pytest.mark.parametrize("login", ["vera", "carl", "cora"])
def test_those_who_may_change_nothing_are_offered_nothing(everyone, talked_about, signed_in, login):
    text = signed_in(everyone[login]).get(url(talked_about)).text
    for target in ("articles/new/", "fields/", "merge/", "delete/", "/edit/"):
        assert url(talked_about, target) not in text
    assert (f'action="{url(talked_about, "articles/")}"' in text) == (login != "vera")


def test_the_request_version_has_no_panels_for_agents(talked_about, cora, signed_in):
    text = signed_in(cora).get(url(talked_about)).text
    for heading in ("Customer information", "Latest changes", "Responsible", "Assignment group", "SLA"):
        assert heading not in text
    assert "history/" not in text


def test_a_watcher_alone_reads_but_is_offered_no_follow_up(make_ticket, ray, uma, signed_in):
    from watchers.models import Watcher

    ticket = make_ticket()
    Watcher.objects.watch(ticket, ray, by=uma)
    text = signed_in(ray).get(url(ticket)).text
    assert f'action="{url(ticket, "articles/")}"' not in text


def test_pages_of_articles_keep_their_numbers(ticket, uma, signed_in):
    for number in range(2, 61):
        ticket.note(f"Note {number}", by=uma)
    client = signed_in(uma)
    Reading.objects.read(ticket, uma, up_to=1)
    assert shown_numbers(client.get(url(ticket))) == list(range(60, 35, -1))
    assert shown_numbers(client.get(url(ticket, "?page=3"))) == list(range(10, 0, -1))
    page = client.get(url(ticket, "?article=7"))
    assert shown_numbers(page) == list(range(10, 0, -1))
    assert page.context["conversation"].shown.number == 7


@pytest.mark.parametrize("login", ["uma", "vera", "cora"])
def test_twenty_statements_whatever_the_number_of_articles(
    everyone, ticket, acme, signed_in, django_assert_max_num_queries, login
):
    client = signed_in(everyone[login])
    counts = []
    for last in (10, 100):
        already = ticket.articles.count()
        Article.objects.bulk_create(
            Article(ticket=ticket, number=number, sender_type="agent", channel="email", author=everyone["uma"],
                    subject="Again", body="…", visible_for_customer=True)
            for number in range(already + 1, last + 1)
        )  # fmt: skip
        with django_assert_max_num_queries(20) as statements:
            assert client.get(url(ticket)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_turning_to_another_article_fetches_the_articles_alone(talked_about, uma, signed_in):
    part = signed_in(uma).get(
        url(talked_about, "?article=1"), headers={"HX-Request": "true", "HX-Target": "conversation"}
    )
    assert "<html" not in part.text
    assert 'id="article-1"' in part.text
    assert "HX-Request" in part.headers["Vary"]


def test_texts_are_text_and_links_in_them_work(ticket, uma, signed_in):
    ticket.note("<img src=x onerror=alert(1)> see https://status.example.com/?a=1&b=2", by=uma)
    text = signed_in(uma).get(url(ticket, "?article=2")).text
    assert "<img src=x" not in text
    assert 'href="https://status.example.com/?a=1&amp;b=2"' in text


def test_linked_tickets_show_as_far_as_one_may_read_them(
    ticket, make_ticket, borealis, acme, uma, cora, signed_in
):
    ours, theirs = (
        make_ticket(title="Also ours", customer=acme),
        make_ticket(title="Secret", customer=borealis),
    )
    ticket.links.create(target=ours)
    theirs.links.create(target=ticket)
    agents, customers = (signed_in(person).get(url(ticket)).text for person in (uma, cora))
    assert "Also ours" in agents
    assert "Secret" in agents
    assert "Also ours" in customers
    assert "Secret" not in customers


def test_everyone_sees_times_in_their_own_zone(talked_about, aiko, signed_in):
    from zoneinfo import ZoneInfo

    local = talked_about.created_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{local:%Y-%m-%d %H:%M}" in signed_in(aiko).get(url(talked_about)).text


def test_the_page_keeps_to_its_own_policy(talked_about, uma, signed_in):
    page = signed_in(uma).get(url(talked_about))
    assert "script-src 'self';" in page.headers["Content-Security-Policy"] + ";"
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page.text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page.text)


def test_zoom_only_answers_reading(talked_about, uma, signed_in):
    client = signed_in(uma)
    assert client.post(url(talked_about)).status_code == 405
    assert client.delete(url(talked_about)).status_code == 405


def test_the_history_tells_agents_what_changed_from_what_to_what(talked_about, uma, mika, signed_in):
    talked_about.change_state("in_progress", by=uma)
    talked_about.change_owner(mika, by=uma)
    text = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", signed_in(uma).get(url(talked_about, "history/")).text)
    )
    assert re.search(r"Owner changed Uma Ogawa → to Mika Manager Uma Ogawa", text)
    assert re.search(r"State changed New → to In progress", text)
    assert text.index("Owner changed") < text.index("State changed") < text.index("Ticket created")


@pytest.mark.parametrize(("login", "status"), [("vera", 200), ("cora", 403), ("bo", 404), ("ray", 404)])
def test_the_history_is_for_agents(everyone, talked_about, signed_in, login, status):
    assert signed_in(everyone[login]).get(url(talked_about, "history/")).status_code == status


def test_a_long_history_comes_in_pages(ticket, uma, signed_in):
    for _ in range(30):
        ticket.change_state("open", by=uma)
        ticket.change_state("in_progress", by=uma)
    first = signed_in(uma).get(url(ticket, "history/"))
    assert len(first.context["changes"]) == 50
    rest = signed_in(uma).get(url(ticket, f"history/?before={first.context['older']}"))
    assert len(rest.context["changes"]) == 11
    assert rest.context["older"] is None

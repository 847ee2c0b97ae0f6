"""Articles that carry formatted text: from the verbs to the frame on the ticket's page."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tickets.models import ArticleVersion

HTML = "<p>The disk is <b>full</b>.</p><script>alert(1)</script>"
CLEAN = "<p>The disk is <b>full</b>.</p>"
REMOTE = '<p>Look:</p><img src="https://tracker.example/p.gif" alt="Plan">'


def url(ticket, article=2):
    return f"/tickets/{ticket.number}/articles/{article}/formatted/"


def test_every_way_of_saying_takes_it_and_makes_its_text(ticket, make_ticket, uma, carl):
    said = [
        ticket.note("", by=uma, html=HTML),
        ticket.reply("", by=uma, html=HTML),
        ticket.follow_up("", by=carl, html=HTML),
        make_ticket(body="", html=HTML).articles.get(),
    ]
    for article in said:
        article.refresh_from_db()
        assert (article.html, article.body) == (CLEAN, "The disk is full.")


def test_a_text_that_came_along_stays(ticket, uma):
    article = ticket.note("As text.", by=uma, html=HTML)
    assert (article.body, article.html) == ("As text.", CLEAN)


def test_an_image_alone_is_said_in_words(ticket, uma):
    assert ticket.note("", by=uma, html='<img src="https://x.example/a.png">').body == "(an image)"


@pytest.mark.parametrize("html", ["<script>alert(1)</script>", "<p> </p>"])
def test_nothing_to_show_is_nothing_written(ticket, uma, html):
    with pytest.raises(ValidationError, match="Write something first"):
        ticket.note("", by=uma, html=html)
    assert ticket.articles.count() == 1


def test_too_large_a_one_is_refused_and_nothing_is_kept(ticket, uma):
    with pytest.raises(ValidationError, match="too large"):
        ticket.reply("Text", by=uma, html="x" * 600_000)
    assert ticket.articles.count() == 1


def test_an_edited_text_ends_it_and_the_version_keeps_it(ticket, uma):
    article = ticket.note("", by=uma, html=HTML)
    ticket.edit_article(article, uma, body="The disk was full.")
    article.refresh_from_db()
    assert (article.body, article.html) == ("The disk was full.", "")
    version = ArticleVersion.objects.get()
    assert (version.body, version.html) == ("The disk is full.", CLEAN)


def test_what_leaves_the_text_alone_leaves_it_too(ticket, uma, signed_in):
    article = ticket.note("", by=uma, html="<p>a</p><p>b</p>")
    said = {"subject": "Disk", "body": article.body.replace("\n", "\r\n"), "visible_for_customer": "on"}
    page = signed_in(uma).get(f"/tickets/{ticket.number}/articles/2/edit/")
    assert "only the plain text is shown" in page.text
    assert signed_in(uma).post(f"/tickets/{ticket.number}/articles/2/edit/", said).status_code == 302
    article.refresh_from_db()
    assert (article.subject, article.visible_for_customer, article.html) == ("Disk", True, "<p>a</p><p>b</p>")


def test_a_new_one_brings_its_text(ticket, uma):
    article = ticket.note("", by=uma, html=HTML)
    ticket.edit_article(article, uma, html="<p>It is <i>empty</i>.</p>")
    article.refresh_from_db()
    assert (article.body, article.html) == ("It is empty.", "<p>It is <i>empty</i>.</p>")
    assert ticket.edit_article(article, uma, html="<p>It is <i>empty</i>.</p><script>1</script>") is None


def test_its_page_holds_it_and_nothing_that_runs(ticket, uma, signed_in):
    ticket.note("", by=uma, html=HTML)
    answer = signed_in(uma).get(url(ticket))
    assert CLEAN in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def test_what_came_in_under_looser_rules_is_cleaned_when_shown(ticket, uma, signed_in):
    article = ticket.note("", by=uma, html=HTML)
    ticket.articles.filter(pk=article.pk).update(html="<p onclick=x>Old</p><script>alert(1)</script>")
    text = signed_in(uma).get(url(ticket)).text
    assert "<p>Old</p>" in text
    assert "alert" not in text


@pytest.mark.parametrize(
    ("login", "internal", "public"),
    [
        ("ada", 200, 200),
        ("vera", 200, 200),
        ("uma", 200, 200),
        ("carl", 404, 200),
        ("bo", 404, 404),
        ("ray", 404, 404),
    ],
)
def test_who_reads_the_article_gets_it(ticket, everyone, signed_in, login, internal, public):
    ticket.note("", by=everyone["uma"], html=HTML)
    ticket.reply("", by=everyone["uma"], html=HTML)
    client = signed_in(everyone[login])
    assert client.get(url(ticket, 2)).status_code == internal
    assert client.get(url(ticket, 3)).status_code == public


def test_there_is_none_where_there_is_none(ticket, uma, client, signed_in):
    deleted = ticket.note("", by=uma, html=HTML)
    ticket.delete_article(deleted, by=uma)
    assert signed_in(uma).get(url(ticket, 1)).status_code == 404
    assert signed_in(uma).get(url(ticket, 2)).status_code == 404
    assert signed_in(uma).post(url(ticket, 1)).status_code == 405
    assert client.get(url(ticket)).headers["Location"].startswith("/login/")


def test_images_from_elsewhere_wait_to_be_asked_for(ticket, uma, signed_in):
    ticket.note("", by=uma, html=REMOTE)
    client = signed_in(uma)
    page = client.get(f"/tickets/{ticket.number}/", {"article": 2})
    assert "Images from other servers are not loaded" in page.text
    assert f'src="{url(ticket)}"' in page.text
    assert "tracker.example" not in page.text + client.get(url(ticket)).text
    page = client.get(f"/tickets/{ticket.number}/", {"article": 2, "images": 1})
    assert "are not loaded" not in page.text
    assert f'src="{url(ticket)}?images=1"' in page.text
    asked = client.get(url(ticket), {"images": 1})
    assert "https://tracker.example/p.gif" in asked.text
    assert "img-src data: https: http:" in asked.headers["Content-Security-Policy"]


def test_the_ticket_shows_it_in_a_frame_where_nothing_runs(ticket, uma, carl, signed_in):
    number = ticket.reply("", by=uma, html=HTML).number
    for person in (uma, carl):
        page = signed_in(person).get(f"/tickets/{ticket.number}/?article={number}")
        assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
        assert "<b>full</b>" not in page.text
        assert "The disk is full." in page.text
        assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_plain_article_has_no_frame(ticket, uma, signed_in):
    ticket.note("Plain.", by=uma)
    assert "<iframe" not in signed_in(uma).get(f"/tickets/{ticket.number}/").text


def test_it_costs_no_statement(ticket, uma, signed_in):
    client = signed_in(uma)
    ticket.note("Plain.", by=uma)
    client.get(f"/tickets/{ticket.number}/")
    with CaptureQueriesContext(
        connection,
    ) as plain:
        client.get(f"/tickets/{ticket.number}/")
    ticket.note("", by=uma, html=HTML)
    with CaptureQueriesContext(connection) as formatted:
        client.get(f"/tickets/{ticket.number}/")
    assert len(formatted) == len(plain)

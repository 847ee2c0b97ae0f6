"""Whoever is sent on stays here, and whoever gets a mail is led here, whatever a request claims."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from tests.people import PASSWORD
from tests.sweeping import sweep
from tests.waiting import minutes, text_of

OUTSIDE = [
    "//evil.example", "///evil.example", "////evil.example", "https:evil.example", "https:/evil.example",
    "https://evil.example", "HTTPS://evil.example", "\\evil.example", "\\\\evil.example", "/\\evil.example",
    "/\\/evil.example", "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
    " //evil.example",
    "\x01//evil.example", "javascript:alert(1)", "data:text/html,x", "http://testserver@evil.example",
    "http://testserver.evil.example", "//evil.example/tickets/", "/\r\nLocation: //evil.example", "",
    "evil.example",
    "//[::1", "/" * 5000, "//testserver:80@evil.example",
    "ftp://testserver/", "/．/evil.example", "/\u2028/evil.example",
]  # fmt: skip


def lands(answer, page):
    """The host a browser goes to: tabs, ends of lines and backslashes are no obstacle to it."""
    location = answer.headers["Location"].strip()
    for invisible in "\t\r\n":
        location = location.replace(invisible, "")
    return urlsplit(urljoin(page, location.replace("\\", "/"))).hostname


@pytest.mark.parametrize("goal", OUTSIDE)
@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_signing_in_leads_nowhere_else(ada, signed_in, goal, page):
    for answer in (
        Client().post(page, {"username": "ada", "password": PASSWORD, "next": goal}),
        Client().post(page, {"username": "ada", "password": PASSWORD}, query_params={"next": goal}),
        signed_in(ada).get(page, {"next": goal}),
    ):
        assert answer.status_code in (302, 303)
        assert lands(answer, f"http://testserver{page}") == "testserver"
        assert "\n" not in answer.headers["Location"]


def test_no_address_leads_elsewhere(addresses, everyone, signed_in):
    asked = dict.fromkeys(
        ("next", "back", "url", "return", "goto", "_popup", "redirect_to"), "//evil.example"
    )
    client, count = signed_in(everyone["ada"]), 0
    for _route, address in addresses:
        answer = client.get(
            address, asked, headers={"Referer": "https://evil.example/", "X-Forwarded-Host": "evil.example"}
        )
        if "Location" in answer.headers:
            count += 1
            assert lands(answer, f"http://testserver{address}") == "testserver", address
        assert "HX-Redirect" not in answer.headers
    assert count > 5


def test_what_a_form_names_as_its_way_back_is_no_address(ticket, uma, signed_in):
    for goal in OUTSIDE:
        given = {"back": goal, "next": goal}
        answer = signed_in(uma).post(
            f"/tickets/{ticket.number}/watch/", given, headers={"Referer": "https://evil.example"}
        )
        assert lands(answer, "http://testserver/") == "testserver"


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"host": "testserver@evil.example"}, {"host": "evil.example:80"}]
)
def test_a_host_that_is_not_ours_is_refused_everywhere(ticket, uma, signed_in, headers):
    for path in ("/login/", "/tickets/", "/healthz", "/favicon.ico", "/admin/"):
        assert signed_in(uma).get(path, headers=headers).status_code == 400, path


def test_links_in_mails_know_no_request(ticket, uma, signed_in, clock, mail_host):
    """`localhost` is a host of ours, too: but not the one that mails name."""
    signed_in(uma).post(
        f"/tickets/{ticket.number}/fields/priority/",
        {"priority": "very_high", "version": ticket.version},
        headers={"host": "localhost", "X-Forwarded-Host": "evil.example", "Origin": "http://localhost"},
    )
    sweep()
    clock.shift(minutes(10))
    sweep()
    assert mail_host.mails
    for mail in mail_host.mails:
        said = mail.as_string() + text_of(mail)
        assert "http://testserver/tickets/" in text_of(mail)
        assert "localhost/tickets" not in said
        assert "evil.example" not in said

"""What every answer tells the browser, whoever asks and whatever comes of it (docs/security.md)."""

import pytest
from django.test import Client

STANDING = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FRAMED = {"article_formatted", "admin:notifications_definition_preview_mail"}  # shown within a page of ours
ALONE = FRAMED | {"attachment"}  # bring a policy of their own, in a sandbox

ASKED_AGAIN = {
    "inbox_badge",
    "ticket_composing",
}  # by open pages, and answered with 304 where nothing changed


def policy_of(answer):
    given = answer.headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (directive.split() for directive in given)}


def check(answer, name="", where=""):
    for header, value in STANDING.items():
        assert answer.headers.get(header) == value, (where, header)
    assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, where
    assert "camera=()" in answer.headers["Permissions-Policy"], where
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"], where
    assert "'unsafe-eval'" not in str(policy), where
    if name in ALONE and answer.status_code == 200:
        assert "sandbox" in policy, where
        assert "script-src" not in policy, where
        assert {"allow-scripts", "allow-same-origin"}.isdisjoint(policy["sandbox"]), where
    else:
        assert "'unsafe-inline'" not in str(policy), where
        assert policy["script-src"] == policy["form-action"] == ["'self'"], where
        assert policy["object-src"] == policy["base-uri"] == ["'none'"], where
    if name in FRAMED and answer.status_code == 200:
        assert policy["frame-ancestors"] == ["'self'"], where
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN", where
    else:
        assert policy.get("frame-ancestors", ["'none'"]) == ["'none'"], where
        assert answer.headers["X-Frame-Options"] == "DENY", where


@pytest.mark.parametrize("login", ["ada", "carl", None])
def test_every_address_answers_with_them(addresses, everyone, signed_in, login):
    client = signed_in(everyone[login]) if login else Client()
    seen = set()
    for route, address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        check(answer, route.name, f"{address} {answer.status_code}")
        seen.add(answer.status_code)
    assert {200, 302, 404, 405} <= seen


@pytest.mark.parametrize("login", ["ada", "carl", None])
def test_no_cache_keeps_what_is_personal(addresses, everyone, signed_in, login):
    client = signed_in(everyone[login]) if login else Client()
    for route, address in addresses:
        answer = client.get(address)
        kept = answer.headers["Cache-Control"]
        if route.name == "favicon":
            assert kept == "public, max-age=86400"
        elif route.name == "help_picture" and answer.status_code == 200:
            assert set(kept.split(", ")) == {"private", "max-age=86400"}
        elif route.name in ASKED_AGAIN and "ETag" in answer.headers:
            assert set(kept.split(", ")) == {"private", "no-cache"}, address
        else:
            assert {"private", "no-store"} <= set(kept.split(", ")), address


def test_a_file_and_formatted_text_come_in_a_sandbox(scene, uma, signed_in):
    client, article = signed_in(uma), scene.articles.get(number=2)
    where = f"/tickets/{scene.number}/articles/2/"
    file = client.get(f"{where}attachments/{article.attachments.get().key}/")
    formatted = client.get(f"{where}formatted/")
    assert file.status_code == formatted.status_code == 200
    assert "sandbox" in policy_of(file)
    assert policy_of(formatted)["img-src"] == ["data:"]
    assert formatted.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["css/opsi.css", "js/page.js", "admin/css/base.css", "nothing.css"])
def test_static_files_too(db, path):
    check(Client().get(f"/static/{path}"))


def test_what_went_wrong_too(ticket, uma, signed_in):
    client = signed_in(uma)
    strict = Client(enforce_csrf_checks=True)
    refused = {
        400: Client().get("/login/", headers={"host": "evil.example"}),
        403: strict.post("/login/"),
        404: client.get("/tickets/1/"),
        405: client.get("/logout/"),
        413: client.post("/tickets/new/", {f"a{number}": 1 for number in range(2000)}),
        422: client.post("/tickets/new/", {}),
    }
    for status, answer in refused.items():
        assert answer.status_code == status
        check(answer, where=status)
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_mistake_of_ours_too_and_it_tells_nothing(ticket, uma, signed_in, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the password is opensesame")

    monkeypatch.setattr("tickets.views.zoom.facts.about", broken)
    client = signed_in(uma)
    client.raise_request_exception = False
    answer = client.get(f"/tickets/{ticket.number}/")
    assert answer.status_code == 500
    check(answer)
    for secret in ("opensesame", "RuntimeError", "Traceback", "zoom.py", "Django"):
        assert secret not in answer.text


def test_the_browser_asks_for_an_icon_where_a_page_names_none(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/img/icon.svg")

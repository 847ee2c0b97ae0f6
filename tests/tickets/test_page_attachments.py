"""Attached files reach those who may read their article, and never as a page (domain §2)."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tickets import uploads

PNG = b"\x89PNG\r\n\x1a\n...."


@pytest.fixture
def attach(ticket, uma):
    """`attach(name, content)` on a new internal note, or a reply with `visible=True`; returns its URL."""

    def add(name, content, visible=False):
        say = ticket.reply if visible else ticket.note
        article = say("See the file.", by=uma, attachments=[uploads.clean(SimpleUploadedFile(name, content))])
        return (
            f"/tickets/{ticket.number}/articles/{article.number}/attachments/{article.attachments.get().key}/"
        )

    return add


def body(answer):
    return b"".join(answer.streaming_content)


def test_a_file_comes_back_as_it_was_and_only_to_be_saved(attach, uma, signed_in):
    answer = signed_in(uma).get(attach("report.txt", "さようなら".encode()))
    assert body(answer) == "さようなら".encode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report.txt"'
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_names_in_any_script_survive(attach, uma, signed_in):
    answer = signed_in(uma).get(attach("報告 “最終”.pdf", b"%PDF-1.7"))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%A0%B1")


def test_an_image_may_stand_in_a_page(attach, uma, signed_in):
    answer = signed_in(uma).get(attach("shot.png", PNG))
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("login", "internal", "public"),
    [("ada", 200, 200), ("vera", 200, 200), ("uma", 200, 200), ("carl", 404, 200), ("cora", 404, 200), ("bo", 404, 404),
     ("ray", 404, 404)],
)  # fmt: skip
def test_who_reads_the_article_gets_its_files(attach, everyone, signed_in, login, internal, public):
    client = signed_in(everyone[login])
    assert client.get(attach("a.txt", b"x")).status_code == internal
    assert client.get(attach("a.txt", b"x", visible=True)).status_code == public


def test_nobody_gets_in_by_another_articles_number(attach, cora, ticket, signed_in):
    hidden = attach("a.txt", b"x")
    open_article = ticket.reply("Hello", by=ticket.owner)
    forged = hidden.replace("/articles/2/", f"/articles/{open_article.number}/")
    assert signed_in(cora).get(forged).status_code == 404
    assert signed_in(cora).get(hidden.replace("/articles/2/", "/articles/1/")).status_code == 404


def test_files_of_a_deleted_article_are_gone(attach, ticket, uma, signed_in):
    where = attach("a.txt", b"x")
    ticket.delete_article(ticket.articles.get(number=2), by=uma)
    assert signed_in(uma).get(where).status_code == 404


def test_what_is_not_there_is_not_found(attach, ticket, uma, signed_in):
    where = attach("a.txt", b"x")
    client = signed_in(uma)
    kept = ticket.articles.get(number=2).attachments.get()
    assert client.get(where.replace(str(kept.key), str(uuid.uuid4()))).status_code == 404
    assert client.get(where.replace(str(kept.key), "../../etc/passwd")).status_code == 404
    kept.file.storage.delete(kept.file.name)
    assert client.get(where).status_code == 404


def test_files_are_only_read(attach, uma, signed_in):
    assert signed_in(uma).post(attach("a.txt", b"x")).status_code == 405


def test_the_path_on_disk_owes_nothing_to_the_name(attach, ticket):
    attach("../../evil.txt", b"x")
    kept = ticket.articles.get(number=2).attachments.get()
    assert kept.file.name == f"attachments/{ticket.number}/2/{kept.key}"


@pytest.mark.parametrize(
    ("name", "content"),
    [("both.gif", b"GIF89a/*....*/=1;alert(document.domain)//"), ("both.png", PNG + b"<script>alert(1)</script>"),
     ("both.pdf", b"%PDF-1.7\n<html><script>alert(1)</script>"), ("both.zip", b"PK\x03\x04<script>alert(1)</script>")],
)  # fmt: skip
def test_what_is_two_things_at_once_is_served_as_the_harmless_one(attach, uma, signed_in, name, content):
    answer = signed_in(uma).get(attach(name, content))
    assert answer.headers["Content-Type"] in {"image/gif", "image/png", "application/pdf", "application/zip"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_picture_that_would_swell_is_only_passed_on(attach, uma, signed_in):
    """Its head says 60,000 by 60,000 pixels, some 14 GB drawn; nothing here draws it."""
    bomb = PNG[:8] + b"\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x06\x00\x00\x00"
    assert body(signed_in(uma).get(attach("bomb.png", bomb))) == bomb


def test_files_lie_where_no_address_leads(attach, ticket, settings, client, uma, signed_in):
    attach("a.txt", b"x")
    kept = ticket.articles.get(number=2).attachments.get()
    assert settings.STATIC_ROOT not in settings.MEDIA_ROOT.parents
    assert settings.MEDIA_ROOT not in [settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    for prefix in ("/media/", "/static/", "/static/../media/", "/"):
        assert signed_in(uma).get(f"{prefix}{kept.file.name}").status_code == 404


def test_a_form_with_more_than_any_form_has_is_answered_in_words(ticket, uma, signed_in):
    client = signed_in(uma)
    files = {f"f{number}": SimpleUploadedFile("a.txt", b"x") for number in range(60)}
    for given in (files, {"body": "x" * 6_000_000}):
        answer = client.post(f"/tickets/{ticket.number}/articles/", given)
        assert answer.status_code == 413
        assert "This was too much at once" in answer.text
    assert ticket.articles.count() == 1


def test_a_flood_is_refused_unread(ticket, uma, signed_in):
    where = f"/tickets/{ticket.number}/articles/"
    for length in (str(65 * 1024 * 1024), "9" * 30):
        answer = signed_in(uma).generic("POST", where, b"body=x", CONTENT_LENGTH=length)
        assert answer.status_code == 413
    assert ticket.articles.count() == 1

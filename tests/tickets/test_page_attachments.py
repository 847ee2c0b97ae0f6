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
    assert "private" in answer.headers["Cache-Control"]


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

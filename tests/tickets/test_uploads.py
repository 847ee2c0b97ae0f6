"""What may be attached, under which name (domain §2)."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from tickets import uploads

PNG = b"\x89PNG\r\n\x1a\n...."


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [("notes.txt", "さようなら".encode(), "text/plain"), ("old.CSV", "あ;い".encode("cp932"), "text/csv"),
     ("utf16.txt", "hello".encode("utf-16"), "text/plain"), ("a.png", PNG, "image/png"),
     ("b.JPG", b"\xff\xd8\xff\xe0", "image/jpeg"), ("c.gif", b"GIF89a..", "image/gif"),
     ("d.webp", b"RIFF....WEBPVP8 ", "image/webp"), ("e.pdf", b"%PDF-1.7", "application/pdf"),
     ("f.zip", b"PK\x03\x04", "application/zip")],
)  # fmt: skip
def test_these_are_taken_for_what_they_are(name, content, content_type):
    upload = uploads.clean(SimpleUploadedFile(name, content, "text/html"))
    assert upload.content_type == content_type
    assert upload.read() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [("run.exe", b"MZ"), ("page.html", b"<p>"), ("image.svg", b"<svg/>"), ("script.js", b"1"), ("run.bat", b"x"),
     ("noending", b"x"), (".htaccess", b"x"), ("a.png", b"<html>"), ("a.txt", b"MZ\x90\x00"), ("a.txt", b"\x7fELF"),
     ("a.log", b"#!/bin/sh"), ("a.txt", b"  <!DOCTYPE html>"), ("a.txt", b"\xef\xbb\xbf<script>"), ("a.txt", b"a\x00b"),
     ("a.pdf", b"MZ"), ("a.docx", b"%PDF-"), ("a.png.exe", PNG), ("empty.txt", b"")],
)  # fmt: skip
def test_these_are_refused_by_name(name, content):
    with pytest.raises(ValidationError) as refusal:
        uploads.clean(SimpleUploadedFile(name, content))
    assert uploads.clean_name(name) in refusal.value.messages[0]


def test_a_file_may_be_ten_mebibytes_and_no_more():
    assert uploads.clean(SimpleUploadedFile("a.txt", b"x" * uploads.MAX_SIZE))
    with pytest.raises(ValidationError, match="too large"):
        uploads.clean(SimpleUploadedFile("a.txt", b"x" * (uploads.MAX_SIZE + 1)))


def test_ten_files_and_no_more():
    field = uploads.AttachmentsField()
    files = [SimpleUploadedFile("a.txt", b"x") for _ in range(11)]
    assert len(field.clean(files[:10])) == 10
    with pytest.raises(ValidationError, match="10 files"):
        field.clean(files)


def test_every_refused_file_is_named():
    with pytest.raises(ValidationError) as refusal:
        uploads.AttachmentsField().clean(
            [SimpleUploadedFile("a.exe", b"MZ"), SimpleUploadedFile("b.exe", b"MZ")]
        )
    assert len(refusal.value.messages) == 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd.txt", "passwd.txt"), ("C:\\Users\\uma\\log.txt", "log.txt"),
     ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
     ("photo\u202egnp.exe", "photognp.exe"), ("\x00.txt", "txt"), ("", "file"), ("が.png", "が.png"),
     ("x" * 300 + ".pdf", "x" * 146 + ".pdf")],
)  # fmt: skip
def test_names_lose_what_could_deceive(given, kept):
    assert uploads.clean_name(given) == kept


def test_together_they_weigh_no_more_than_a_mail_may():
    field = uploads.AttachmentsField()
    files = [SimpleUploadedFile(f"{number}.txt", b"x" * uploads.MAX_SIZE) for number in range(3)]
    assert len(field.clean(files[:2])) == 2
    with pytest.raises(ValidationError, match="too large together"):
        field.clean(files)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.json", "a.eml"])
@pytest.mark.parametrize(
    "content",
    [b"<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", b"<!-- --><html>",
     b"<svg onload=alert(1)>", b"\n\t<IFRAME srcdoc=x>"],
)  # fmt: skip
def test_markup_is_no_text(name, content):
    with pytest.raises(ValidationError, match="not what its name says"):
        uploads.clean(SimpleUploadedFile(name, content))

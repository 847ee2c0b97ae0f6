"""The disk is full where mail, attachments, wake-ups or the database are kept: nothing is kept by half."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from notifications.dispatch import dispatch_waiting
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, Mail, Outbox
from tests.faults.desk import crowd
from tests.faults.test_database import become_due, client_of, due, on_sqlite, waiting  # noqa: F401
from tests.notifications.conftest import told
from tests.sweeping import sweep
from tickets.models import Article, Attachment, Ticket
from tickets.operations import operation
from watchers.models import Watcher

pytestmark = pytest.mark.django_db(transaction=True)

ROOM = 64 * 1024  # bytes


class SmallDisk:
    """A file system of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self):
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"x" * 4096)
            except OSError:
                pass

    def make_room(self):
        self._ballast.unlink()

    @property
    def kept(self):
        return [path for path in self.folder.rglob("*") if path.is_file() and path != self._ballast]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "opsi-tests", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root, outside a container without that right")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def mail_disk(small_disk, settings):
    """Where mail is kept as files (OPSI_MAIL_URL=file:)."""
    options = {"file_path": str(small_disk.folder / "mail")}
    settings.MAILERS = {
        alias: {"BACKEND": "opsi.mailers.EmlFileBackend", "OPTIONS": options} for alias in ("default", "opsi")
    }
    (small_disk.folder / "mail").mkdir()
    return small_disk


def test_mail_that_finds_no_room_waits_and_the_log_says_what_to_do(waiting, ticket, mika, mail_disk):  # noqa: F811
    due(waiting)
    mail_disk.fill()
    assert send_due() == 0
    assert Mail.objects.get().state == "due"
    attempt = DeliveryAttempt.objects.get()
    assert attempt.outcome == "temporary"
    assert attempt.happened == "The mail could not be kept as a file: No space left on device."
    assert attempt.what_to_do.startswith("Make room")
    mail_disk.make_room()
    Mail.objects.update(closes_at="2020-01-01T00:00Z")
    assert send_due() == 1
    assert len(mail_disk.kept) == 1
    assert Mail.objects.get().state == "sent"


def test_half_a_mail_is_not_left_behind(ticket, mika, mail_disk):
    """Guard: taking away what was begun (opsi/mailers.py), which would eat up the room there is."""
    Outbox.objects.all().delete()
    ticket.note("A line of a long log.\n" * 500, by=mika)
    due(Outbox.objects.get().pk)
    mail_disk.fill()
    with (mail_disk.folder / "ballast").open("r+b") as ballast:
        ballast.truncate(ballast.seek(0, os.SEEK_END) - 4096)  # one page: a mail is longer
    assert send_due() == 0
    assert mail_disk.kept == []


@pytest.fixture
def media_disk(small_disk, settings):
    settings.MEDIA_ROOT = small_disk.folder
    return small_disk


def test_an_attachment_that_finds_no_room_is_refused_beside_its_field_with_the_text_still_there(
    media_disk, ticket, uma
):
    client, note = client_of(uma), f"{ticket.get_absolute_url()}articles/"
    answer = client.post(note, {"body": "See the file.", "attachments": [a_file(2 * ROOM)]})
    assert answer.status_code == 422
    assert "There is no room for “log.txt” right now, and nothing was sent." in answer.text
    assert "See the file." in answer.text
    assert Article.objects.filter(ticket=ticket).count() == 1
    assert client.post(note, {"body": "See the file.", "attachments": [a_file(500)]}).status_code == 302


def test_of_several_files_none_is_left_where_one_finds_no_room(media_disk, ticket, uma):
    """Guard: taking away what was begun (tickets/models/traits/conversing.py)."""
    files = [a_file(ROOM // 2), a_file(ROOM)]
    client_of(uma).post(f"{ticket.get_absolute_url()}articles/", {"body": "See.", "attachments": files})
    assert media_disk.kept == []
    assert not Attachment.objects.exists()


def test_a_new_ticket_whose_file_finds_no_room_is_not_registered(media_disk, service_desk, ray):
    given = {"title": "Gateway down", "type": "incident", "priority": "high", "queue": service_desk.pk}
    given |= {"body": "See the file.", "attachments": [a_file(2 * ROOM)]}
    answer = client_of(ray).post("/tickets/new/", given)
    assert answer.status_code == 422
    assert "There is no room for “log.txt” right now" in answer.text
    assert not Ticket.objects.exists()


def a_file(size):
    return SimpleUploadedFile("log.txt", b"x" * size)


def test_a_wake_up_that_finds_no_room_costs_the_act_nothing(small_disk, broker_at, ticket, mika, uma, caplog):
    """Guard: taking away what was begun (opsi/filequeue.py)."""
    Outbox.objects.all().delete()
    (small_disk.folder / "queue").mkdir()
    broker_at("", small_disk.folder / "queue")
    small_disk.fill()
    ticket.note("Looked at it.", by=mika)
    assert "No space left on device" in caplog.text
    assert [file for file in small_disk.kept if file.name != ".lock"] == []
    sweep()
    assert told() == {"uma": 1}


@pytest.fixture
def full_database():
    """`full_database()`: the database grows no further, until `full_database(False)`."""

    def limit(is_full=True):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0] if is_full else 2**31 - 1
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    yield limit
    connection.close()


@on_sqlite
def test_a_page_that_finds_the_databases_disk_full_says_so(full_database, ticket, uma):
    client, note = client_of(uma), f"{ticket.get_absolute_url()}articles/"
    full_database()
    answer = client.post(note, {"body": "x" * 50_000})
    assert answer.status_code == 503
    assert "There is no room left to keep anything" in answer.text
    assert Article.objects.filter(ticket=ticket).count() == 1
    full_database(False)
    assert client.post(note, {"body": "x" * 50_000}).status_code == 302


@on_sqlite
def test_a_dispatch_that_finds_the_databases_disk_full_is_undone_and_done_once(full_database, ticket, mika):
    watchers = crowd(200)
    with operation(by=mika, quiet=True):
        for person in watchers:
            Watcher.objects.watch(ticket, person, by=mika)
    Outbox.objects.all().delete()
    ticket.note("Looked at it.", by=mika)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no page is free that a dispatch could take
    full_database()
    assert dispatch_waiting() == 1
    assert told() == {}
    assert "disk is full" in Outbox.objects.get().error
    full_database(False)
    become_due()
    assert dispatch_waiting() == 1
    assert set(told().values()) == {1}
    assert len(told()) == 201

"""A backup is taken while mail waits, the mail goes out, and the backup is restored: docs/operations.md step by step.

SQLite by `manage.py backup`, PostgreSQL by pg_dump and pg_restore. The installation is 0.1's, which waits for much.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.services import servers
from tests.services.installation import PROJECT
from tests.upgrade.conftest import ALL_IN_ONE, ON_SERVICES
from tests.upgrade.kept import MARK, told
from tests.waiting import text_of

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(400)]

NOTE = """
from opsi.models import User; from tickets.models import Ticket
Ticket.objects.get(title="Gateway down").note("{text}", by=User.objects.get(username="uma"))
"""
UNFINISHED = ("notifications_mail", "state IN ('open', 'due', 'sending')")
# What nobody is told of before the test is over: a summary that comes the next day.
SUMMARY = 1
# A time that comes after the backup: found by the sweep, and an event of its own each time.
REMINDER = "Call back"


class Backup:
    def __init__(self, installation, folder):
        self.installation, self.folder = installation, folder

    def take(self):
        if ON_SERVICES:
            self.folder.mkdir()
            self._postgresql("pg_dump", "--format=custom", "--file", str(self.folder / "database"))
        else:
            self.installation.manage("backup", str(self.folder))

    def restore(self, data_dir):
        """Into a data dir and a database of their own, as if the machine had been lost."""
        environment = self.installation.environment
        environment["OPSI_DATA_DIR"] = str(data_dir)
        if ON_SERVICES:
            data_dir.mkdir()
            environment["DATABASE_URL"] = servers.new_database()
            self._postgresql(
                "pg_restore", "--no-owner", "--exit-on-error", str(self.folder / "database"), "--dbname"
            )
        else:
            shutil.copytree(self.folder, data_dir)
        self.installation.manage("migrate", "--verbosity", "0")

    def _postgresql(self, program, *arguments):
        command = [servers._find(program), *arguments, self.installation.environment["DATABASE_URL"]]
        subprocess.run(command, check=True)


@pytest.fixture
def lost(old, mailbox, tmp_path):
    """A backup was taken; then all that waited was sent, and more came: `(backup, mails)`."""
    old.migrate()
    backup = Backup(old, tmp_path / "backup")
    backup.take()
    old.shell(NOTE.format(text="Word 100"))
    mails = work(old, mailbox)
    assert ["vera@example.com", "Word 100", 1] in told(mails)
    return backup, mails


def work(installation, mailbox):
    """What worker and beat send until nothing waits but the summary."""
    mailbox.clear()
    with installation.celery(" ready.", "worker", *ALL_IN_ONE):
        installation.wait_until("tickets_ticketevent", "name = 'NotificationPendingReminder'", 1)
        installation.wait_until("notifications_outbox", "state <> 'done'", 0)
        installation.wait_until(*UNFINISHED, SUMMARY)
    return [mail.message for mail in mailbox.mails]


def without(marks, rows):
    return [row for row in rows if row[1] not in marks]


def assert_same_names(first, second):
    """What was in the backup and reads alike has the same Message-ID, and what tells of other things has another."""
    before, again = (
        {(mail["To"], text_of(mail)): mail["Message-ID"] for mail in mails} for mails in (first, second)
    )
    alike = {key for key in before.keys() & again.keys() if REMINDER not in key[1]}
    assert len(alike) > 5
    assert [key for key in alike if before[key] != again[key]] == []
    marks = {mail["Message-ID"]: set(MARK.findall(text_of(mail))) for mail in first}
    for mail in second:
        if mail["Message-ID"] in marks:
            # Hidden by a mail program that knows the first: nothing stands in it that was not in that.
            assert set(MARK.findall(text_of(mail))) <= marks[mail["Message-ID"]]


def test_what_waited_goes_again_by_the_same_name(old, lost, mailbox, tmp_path):
    """Guard: the Message-ID is made of what is told (`compose._name`). Random, or made of the mail's id, it fails."""
    backup, first = lost
    backup.restore(tmp_path / "restored")
    assert "mails that may have been sent already are sent." in old.manage("after_restore", "--send")
    old.shell(NOTE.format(text="Word 101"))
    second = work(old, mailbox)
    # Nothing that was in the backup is lost; what came after it is not known any more.
    assert without(["Word 101"], told(second)) == without(["Word 100"], told(first))
    assert ["vera@example.com", "Word 101", 1] in told(second)
    assert set(Counter(mail["Message-ID"] for mail in second).values()) == {1}
    # Ids of mails are given anew: none of them may hide what tells of something else.
    assert_same_names(first, second)


def test_what_waited_is_held_back_and_sent_by_choice(old, lost, mailbox, tmp_path):
    backup, first = lost
    backup.restore(tmp_path / "restored")
    number, _space, what = old.manage("after_restore", "--hold").partition(" ")
    assert what.strip() == "mails that may have been sent already are held back."
    assert old.count(*UNFINISHED) == SUMMARY
    old.shell(NOTE.format(text="Word 101"))
    after = work(old, mailbox)
    assert {mark for _address, mark, _count in told(after)} == {"Word 101"}
    held = "deliveries__cause='restored'"
    assert old.tell(f"kept.Mail.objects.filter({held}, state='failed').try_again()") == int(number) > 10
    chosen = work(old, mailbox)
    assert told(chosen) == without(["Word 100"], told(first))
    assert_same_names(first, chosen)


@pytest.mark.skipif(ON_SERVICES, reason="PostgreSQL has pg_dump")
def test_a_backup_taken_while_people_write_is_whole(old, tmp_path):
    """Guard: one transaction's view of the database. A plain copy of the file lacks what stands in its -wal."""
    old.manage("migrate", "--verbosity", "0")
    file = Path(old.environment["OPSI_DATA_DIR"]) / "opsi.sqlite3"
    (file.parent / "media" / "attachments").mkdir(parents=True)
    (file.parent / "media" / "attachments" / "kept").write_bytes(b"kept")
    (file.parent / "secret_key").write_text("secret")
    over, begun = threading.Event(), threading.Event()

    def write():
        with closing(sqlite3.connect(file, timeout=20)) as connection:
            connection.execute("CREATE TABLE one (n INTEGER)")
            connection.execute("CREATE TABLE other (n INTEGER)")
            number = 0
            while not over.is_set():
                # Two rows belong together, as a history row and its outbox row do.
                connection.execute("INSERT INTO one VALUES (?)", [number])
                connection.execute("INSERT INTO other VALUES (?)", [number])
                connection.commit()
                number += 1
                if number == 50:
                    begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(60)
        old.manage("backup", str(tmp_path / "backup"))
    finally:
        over.set()
        writer.join()
    with closing(sqlite3.connect(tmp_path / "backup" / "opsi.sqlite3")) as copy:
        [pair] = copy.execute("SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM other)")
        assert pair[0] == pair[1] >= 50
        assert copy.execute("SELECT count(*) FROM tickets_ticketevent").fetchone()[0] > 50
    assert (tmp_path / "backup" / "media" / "attachments" / "kept").read_bytes() == b"kept"
    assert (tmp_path / "backup" / "secret_key").read_text() == "secret"
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_a_backup_is_never_written_over_another(old, tmp_path):
    """And on PostgreSQL the command says what copies that."""
    (tmp_path / "backup").mkdir()
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", str(tmp_path / "backup")],
        cwd=PROJECT, env=old.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert ("pg_dump" if ON_SERVICES else "exists already") in done.stderr
    assert os.listdir(tmp_path / "backup") == []

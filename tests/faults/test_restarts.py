"""PostgreSQL is restarted under workers at work: they go on by themselves, and nothing is lost or told twice."""

import os
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.mailbox import Mailbox
from tests.services import servers
from tests.services.installation import NOTE, PREPARE, TOLD, Installation, steps

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("OPSI_TEST_SERVICES"), reason="wants PostgreSQL and Redis (bin/test --services)"
    ),
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(600),
]
NOTES = 30
A_LEASE = 150.0  # seconds: the longest that something may stay with who lost it, and a sweep


class Database:
    """A PostgreSQL of this test's own."""

    def __init__(self, folder):
        folder.chmod(0o755)  # PostgreSQL's own user must reach its part
        self._folder, self._port = folder, 0
        self._running = ExitStack()

    def start(self):
        server = self._running.enter_context(servers.own_postgres(self._folder, self._port))
        self._port = urlsplit(server).port
        self.url = f"{server}/postgres"

    def stop(self):
        self._running.close()


@pytest.fixture
def database():
    with tempfile.TemporaryDirectory(prefix="opsi-servers-", ignore_cleanup_errors=True) as folder:
        server = Database(Path(folder))
        try:
            server.start()
        except servers.Unavailable as problem:
            pytest.skip(str(problem))
        yield server
        server.stop()


@contextmanager
def listening():
    box = Mailbox()
    box.start()
    yield box
    box.stop()


def test_a_database_restarted_mid_dispatch_and_mid_sending(database, tmp_path):
    """Guards: putting off and marking over a new connection; leases; connections that are looked at before use.

    One worker keeps a connection for each thread, the other shares some.
    """
    with listening() as mailbox, ExitStack() as stack:
        installed = Installation(tmp_path, mailbox, os.environ["OPSI_TEST_REDIS_URL"], stack)
        installed.environment |= {"DATABASE_URL": database.url, "OPSI_WINDOW_SECONDS": "0"}
        installed.manage("migrate", "--verbosity", "0")
        installed.shell(PREPARE)
        for pool in ("", "4"):
            installed.environment["OPSI_DATABASE_POOL"] = pool
            installed.start_workers(1, "--pool", "threads", "--concurrency", "2")
        installed.start_beat()
        with mailbox.keeping_all_waiting():
            installed.shell(NOTE.format(count=NOTES, text="Step"))
            mailbox.wait_until_one_waits()
            database.stop()
        # What waited was taken, and there is nobody who could be told so.
        database.start()
        mailbox.wait_for(lambda mails: set(steps(mails)) == set(range(NOTES)), limit=A_LEASE)

        expected = ["told", str(NOTES), "0", str(NOTES), str(NOTES)]
        deadline = time.monotonic() + A_LEASE
        while (found := installed.shell(TOLD)) != expected:
            assert time.monotonic() < deadline, found
        # What came again is the same mail.
        assert len({mail.message["Message-ID"] for mail in mailbox.mails}) == NOTES

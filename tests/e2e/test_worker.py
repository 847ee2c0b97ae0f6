"""The database is the truth, the worker only carries it out, and the broker only wakes it up: each may be away."""

import os
import time

import pytest

from tests.e2e.pages import (
    add_watcher,
    begin_note,
    close_dialog,
    create_ticket,
    expect_article,
    expect_unread,
    open_watcher_dialog,
    read_everything,
)
from tests.line import Line

pytestmark = pytest.mark.timeout(180)

TITLE = "Badge reader at the east gate is dead"
NOTE = "Security opens by hand for now."
A_SWEEP = 30_000  # ms; beat sweeps every 5 seconds, and a worker takes a few to find its broker again
QUICK = 5.0  # seconds for a click and its page, on a machine that does much else


@pytest.fixture(scope="module")
def broker():
    """What stands between the stack and its broker, to be taken away and brought back."""
    if url := os.environ.get("OPSI_TEST_REDIS_URL"):
        with Line(url) as line:
            yield RedisLine(line)
    else:
        yield QueueFolder()


@pytest.fixture(scope="module")
def stack(start_stack, mailbox, broker):
    stack = start_stack(OPSI_MAIL_URL=mailbox.url, OPSI_WINDOW_SECONDS="1", **broker.settings)
    broker.stack = stack
    return stack


@pytest.fixture
def aiko(stack, mailbox, enter):
    """Her window on an inbox where all is read; what mail she had before is out of the way."""
    page = enter(stack, "aiko")
    read_everything(page)
    mailbox.clear()
    return page


@pytest.fixture
def uma(stack, mailbox, enter, aiko):
    """Her window on a ticket of hers that aiko watches and knows of."""
    page = enter(stack, "uma")
    create_ticket(page, TITLE)
    dialog = open_watcher_dialog(page)
    add_watcher(dialog, "佐藤 愛子", search="aiko")
    close_dialog(dialog)
    expect_unread(aiko, 1, timeout=A_SWEEP)
    mailbox.wait_for_mail("aiko@example.com")
    mailbox.clear()
    read_everything(aiko)
    return page


def test_without_worker_nothing_is_lost_and_all_comes_once_it_starts(stack, mailbox, uma, aiko):
    stack.stop_worker()
    try:
        begin_note(uma, NOTE).click()
        expect_article(uma, NOTE)
        aiko.reload()
        expect_unread(aiko, 0)
        assert mailbox.to("aiko@example.com") == []
    finally:
        stack.start_worker()
    expect_told(aiko, mailbox)


def test_without_broker_the_page_answers_quickly_and_the_sweep_makes_up_for_it(
    stack, mailbox, broker, uma, aiko
):
    add_note = begin_note(uma, NOTE)
    broker.go_away()
    try:
        began = time.monotonic()
        add_note.click()
        expect_article(uma, NOTE)
        assert time.monotonic() - began < QUICK
        stack.wait_for_line("The broker could not be reached")
        aiko.reload()
        expect_unread(aiko, 0)
    finally:
        broker.come_back()
    expect_told(aiko, mailbox)


def expect_told(aiko, mailbox):
    expect_unread(aiko, 1, timeout=A_SWEEP)
    [mail] = mailbox.wait_for_mail("aiko@example.com")
    assert TITLE in mail.subject
    assert NOTE in mail.text


class QueueFolder:
    """The embedded broker: where its folder was, something else is. The worker rests meanwhile: it stands for one on
    another machine, which this one cannot reach."""

    settings: dict[str, str] = {}

    def go_away(self):
        self.stack.stop_worker()
        self._folder.rename(self._aside)
        self._folder.touch()

    def come_back(self):
        self._folder.unlink()
        self._aside.rename(self._folder)
        self.stack.start_worker()

    @property
    def _folder(self):
        return self.stack.data_dir / "queue"

    @property
    def _aside(self):
        return self.stack.data_dir / "queue.aside"


class RedisLine:
    """The wire to Redis, cut and mended."""

    def __init__(self, line):
        self.settings = {"CELERY_BROKER_URL": line.url}
        self.go_away, self.come_back = line.cut, line.mend

"""What 0.1 had put into the broker is taken and done by today's worker: its tasks keep names, arguments and queues."""

import base64
import datetime
import inspect
import json

import pytest

from opsi.celery import app
from tests.upgrade.conftest import BROKERS, fixture

MESSAGES = fixture("messages.json")
TASKS = sorted({one["message"]["headers"]["task"] for one in MESSAGES})
WAITING = ("notifications_outbox", "state = 'waiting'")


def named(task):
    return [one for one in MESSAGES if one["message"]["headers"]["task"] == task]


@pytest.mark.parametrize("task", TASKS)
def test_today_s_worker_knows(task):
    """A task that is renamed leaves its old name behind, and one that takes more has defaults for it: no upgrade waits
    for empty queues. (Renamed, or given an argument without a default, the task fails here.)"""
    app.autodiscover_tasks(force=True)
    assert task in app.tasks
    for one in named(task):
        positional, by_name, _embedded = json.loads(base64.b64decode(one["message"]["body"]))
        inspect.signature(app.tasks[task].run).bind(*positional, **by_name)
        assert one["queue"] in app.amqp.queues


def test_the_fixture_has_every_task_of_0_1():
    assert len(TASKS) == 8


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("old", BROKERS, indirect=True)
def test_each_is_done(old, mailbox):
    """By nothing else: no beat runs, and what each does is seen before the next is put in."""
    old.manage("migrate", "--verbosity", "0")
    _found_by_the_sweep, *others = named("notifications.tasks.dispatch")
    with old.celery(" ready.", "worker", "-l", "INFO", "--pool", "threads", "--concurrency", "2") as lines:
        assert old.count(*WAITING) == 5
        put(old, others)
        old.wait_until(*WAITING, 1)
        # Woken by the sweep of 0.1, which names no operation.
        put(old, named("notifications.tasks.dispatch_waiting"))
        old.wait_until(*WAITING, 0)
        assert not mailbox.mails

        put(old, named("notifications.tasks.send_due"))
        mailbox.wait_for(len, limit=60)

        put(old, named("notifications.tasks.sweep"))
        old.wait_until("notifications_inboxrow", "state = 'snoozed'", 1)
        put(old, named("notifications.tasks.keep_house"))
        old.wait_until("notifications_outbox", "attempts = 0", 0)
        put(old, named("tickets.tasks.sweep"))
        old.wait_until("tickets_ticketevent", "name = 'NotificationPendingReminder'", 1)
        put(old, named("tickets.tasks.tidy"))
        old.wait_until("tickets_composing", "true", 0)
        put(old, named("opsi.tasks.clear_sessions"))
        old.wait_until("django_session", "true", 1)
    assert not [line for line in lines if "ERROR" in line or "Traceback" in line]


def put(old, messages):
    """As if 0.1 had been stopped this very moment: what is overtaken by the next sweep has not expired yet."""
    for one in messages:
        headers = one["message"]["headers"]
        if headers["expires"]:
            headers["expires"] = (
                datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
            ).isoformat()
        old.put(one["message"], one["queue"])

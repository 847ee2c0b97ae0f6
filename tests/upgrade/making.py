"""Makes the fixture of a version with that version's own code (docs/reliability.md, Upgrade, backup, restore).

Run by `making.sh`, inside a checkout of the version and with an empty database. It leaves an installation in the middle
of its work: what was done, what waits, and what dead workers held, as of STOPPED.
"""

import datetime
import json
import os
import random
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
chance = random.Random(1)
uuid.uuid4 = lambda: uuid.UUID(int=chance.getrandbits(128), version=4)
secrets.choice = chance.choice
random.seed(1)

import django  # noqa: E402

django.setup()

import time_machine  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import translation  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from kept import inbox, kept, told  # noqa: E402

from notifications import mailing, sweep  # noqa: E402
from notifications.demo.people import PASSWORD, settle  # noqa: E402
from notifications.demo.script import read_stories  # noqa: E402
from notifications.demo.stage import Stage  # noqa: E402
from notifications.dispatch import dispatch_waiting  # noqa: E402
from notifications.models import (  # noqa: E402
    AddressPause,
    Definition,
    InboxFilter,
    Mail,
    Mute,
    NotificationFunction,
    Outbox,
    PersonalSettings,
    Preference,
    Subscription,
)
from notifications.transports import Permanent, Temporary  # noqa: E402
from opsi.models import User  # noqa: E402
from tickets import due  # noqa: E402
from tickets.models import Composing, ListFilter, Queue, Ticket  # noqa: E402
from watchers.models import Watcher  # noqa: E402

BEGUN = datetime.datetime(2026, 1, 15, 9, 0, tzinfo=datetime.UTC)
STOPPED = datetime.datetime(2026, 1, 15, 10, 50, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
STORIES = 14  # of the demo data: the fixture is to stay small
WAITING = "waiting"


class Answers:
    """A way out that accepts what `says` has no error for; `mails` are what it accepted."""

    sender = "Ops I <ops-i@localhost>"

    def __init__(self, says=()):
        self.says, self.mails = dict(says), []
        self.function = NotificationFunction.load().function

    def deliver(self, message):
        [address] = message.to
        if address in self.says:
            raise self.says[address]
        self.mails.append(message_from_bytes(message.message().as_bytes(), policy=policy.default))
        return "250 OK"

    def close(self):
        pass


class Desk:
    def __init__(self, clock):
        self.clock, self.words = clock, 0
        self.people = {person.username: person for person in User.objects.all()}

    def at(self, minutes):
        """So many minutes before the stop."""
        self.clock.move_to(STOPPED - datetime.timedelta(minutes=minutes), tick=False)

    def word(self):
        # No two acts at one moment: databases would differ in which of them comes first.
        self.clock.shift(1)
        self.words += 1
        return f"Word {self.words}"

    def note(self, ticket, by="mika", **options):
        ticket.refresh_from_db()
        ticket.note(self.word(), by=self.people[by], **options)

    def dispatch(self):
        while dispatch_waiting():
            pass

    def batch(self, owner, answers):
        mails = Mail.objects.claim(owner, 50)
        return mailing.Batch(mails, owner, NotificationFunction.load(), answers)

    def send(self, answers=None):
        answers = answers or Answers()
        while Mail.objects.due(datetime.datetime.now(datetime.UTC)).exists():
            self.batch(f"worker:{self.words}", answers).send()
            if answers.says:
                break
        return answers.mails

    def ticket(self, title, by="mika", watchers=(), **fields):
        fields = {"queue": Queue.objects.get(name="Service desk"), "body": self.word()} | fields
        ticket = Ticket.objects.register(by=self.people[by], title=title, **fields)
        for login in watchers:
            self.clock.shift(1)
            Watcher.objects.watch(ticket, self.people[login], by=self.people["mika"])
        return ticket


def demo():
    with translation.override("en"):
        settle()
        Stage(BEGUN).play(read_stories(BEGUN)[-STORIES:])
        due.let_pass(STOPPED + DAY)
    # The hash of people who signed in with 0.1 must go on being read; its salt is the only thing not left to chance.
    User.objects.exclude(is_system=True).update(password=make_password(PASSWORD, salt="fixture"))


def choices(desk, gateway):
    """What people and administrators have set."""
    people = desk.people
    article = Definition.objects.order_by("pk").first()
    Preference.objects.create(person=people["uma"], definition=article, channel="email", enabled=False)
    PersonalSettings.objects.create(person=people["ray"], rhythm="daily")
    PersonalSettings.objects.create(
        person=people["aiko"], quiet_from=datetime.time(1), quiet_until=datetime.time(1, 1), quiet_days=[6]
    )
    Subscription.objects.create(person=people["vera"], queue=Queue.objects.get(name="Network"))
    Mute.objects.create(person=people["bo"], ticket=gateway)
    AddressPause.objects.create(address="cora@example.com", reason="bounced", words="550 No such user")
    InboxFilter.objects.create(person=people["uma"], name="Urgent", query="severity=3")
    ListFilter.objects.create(person=people["mika"], name="Mine", asks={"owner": "me", "state": "open"})
    Watcher.objects.watch(gateway, people["ada"], by=people["ada"])
    Watcher.objects.unwatch(gateway, people["ada"], by=people["ada"])


def work(desk):
    """An hour and a half, in which all has come to an end but what is left below."""
    people = desk.people
    desk.at(95)
    gateway = desk.ticket("Gateway down", owner=people["uma"], watchers=["aiko", "vera", "carl"],
                          customer=people["carl"].customer)  # fmt: skip
    choices(desk, gateway)
    for title in ("Printer jams", "Badge lost", "Door opens by itself", "Lift stands still"):
        desk.ticket(title, owner=people["uma"], watchers=["aiko"])
    desk.dispatch()
    desk.at(80)
    desk.note(gateway, visible_for_customer=True)
    desk.dispatch()
    desk.at(65)
    desk.send()
    rows = people["uma"].inbox.order_by("ticket__number")
    by_title = {row.ticket.title: people["uma"].inbox.filter(pk=row.pk) for row in rows}
    by_title["Printer jams"].mark_done()
    by_title["Badge lost"].save_for_later()
    by_title["Door opens by itself"].snooze(STOPPED + datetime.timedelta(minutes=3))
    by_title["Lift stands still"].snooze(STOPPED + 2 * DAY)
    desk.at(60)
    # Time events: one comes due while nothing runs.
    later = STOPPED + datetime.timedelta(minutes=2)
    reminded = desk.ticket(f"Call back: {desk.word()}", owner=people["uma"])
    desk.clock.shift(1)
    reminded.change_state("pending", by=people["uma"], pending_until=later)
    desk.dispatch()
    desk.at(45)
    desk.send()
    return gateway


def leave(desk, gateway):
    """What the stop left undone."""
    desk.at(40)
    desk.note(gateway, visible_for_customer=True)
    desk.dispatch()
    desk.at(29)
    desk.send(Answers({"aiko@example.com": Temporary("451 Try again later"),
                       "carl@example.com": Permanent("550 Mailbox unavailable")}))  # fmt: skip
    desk.dispatch()
    # A worker that died with the mails in its hands, before it handed them over.
    desk.at(25)
    desk.note(gateway)
    desk.dispatch()
    desk.at(14)
    Mail.objects.filter(address="aiko@example.com", state="due").update(closes_at=STOPPED)
    Mail.objects.exclude(address__in=["vera@example.com"]).filter(state="open", lane="").update(
        closes_at=STOPPED - datetime.timedelta(minutes=3)
    )
    dead = desk.batch("dead worker", Answers())
    dead._freeze(dead._compose())
    # Windows that are over, and new ones.
    desk.at(2)
    ticket = desk.ticket("Coffee machine", by="ray")
    desk.note(ticket, visible_for_customer=True)
    desk.note(gateway, by="uma")
    desk.note(gateway, by="aiko", visible_for_customer=True)
    desk.dispatch()
    # Operations: claimed by a worker that died, put off after a failure, and not touched yet.
    desk.note(gateway)
    [claimed] = Outbox.objects.filter(state=WAITING)
    now = datetime.datetime.now(datetime.UTC)
    Outbox.objects.claim(claimed.pk, "dead worker", now - datetime.timedelta(minutes=1))
    desk.at(1)
    desk.note(gateway, by="uma")
    put_off = Outbox.objects.exclude(pk=claimed.pk).get(state=WAITING)
    now = datetime.datetime.now(datetime.UTC)
    Outbox.objects.claim(put_off.pk, "worker", now)
    Outbox.objects.put_off(put_off.pk, "worker", now, "OperationalError('database is away')")
    desk.at(0)
    desk.note(gateway, by="carl")
    desk.ticket("New from Acme", by="cora")
    desk.clock.shift(1)
    gateway.change_state("in_progress", by=desk.people["uma"])
    # For what comes by only now and then.
    Session.objects.create(session_key="ended", session_data="", expire_date=STOPPED - DAY)
    Session.objects.create(session_key="lives", session_data="", expire_date=STOPPED + 6 * DAY)
    Composing.objects.create(
        ticket=gateway, person=desk.people["uma"], kind="note", since=STOPPED, seen_at=STOPPED
    )
    Outbox.objects.create(
        operation=uuid.uuid4(), state="done", created_at=STOPPED - 40 * DAY, dispatched_at=STOPPED - 40 * DAY
    )


def end(desk):
    """What the version itself makes of it, had it gone on six minutes later."""
    desk.at(-6)
    due.sweep()
    desk.dispatch()
    sweep.wake_snoozed(datetime.datetime.now(datetime.UTC))
    mails = Answers()
    desk.send(mails)
    desk.at(-17)
    desk.send(mails)
    return {"told": told(mails.mails), "inbox": inbox()}


def messages():
    """Every task with the arguments it can be called with, as Celery puts it into a queue."""
    from notifications import tasks as notification_tasks
    from notifications import wakeup
    from opsi import tasks as opsi_tasks
    from tickets import tasks as ticket_tasks

    for operation in Outbox.objects.filter(state=WAITING).order_by("created_at").values_list("pk", flat=True):
        wakeup.wake_dispatch(operation)
    wakeup.wake_mailing()
    wakeup.wake_dispatchers(1)
    wakeup.wake_senders(1)
    beat = {entry["task"]: entry["options"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    for task in (
        notification_tasks.sweep, notification_tasks.keep_house, ticket_tasks.sweep, ticket_tasks.tidy,
        opsi_tasks.clear_sessions,
    ):  # fmt: skip
        task.apply_async(**beat[task.name])
    put = []
    for file in sorted(Path(settings.OPSI_DATA_DIR, "queue").glob("*.msg")):
        message = json.loads(file.read_text())
        # The process and the machine that put it there.
        message["headers"]["origin"] = "gen1@desk"
        message["properties"]["reply_to"] = str(uuid.UUID(int=0))
        put.append({"queue": file.name.split(".")[1], "message": message})
    return sorted(
        put, key=lambda one: (one["queue"], one["message"]["headers"]["task"], one["message"]["body"])
    )


def dump(out):
    database = settings.DATABASES["default"]
    connection.close()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(database["NAME"])) as made:
            Path(out, "sqlite.sql").write_text("\n".join(made.iterdump()) + "\n")
        return
    command = [
        "pg_dump",
        "--no-owner",
        "--no-privileges",
        "--inserts",
        "--rows-per-insert=100",
        os.environ["DATABASE_URL"],
    ]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    # Commands of psql's own, and what older servers do not know.
    kept = [line for line in lines if line and not line.startswith(("\\", "--", "SET transaction_timeout"))]
    Path(out, "postgresql.sql").write_text("\n".join(kept) + "\n")


def main(out):
    assert Path(settings.OPSI_DATA_DIR).is_relative_to(tempfile.gettempdir()), (
        "The queue would be somebody's own."
    )
    with time_machine.travel(BEGUN, tick=False) as clock:
        call_command("migrate", verbosity=0)
        demo()
        desk = Desk(clock)
        leave(desk, work(desk))
        for file in Path(settings.OPSI_DATA_DIR, "queue").glob("*.msg"):
            file.unlink()
        put = messages()
        found = {"stopped": STOPPED.isoformat(), "before": kept()}
        dump(out)
        found["after"] = end(desk)
    _write(Path(out, "kept.json"), found)
    _write(Path(out, "messages.json"), put)


def _write(file, value):
    """The same whatever the database."""
    text = (
        json.dumps(value, indent=None, ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[")
        + "\n"
    )
    if file.exists() and file.read_text() != text:
        file.with_suffix(".other").write_text(text)
        sys.exit(f"{file} is not what another database made of it: see beside it.")
    file.write_text(text)


main(sys.argv[1])

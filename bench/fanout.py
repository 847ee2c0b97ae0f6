"""One note and all it causes: from the wake-up to committed notices, inbox rows and mail items; and the request."""

import uuid

from django.db import transaction
from django.test import Client
from django.utils import timezone

from bench.measuring import Side
from bench.world import BODY, World
from notifications.choices import MailState, OutboxState
from notifications.dispatch import dispatch_operation
from notifications.mailing import send_due
from notifications.models import Candidate, InboxRow, Mail, MailItem, Notice, NotificationFunction, Outbox

NAMES = ("fanout_1", "fanout_10", "fanout_100", "fanout_1000", "fanout_bare_1000")
REQUESTS = ("request_w0", "request_w1000")
LAST_MAILS = ("event_to_last_mail_100", "event_to_last_mail_1000")
CHUNK = 1_000


class Fanout:
    """Each time a new ticket: its first event makes rows where a later one would change them."""

    def __init__(self, world: World, watchers: int):
        self.world, self.watchers = world, watchers
        self.operation: uuid.UUID | None = None

    def before(self) -> None:
        ticket = self.world.ticket(self.watchers)
        dispatch_all()
        _end_windows()
        ticket.note(BODY, by=self.world.mika)
        self.operation = Outbox.objects.get(state="waiting").pk

    def act(self) -> None:
        done = dispatch_operation(self.operation)
        assert done, Outbox.objects.get(pk=self.operation).error  # noqa: S101


class BareFanout:
    """The rows of the fan-out before, on a ticket that nobody was told of yet: `bulk_create` and nothing else."""

    def __init__(self, world: World, like: Fanout):
        self.world, self.like = world, like

    def before(self) -> None:
        ticket = self.world.ticket(0)
        Outbox.objects.update(state=OutboxState.DONE)  # nobody has a row of it yet
        _end_windows()
        operation = uuid.uuid4()
        notices = list(Notice.objects.filter(operation=self.like.operation))
        self.candidates = list(Candidate.objects.filter(operation=self.like.operation))
        self.rows = list(InboxRow.objects.filter(notice__in=[notice.pk for notice in notices]))
        self.items = list(MailItem.objects.filter(notice__in=[notice.pk for notice in notices]))
        self.mails = list(Mail.objects.filter(pk__in=[item.mail_id for item in self.items]))
        known = {notice.pk: notice for notice in notices}
        mails = {mail.pk: mail for mail in self.mails}
        for telling in self.candidates:
            telling.notice = known.get(telling.notice_id)
        for row in self.rows:
            row.notice = known[row.notice_id]
        for item in self.items:
            item.notice, item.mail = known[item.notice_id], mails[item.mail_id]
        for one in [*notices, *self.candidates]:
            one.operation = operation
        for one in [*notices, *self.candidates, *self.rows]:
            one.ticket = ticket
        for mail in self.mails:
            mail.state = MailState.OPEN
        self.notices = notices
        for one in [*notices, *self.candidates, *self.rows, *self.items, *self.mails]:
            one.pk = None
            one._state.adding = True

    def act(self) -> None:
        with transaction.atomic():
            Notice.objects.bulk_create(self.notices)
            Mail.objects.bulk_create(self.mails)
            for children, parents in (
                (self.candidates, ["notice"]),
                (self.rows, ["notice"]),
                (self.items, ["notice", "mail"]),
            ):
                for child in children:
                    for name in parents:
                        setattr(child, name, getattr(child, name))  # takes over the parent's new id
            Candidate.objects.bulk_create(self.candidates)
            InboxRow.objects.bulk_create(self.rows)
            MailItem.objects.bulk_create(self.items)


class Request:
    """mika posts a note from the page of a ticket."""

    def __init__(self, world: World, watchers: int):
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(world.mika)
        self.url = f"/tickets/{world.ticket(watchers).number}/articles/"

    def act(self) -> None:
        answer = self.client.post(self.url, {"kind": "note", "body": BODY})
        assert answer.status_code == 302, answer.status_code  # noqa: S101


class ToTheLastMail(Fanout):
    """From the commit of the note to the mail server's last answer; without a window, as that only waits."""

    def before(self) -> None:
        super().before()
        Mail.objects.exclude(state__in=[MailState.SENT]).update(state=MailState.SENT)
        NotificationFunction(window_minutes=0).save()

    def act(self) -> None:
        super().act()
        sent = 0
        while number := send_due():
            sent += number
        assert sent >= min(self.watchers, len(self.world.watchers)), sent  # noqa: S101
        NotificationFunction().save()


def sides(world: World) -> list[Side]:
    found = []
    for watchers in (1, 10, 100, 1_000):
        fanout = Fanout(world, watchers)
        bare = "fanout_bare_1000" if watchers == 1_000 else ""
        found.append(Side(f"fanout_{watchers}", fanout.act, fanout.before, bare=bare))
    bare_fanout = BareFanout(world, fanout)
    return [*found, Side("fanout_bare_1000", bare_fanout.act, bare_fanout.before)]


def requests(world: World) -> list[Side]:
    return [
        Side("request_w0", Request(world, 0).act),
        Side("request_w1000", Request(world, 1_000).act, bare="request_w0"),
    ]


def last_mail(world: World) -> list[Side]:
    ways = [ToTheLastMail(world, watchers) for watchers in (100, 1_000)]
    return [Side(name, way.act, way.before) for name, way in zip(LAST_MAILS, ways, strict=True)]


def dispatch_all():
    for operation in Outbox.objects.filter(state="waiting").values_list("pk", flat=True):
        dispatch_operation(operation)


def _end_windows():
    Mail.objects.filter(state=MailState.OPEN).update(state=MailState.SENT, finished_at=timezone.now())

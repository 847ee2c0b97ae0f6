"""One ticket, its watchers, notes on it; and what must hold of them once everything has come to an end."""

import random
import re
import time
from collections import Counter

from django.db.models import Max, Q
from django.utils import timezone

from notifications.dispatch import dispatch_waiting
from notifications.mailing import send_due
from notifications.models import InboxRow, Mail, MailItem, Notice, NotificationFunction, Outbox
from notifications.models.mail import UNFINISHED
from opsi.models import User
from opsi.roles import AgentRole
from tests.smtp import MailHost
from tickets.models import Queue, Ticket
from tickets.operations import operation
from watchers.models import Watcher

CONVERGED_WITHIN = 30.0  # seconds


def crowd(number: int) -> list[User]:
    return User.objects.bulk_create(
        User(
            username=f"person{place}",
            full_name=f"Person {place}",
            email=f"person{place}@example.com",
            agent_role=AgentRole.USER,
            effective_role=AgentRole.USER,
        )
        for place in range(number)
    )


class Desk:
    """`watchers` are chosen by `chance`, who also says whether mail is combined."""

    def __init__(self, mika: User, queue: Queue, people: list[User], watchers: int, chance: random.Random):
        self.mika = mika
        self.watchers = chance.sample(people, watchers)
        NotificationFunction(window_minutes=chance.choice([0, 10])).save()
        with operation(by=mika, quiet=True):
            self.ticket = Ticket.objects.register(by=mika, title="Gateway down", queue=queue, body="Silence.")
        Watcher.objects.bulk_create(
            Watcher(ticket=self.ticket, user=person, added_by=mika) for person in self.watchers
        )

    def write(self, notes: int) -> None:
        for number in range(notes):
            self.ticket.note(f"Step {self.ticket.pk}-{number}", by=self.mika)

    def work(self) -> None:
        """What a worker does: all that waits, as if each window were over."""
        while dispatch_waiting():
            pass
        Mail.objects.filter(state="open").update(closes_at=timezone.now())
        while send_due():
            pass

    @property
    def waits(self) -> bool:
        return (
            Outbox.objects.filter(state="waiting").exists()
            or Mail.objects.filter(state__in=UNFINISHED).exists()
        )

    def wait_for_leases(self) -> None:
        """What a killed worker held is free once its lease is over."""
        ends = [
            rows.aggregate(end=Max("leased_until"))["end"]
            for rows in (Outbox.objects.all(), Mail.objects.all())
        ]
        for end in filter(None, ends):
            time.sleep(max(0.0, (end - timezone.now()).total_seconds()))

    def converge(self) -> None:
        """Work until nothing waits."""
        deadline = time.monotonic() + CONVERGED_WITHIN
        while self.waits:
            assert time.monotonic() < deadline, "Something waits for ever"
            self.wait_for_leases()
            self.work()

    def check(self, host: MailHost) -> int:
        """All were told of each note, once in the app and at least once by mail. Returns how many mails came again."""
        notes = list(self.ticket.events.filter(name="ArticleCreate", article__body__startswith="Step"))
        everyone = {(person.pk, note.operation) for person in self.watchers for note in notes}
        told = list(Notice.objects.filter(ticket=self.ticket).values_list("person", "operation"))
        assert sorted(told) == sorted(everyone)
        rows = InboxRow.objects.filter(ticket=self.ticket)
        unread = dict(rows.values_list("person", "unread_count"))
        expected = {person.pk: len(notes) for person in self.watchers}
        assert unread == expected, self._whole(unread, expected)
        assert set(MailItem.objects.filter(notice__ticket=self.ticket).values_list("state", flat=True)) <= {
            "sent"
        }
        assert not Outbox.objects.exclude(state="done").exists()
        assert not Outbox.objects.filter(~Q(lease_owner="") | ~Q(leased_until=None)).exists()
        assert not Mail.objects.filter(~Q(lease_owner="") | ~Q(leased_until=None)).exists()
        return self._check_mails(host, len(notes))

    def _whole(self, unread, expected):
        """All that is written of what differs, to find out why."""
        differ = [key for key in {*unread, *expected} if unread.get(key) != expected.get(key)]
        lines = [f"{len(differ)} of {len(expected)} differ"]
        for found in (
            InboxRow.objects.filter(ticket=self.ticket, person__in=differ[:3]),
            Notice.objects.filter(ticket=self.ticket, person__in=differ[:3]),
            Outbox.objects.all(),
        ):
            lines += map(str, found.values())
        return "\n".join(lines)

    def _check_mails(self, host, notes):
        quoted: dict[tuple[str, str], set[str]] = {}
        for mail in host.mails:
            text = mail.get_body(("plain",)).get_content()
            for number in re.findall(rf"^Step {self.ticket.pk}-(\d+)\r?$", text, re.MULTILINE):
                quoted.setdefault((mail["To"], number), set()).add(mail["Message-ID"])
        expected = {(person.email, str(number)) for person in self.watchers for number in range(notes)}
        assert set(quoted) == expected
        # Come as often as it may: to a mail program it is one mail.
        assert {len(ids) for ids in quoted.values()} <= {1}
        times = Counter(mail["Message-ID"] for mail in host.mails)
        sent = Mail.objects.filter(items__notice__ticket=self.ticket, state="sent").distinct()
        assert set(times) == set(sent.values_list("message_id", flat=True))
        return sum(times.values()) - len(times)

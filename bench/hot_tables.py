"""The large tables of bench/large.py, and what else grows with each act: history, watches, mail, who was told."""

import datetime
import uuid

from django.utils import timezone

from bench.large import OLDEST, PEOPLE, Copies, Large, count_rows, earlier, made_uuid, spread
from bench.world import World
from notifications.choices import Function, ItemState, MailState, OutboxState, Outcome
from notifications.models import Candidate, DeliveryAttempt, InboxRow, Mail, MailItem, Notice, Outbox
from opsi.models import Customer, Group
from tickets.models import Ticket, TicketEvent
from watchers.models import Watcher

MAILS, DONE, WAITING = 200_000, 100_000, 1_000
HOUR = datetime.timedelta(hours=1)


class Filled(Large):
    """At scale 1 with 200,000 mails, 100,000 dispatches, 500,000 candidates; with an event and an article a ticket.

    Half of the tickets are watched. One in 200 mails and 100 dispatches waits. Everything is up to 200 days old.
    """

    def __init__(self, world: World, scale: float):
        super().__init__(world, scale, tidy=False)
        self.mails, self.waiting = int(MAILS * scale), max(int(WAITING * scale), 20)
        self.first_ticket = (
            Ticket.objects.order_by("pk").exclude(pk=self.first.pk).values_list("pk", flat=True)[0]
        )
        self.first_notice = Notice.objects.order_by("pk").values_list("pk", flat=True)[1]
        self.group = Group.objects.create(name="Network", slug="network")
        self.group.members.add(self.reader)
        self.customer = Customer.objects.create(name="Acme")
        Ticket.objects.filter(pk__gt=self.first.pk, pk__lt=self.first.pk + 50).update(
            assignment_group=self.group, customer=self.customer, due_at=timezone.now()
        )
        self._make_history()
        self._make_mail()
        self._make_told()
        self._make_outbox(int(DONE * scale))
        # Some notices that no inbox shows any more.
        InboxRow.objects.filter(notice__lt=self.first_notice + 50).delete()
        InboxRow.objects.filter(pk__in=self.reader.inbox.values("pk")[:20]).update(
            state="snoozed", snoozed_until=timezone.now() - HOUR
        )
        count_rows()

    def _make_history(self):
        ticket = f"{self.first_ticket} + i"
        at = {"at": earlier("at", spread(self.tickets))}
        event = TicketEvent.objects.filter(ticket=self.first).latest("pk")
        Copies(event).make(self.tickets, ticket_id=ticket, operation=made_uuid("i + 5000000"), **at)
        Copies(self.first.articles.get()).make(self.tickets, ticket_id=ticket)
        watch = Watcher.objects.watch(self.first, self.reader, by=self.world.mika)
        watcher = Watcher.objects.get(ticket=watch.ticket, user=self.reader)
        Copies(watcher).make(
            self.tickets // 2, ticket_id=ticket, user_id=f"{self.people[0].pk} + i % {PEOPLE}"
        )

    def _make_mail(self):
        now = timezone.now()
        sent = Mail.objects.create(
            address="first@example.com", state=MailState.SENT, closes_at=now, finished_at=now,
            function=Function.OPSI, message_id="<first@example.com>", provider_id="first", attempts=1,
        )  # fmt: skip
        address = {"address": "'person' || i % 5000 || '@example.com'"}
        age = spread(self.mails)
        Copies(sent).make(
            self.mails, finished_at=earlier("finished_at", age), closes_at=earlier("closes_at", age),
            opened_at=earlier("opened_at", age), message_id="'<' || i || '@example.com>'",
            provider_id="'provider' || i", **address,
        )  # fmt: skip
        self.first_mail = Mail.objects.order_by("pk").values_list("pk", flat=True)[1]
        due = Mail.objects.create(address="due@example.com", state=MailState.DUE, closes_at=now - HOUR)
        Copies(due).make(self.waiting, **address)
        opened = Mail.objects.create(address="open@example.com", state=MailState.OPEN, closes_at=now + HOUR)
        Copies(opened).make(self.waiting, **address)
        notice = Notice.objects.get(pk=self.first_notice)
        item = MailItem.objects.create(
            mail=sent, notice_id=self.first_notice - 1, person=self.reader, severity=1, state=ItemState.SENT,
            definition_version=notice.definition_version,
        )  # fmt: skip
        Copies(item).make(
            self.mails, mail_id=f"{self.first_mail} + i", notice_id=f"{self.first_notice} + i",
            person_id=f"{self.people[0].pk} + i % {PEOPLE}",
        )  # fmt: skip
        line = DeliveryAttempt.objects.create(mail=sent, function=Function.OPSI, outcome=Outcome.SENT)
        Copies(line).make(self.mails, mail_id=f"{self.first_mail} + i")

    def _make_told(self):
        notice = Notice.objects.select_related("definition_version", "event").get(pk=self.first_notice)
        one = Candidate.objects.create(
            operation=notice.operation, ticket_id=notice.ticket_id, event=notice.event,
            definition_id=notice.definition_version.definition_id, person_id=notice.person_id, channel="in_app",
            local_date=timezone.now().date(), notice=notice, created_at=timezone.now(),
        )  # fmt: skip
        times, last = (
            PEOPLE * self.rows_each // 2,
            Ticket.objects.order_by("-pk").values_list("pk", flat=True)[0],
        )
        Copies(one).make(
            times, operation=made_uuid("i"), ticket_id=f"{last} - i % {self.rows_each}",
            notice_id=f"{self.first_notice} + i", person_id=f"{self.people[0].pk} + i / {self.rows_each}",
            created_at=earlier("created_at", spread(times)),
        )  # fmt: skip

    def _make_outbox(self, done):
        now = timezone.now()
        Outbox.objects.all().update(state=OutboxState.DONE, dispatched_at=now)
        Outbox.objects.bulk_create(
            (
                Outbox(
                    operation=uuid.UUID(int=number),
                    state=OutboxState.DONE if number > done // 100 else OutboxState.WAITING,
                    created_at=(at := now - OLDEST * (done - number) / done),
                    due_at=at,
                    dispatched_at=at,
                )
                for number in range(1, done + 1)
            ),
            batch_size=5_000,
        )

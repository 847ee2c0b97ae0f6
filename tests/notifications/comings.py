"""Tickets that people read on different grounds, and what each sees and is told while these come and go."""

from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications.models import Candidate, MailItem
from opsi.models import Group, User
from tests.sweeping import sweep
from tests.waiting import minutes
from tickets.models import Queue, Ticket
from watchers.models import Watcher, WatcherSettings

EVERYWHERE = {"page", "attachment", "dialog", "list", "inbox", "badge"}


@dataclass
class Seen:
    """Where `person` finds `ticket` now."""

    client: object
    ticket: Ticket
    person: User

    def places(self) -> set[str]:
        page = f"/tickets/{self.ticket.number}/"
        [file] = [file for article in self.ticket.articles.all() for file in article.attachments.all()][:1]
        found = {
            "page": self._reads(page),
            "attachment": self._reads(f"{page}articles/{file.article.number}/attachments/{file.key}/"),
            "dialog": self._reads(f"{page}watchers/"),
            "list": self.ticket.number in self.client.get("/tickets/?state=any").text,
            "inbox": self.ticket.number in self.client.get("/inbox/").text,
            "badge": "1 unread" in self.client.get("/inbox/badge/").text,
        }
        return {place for place, there in found.items() if there}

    def _reads(self, address):
        return {200: True, 404: False}[self.client.get(address).status_code]


@pytest.fixture
def seen(signed_in):
    return lambda ticket, person: Seen(signed_in(person), ticket, person)


@pytest.fixture
def back_office(db):
    """A queue that grants nothing yet."""
    return Queue.objects.create(name="Back office")


@pytest.fixture
def network(db):
    return Group.objects.create(name="Network", slug="network")


@pytest.fixture
def begun(make_ticket, back_office, mika):
    """`begun(people, **fields)`: a ticket of the back office that they watch, past its beginnings."""

    def begin(*watchers, **fields):
        ticket = make_ticket(queue=back_office, **fields)
        paper = SimpleUploadedFile("plan.txt", b"The plan.", content_type="text/plain")
        ticket.reply("The plan is attached.", by=mika, attachments=[paper])
        for person in watchers:
            Watcher.objects.watch(ticket, person, by=mika)
        sweep()
        MailItem.objects.all().delete()
        return Ticket.objects.get(pk=ticket.pk)

    return begin


@pytest.fixture
def told(clock, mail_host, mika):
    """`told(ticket)`: mika replies and it is dispatched; `told.fate(person)` after the window: "sent" or why not."""

    class Told:
        def __call__(self, ticket):
            sweep()
            Candidate.objects.all().delete()
            MailItem.objects.all().delete()
            for person in User.objects.all():
                person.inbox.all().delete()
            ticket.reply("News for everyone.", by=mika)
            sweep()

        def drops(self, person):
            return set(
                Candidate.objects.filter(person=person).exclude(drop="").values_list("drop", flat=True)
            )

        def waits(self, person):
            return MailItem.objects.filter(person=person, state="waiting").exists()

        def fate(self, person):
            clock.shift(minutes(10))
            sweep()
            item = MailItem.objects.get(person=person)
            mails = [mail for mail in mail_host.mails if mail["To"] == person.email]
            assert bool(mails) == (item.state == "sent")
            return item.withdrawal or item.state

    return Told()


def switch(on):
    WatcherSettings(watching_grants_reading=on).save()


def change(row, **fields):
    row = type(row).objects.get(pk=row.pk)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()

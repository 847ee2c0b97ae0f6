"""Every shipped mail as a person gets it, in both languages: tests/notifications/mails/ holds them to be read.

After a change that is meant, renew them and read what the diff says:

    OPSI_RENEW_MAILS=1 bin/test tests/notifications/test_shipped_mails.py
"""

import datetime
import os
import re
from pathlib import Path

import pytest

from notifications.mailing import send_due
from notifications.models import Definition, Subscription
from notifications.shipped import SHIPPED
from tests.waiting import html_of, minutes, text_of
from tickets.models.history import record
from tickets.operations import operation
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

FOLDER = Path(__file__).parent / "mails"
RENEW = bool(os.environ.get("OPSI_RENEW_MAILS"))
SECRET = re.compile(r"/unsubscribe/[^/\s\"]+/")  # differs each time


def merge(ticket, make_ticket, customer, mika, **others):
    target = make_ticket(customer=customer, title="The gateway's power supply")
    ticket.merge_into(target, by=mika)


def get_stuck(ticket, **others):
    with operation(by=None) as under_way:
        record(ticket, "SystemHealth", under_way, new="mail")


# What happens, where it is not simply the definition's first event, and to whom of the ticket's people it is told.
ACTS = {
    "ticket-created": lambda ticket, **world: None,
    "informed-of-note": lambda ticket, mika, uma, **world: ticket.note(
        "Do you know this one?", by=mika, informed=[uma]
    ),
    "new-article": lambda ticket, mika, **world: ticket.note(
        "Two lines of a note\nfor <agents> & no others.", by=mika, subject="What I found"
    ),
    "answer-to-customer": lambda ticket, mika, **world: ticket.reply(
        "We have restarted the gateway.", by=mika, subject="Re: Mail"
    ),
    "follow-up-unlocked": lambda ticket, carl, **world: ticket.follow_up("It happened again.", by=carl),
    "state-changed": lambda ticket, mika, **world: ticket.change_state("in_progress", by=mika),
    "assignment-changed": lambda ticket, mika, **world: ticket.change_responsible(mika, by=mika),
    "ticket-changed": lambda ticket, mika, **world: ticket.change_priority("very_high", by=mika),
    "ticket-merged": merge,
    "ticket-deleted": lambda ticket, mika, **world: ticket.remove(by=mika),
    "watcher-added": lambda ticket, mika, uma, **world: Watcher.objects.watch(ticket, uma, by=mika),
    "watcher-removed": lambda ticket, mika, uma, **world: (
        Watcher.objects.watch(ticket, uma, by=uma),
        Watcher.objects.unwatch(ticket, uma, by=mika),
    ),
    "system-health": get_stuck,
}
READERS = {"answer-to-customer": "carl", "system-health": "ada"}


@pytest.fixture
def received(make_ticket, acme, ada, uma, mika, carl, dispatch, forget, clock, mail_host):
    """`received(definition, language)`: the mail its reader gets of it alone."""

    def receive(shipped, language):
        reader = {"ada": ada, "carl": carl}.get(READERS.get(shipped), uma)
        reader.language, reader.time_zone = language, "Asia/Tokyo" if language == "ja" else "Europe/Berlin"
        reader.save()
        if shipped != "ticket-created":
            Definition.objects.filter(shipped_as="ticket-created").update(validity="invalid")
        Definition.objects.exclude(shipped_as__in=[shipped, "ticket-created"]).update(validity="invalid")
        until = clock_now() + datetime.timedelta(days=1)
        ticket = make_ticket(customer=acme, customer_user=carl, owner=uma, pending_until=until)
        Subscription.objects.create(person=uma, queue=ticket.queue)
        if shipped in ACTS:
            ACTS[shipped](ticket, make_ticket=make_ticket, customer=acme, uma=uma, mika=mika, carl=carl)
        else:
            with operation(by=None) as under_way:
                record(ticket, Definition.objects.get(shipped_as=shipped).events[0], under_way)
        dispatch()
        clock.shift(minutes(10))
        send_due()
        [mail] = mail_host[reader.email]
        return mail

    return receive


def clock_now():
    return datetime.datetime.now(tz=datetime.UTC)


def compare(name, said):
    file = FOLDER / name
    said = SECRET.sub("/unsubscribe/…/", said)
    if RENEW:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(said)
    assert file.exists(), "a mail nobody has read yet: see above how to keep it"
    assert said == file.read_text()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("shipped", [one["shipped_as"] for one in SHIPPED])
def test_a_shipped_mail_reads_as_it_did(shipped, language, received):
    mail = received(shipped, language)
    compare(f"{shipped}.{language}.txt", f"{mail['Subject'].strip()}\n\n{text_of(mail)}")
    compare(f"{shipped}.{language}.html", html_of(mail))


def test_no_other_mail_is_kept():
    kept = {file.name for file in FOLDER.iterdir()}
    assert kept == {
        f"{one['shipped_as']}.{language}.{kind}"
        for one in SHIPPED
        for language in ("en", "ja")
        for kind in ("txt", "html")
    }

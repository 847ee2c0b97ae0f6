"""Notifications on their way into a mail, made without a dispatch so that a test decides all about them."""

import datetime
import re
import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from notifications import addresses, windows
from notifications.choices import Severity
from notifications.mailing import send_due
from notifications.models import Definition, MailItem, MailServer, Notice, NotificationFunction

START = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.UTC)


def minutes(number: float) -> datetime.timedelta:
    return datetime.timedelta(minutes=number)


def text_of(mail) -> str:
    """The tokens in links, which are different each time, as “…”."""
    return _plain(mail.get_body(("plain",)))


def html_of(mail) -> str:
    return _plain(mail.get_body(("html",)))


def _plain(part) -> str:
    text = part.get_content().replace("\r\n", "\n")
    return re.sub(r"/unsubscribe/[^/]+/", "/unsubscribe/…/", text)


def mail_server(port, secret="", **fields) -> MailServer:
    """The customer's own mail server on loopback, saved but not in use."""
    fields = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "authentication": "password" if secret else "none",
        "sender": "desk@example.org",
    } | fields
    server = MailServer(**fields)
    server.secret = secret
    server.save()
    return server


@pytest.fixture
def clock(time_machine):
    """Stands still at START until a test shifts it."""
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def after_window(clock):
    """`after_window()`: the window is over, and what is due is sent."""

    def send():
        clock.shift(minutes(10))
        return send_due()

    return send


@pytest.fixture
def wording(db):
    """`wording(en=(subject, body), ja=…, **fields)`: a published definition's version that says so."""

    def publish(
        en=("{{ticket.number}} {{ticket.title}}", "{{event.change}}"), ja=None, frame="default", **fields
    ):
        definition = Definition.objects.create(
            name=f"Waiting {uuid.uuid4().hex[:8]}", **({"channels": {"in_app": True, "email": True}} | fields)
        )
        for language, words in (("en", en), ("ja", ja)):
            if words:
                definition.texts.create(language=language, subject=words[0], body=words[1], frame=frame)
        return definition.publish()

    return publish


@pytest.fixture
def wait(wording):
    """`wait(uma, ticket)`: a notice of the ticket's last event begins to wait for a mail to uma. Returns the MailItem.

    `person` may be an address. `alone`: its definition lets it skip the window.
    """
    plain = wording()

    def begin(
        person,
        ticket,
        *,
        event=None,
        others=(),
        severity=Severity.INFORMATION,
        version=plain,
        reasons=("owner",),
        channels=("in_app", "email"),
        alone=False,
    ):
        now = timezone.now()
        event = event or ticket.events.last()
        extra = isinstance(person, str)
        notice = Notice.objects.create(
            operation=uuid.uuid4(),
            person=None if extra else person,
            address=person if extra else "",
            ticket=ticket,
            event=event,
            event_ids=[event.pk, *(other.pk for other in others)],
            definition_version=version,
            severity=severity,
            reasons=list(reasons),
            channels=list(channels),
            created_at=now,
        )
        item = windows.NewItem(
            address=addresses.normalise(person) if extra else addresses.of_person(person),
            notice=notice,
            definition_version_id=version.pk,
            severity=severity,
            created_at=now,
            skips_window=alone,
        )
        with transaction.atomic():
            windows.collect([item], NotificationFunction.load(), now)
        return MailItem.objects.get(notice=notice)

    return begin

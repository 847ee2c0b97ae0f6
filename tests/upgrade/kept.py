"""What an upgrade must keep, read through the models and told in names, so that it can be compared as JSON."""

import hashlib
import json
import re
from collections import Counter

from notifications.models import (
    AddressPause,
    DeliveryAttempt,
    InboxFilter,
    InboxRow,
    Mail,
    Mute,
    Notice,
    Outbox,
    PersonalSettings,
    Preference,
    Subscription,
)
from opsi.models import User
from tickets.models import Article, ListFilter, Ticket, TicketEvent
from watchers.models import Watcher

MARK = re.compile(r"Word \d+")  # each text of the fixture that somebody is to be told has one of its own


def kept():
    """{what: rows}, in names and not ids."""
    return {
        "people": _rows(User, "username", "full_name", "email", "password", "agent_role", "customer__name"),
        "tickets": _rows(Ticket, "number", "title", "state", "priority", "owner__username", "version"),
        "articles": _digests(Article, "subject", "body", "visible_for_customer", "author__username"),
        "history": _digests(TicketEvent, "name", "operation", "actor__username", "old", "new"),
        "watchers": _rows(
            Watcher, "ticket__number", "user__username", "group__name", "added_by__username",
            "until_resolved", "only_state_changes", "ended_by__username",
        ),
        "inbox": inbox(),
        "preferences": _rows(Preference, "person__username", "definition__name", "channel", "enabled"),
        "settings": _rows(
            PersonalSettings, "person__username", "rhythm", "quiet_from", "quiet_until", "no_mail_when_read"
        ),
        "subscriptions": _rows(Subscription, "person__username", "queue__name", "service__name"),
        "mutes": _rows(Mute, "person__username", "ticket__number"),
        "pauses": _rows(AddressPause, "address", "reason", "words"),
        "inbox filters": _rows(InboxFilter, "person__username", "name", "query"),
        "list filters": _rows(ListFilter, "person__username", "name", "asks"),
        "notices": _rows(Notice, "operation", "person__username", "ticket__number", "reasons", "channels"),
        "outbox": _rows(Outbox, "operation", "state", "attempts"),
        "mails": _rows(Mail, "address", "lane", "state", "attempts", "message_id", "subject"),
        "delivery log": _rows(DeliveryAttempt, "mail__address", "outcome", "answer"),
    }  # fmt: skip


def inbox():
    return _rows(InboxRow, "person__username", "ticket__number", "state", "unread_count")


def waiting():
    """What has not come to an end: operations, and mails by address and lane."""
    operations = [[str(pk), ""] for pk in Outbox.objects.unfinished().values_list("pk", flat=True)]
    mails = Mail.objects.unfinished().order_by("pk").values_list("address", "lane")
    return operations + [[address, lane.partition(":")[0]] for address, lane in mails]


def told(messages):
    """[address, mark, in how many mails] of what is told whom."""
    counted = Counter(
        (message["To"], mark)
        for message in messages
        for mark in set(MARK.findall(message.get_body(("plain",)).get_content()))
    )
    return sorted([address, mark, count] for (address, mark), count in counted.items())


def _rows(model, *columns):
    return _plain(sorted(model.objects.values_list(*columns), key=repr))


def _digests(model, *columns):
    """Per ticket: how many rows there are, and a digest of them all, as they would fill a file."""
    by_ticket = {}
    for number, *row in model.objects.order_by("pk").values_list("ticket__number", *columns):
        by_ticket.setdefault(number, []).append(row)
    return {
        number: [len(rows), hashlib.sha256(json.dumps(_plain(rows)).encode()).hexdigest()[:16]]
        for number, rows in sorted(by_ticket.items())
    }


def _plain(rows):
    return json.loads(json.dumps(rows, default=str))

"""What waited is judged again just before it is sent (domain §5, "At sending, again"; docs/mail.md).

Whatever happened since dispatch, nobody is mailed what they may not read or no longer want. All statements are for a
whole batch of mails, however many items, people and tickets it has.
"""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from django.db import transaction
from django.db.models import Prefetch

from notifications.choices import ItemState, MailState, Withdrawal
from notifications.models import (
    DefinitionVersion,
    Mail,
    MailItem,
    NotificationFunction,
)
from notifications.rejudging import Judge
from notifications.wording import Reader, prepare
from opsi.models import User
from tickets.models import TicketEvent

CHUNK = 1_000


@dataclass(frozen=True)
class Part:
    """What of an item may be told: `events` with the one that speaks first; `version` words that one."""

    item: MailItem
    events: list[TicketEvent]
    version: DefinitionVersion
    reader: Reader


def recheck(
    mails: Sequence[Mail], function: NotificationFunction, now: datetime.datetime
) -> dict[int, list[Part]]:
    """What of each mail (by id) may still be told, the most important first, then the oldest.

    The other items are withdrawn with their reason; those of people whose address changed move to a mail of their own
    to the new one, due at once.
    """
    items = _waiting_items(mails)
    events = _events_of(items)
    judge = Judge(items, events, function)
    by_id = {mail.pk: mail for mail in mails}
    parts: dict[int, list[Part]] = {mail.pk: [] for mail in mails}
    withdrawn: dict[Withdrawal, list[MailItem]] = defaultdict(list)
    moving: dict[tuple[int, str], list[MailItem]] = defaultdict(list)
    for item in items:
        told, reason = judge.judged(item, events[item.pk])
        if reason:
            withdrawn[reason].append(item)
        elif (address := judge.address_of(item)) != by_id[item.mail_id].address:
            moving[item.mail_id, address].append(item)
        else:
            parts[item.mail_id].append(_part(item, told))
    with transaction.atomic():
        _withdraw(withdrawn, now)
        _move(moving, by_id, now)
    return parts


def still_told(items: Sequence[MailItem], function: NotificationFunction) -> list[Part]:
    """What of `items`, sent or not, may be told now; nothing is withdrawn and nothing moves."""
    events = _events_of(items)
    judge = Judge(items, events, function)
    judged = ((item, judge.judged(item, events[item.pk])) for item in items)
    return [_part(item, told) for item, (told, reason) in judged if not reason]


def _part(item, told):
    # Where the event that was to speak must not, the others speak for themselves.
    speaks = told[0].pk == (item.event_id or item.notice.event_id)
    version = item.definition_version if speaks else DefinitionVersion(texts={})
    reader = Reader.of(item.person) if item.person else Reader.of_nobody(item.notice.address)
    return Part(item, told, version, reader)


def _waiting_items(mails):
    return list(
        with_all(MailItem.objects.filter(mail__in=[mail.pk for mail in mails], state=ItemState.WAITING))
    )


def with_all(items):
    """The queryset `items` with what judging them needs, the most important first, then the oldest."""
    # Joined to each item, the same few people and texts would be read and made anew for every one.
    shared = (
        Prefetch("person", User.objects.select_related("notification_settings")),
        Prefetch("definition_version", DefinitionVersion.objects.select_related("definition")),
    )
    return items.select_related("notice").prefetch_related(*shared).order_by("-severity", "created_at", "id")


def _events_of(items):
    """{item id: its notice's events, the one that speaks first}; one statement for all."""
    spoken = {item.pk: item.event_id or item.notice.event_id for item in items}
    wanted = {pk for item in items for pk in item.notice.event_ids} | set(spoken.values())
    related = TicketEvent.objects.select_related(
        "ticket__merged_into", "actor", "article__author", "article__ticket"
    )
    found = related.in_bulk(wanted)
    prepare(found.values())
    events = {}
    for item in items:
        first = spoken[item.pk]
        others = sorted(set(item.notice.event_ids) - {first})
        events[item.pk] = [found[pk] for pk in [first, *others] if pk in found]
    return events


def _withdraw(withdrawn, now):
    for reason, items in withdrawn.items():
        for chunk in batched((item.pk for item in items if not item.finished_at), CHUNK):
            MailItem.objects.filter(pk__in=chunk, state=ItemState.WAITING).update(
                state=ItemState.WITHDRAWN, withdrawal=reason, finished_at=now
            )
    # What was to be sent once more has been told all the same.
    again = [item.pk for items in withdrawn.values() for item in items if item.finished_at]
    if again:
        MailItem.objects.filter(pk__in=again, state=ItemState.WAITING).update(state=ItemState.SENT)


def _move(moving, mails, now):
    """An item follows its person's current address (domain §4)."""
    if not moving:
        return
    followers = [
        Mail(
            address=address,
            state=MailState.DUE,
            opened_at=mails[old].opened_at,
            closes_at=now,
            severity=max(item.severity for item in items),
        )
        for (old, address), items in moving.items()
    ]
    Mail.objects.bulk_create(followers)
    for mail, items in zip(followers, moving.values(), strict=True):
        for item in items:
            item.mail = mail
    moved = [item for items in moving.values() for item in items]
    MailItem.objects.filter(state=ItemState.WAITING).bulk_update(moved, ["mail"], batch_size=CHUNK)

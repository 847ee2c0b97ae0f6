"""Combining: what goes to one address within the window becomes one mail (domain §4, §7; docs/mail.md).

Windows are joined here and closed by `Mail.objects.claim`. Who does what at the same time:

1. two dispatches open a window for the same address: the unique index lets one in, the other waits for its commit and
   joins it;
2. one joins while the window is being closed: joining holds the window's row lock until it commits, and closing waits
   for that and takes the item along; where closing came first, the joiner no longer finds the window open and opens
   the next one;
3. nobody has closed a window that is over: it is not extended by that, the joiner closes it and opens the next one;
4. two dispatches meet in many windows: all insert in the order of addresses before they lock any, and then lock in
   the order of addresses, so neither waits for the other in a circle.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import batched

from notifications.choices import MailState, Severity
from notifications.models import Mail, MailItem, NotificationFunction

CHUNK = 2_000


def collect(
    pending: Sequence[tuple[str, MailItem]], function: NotificationFunction, now: datetime.datetime
) -> bool:
    """Put unsaved items, each with the normalised address it goes to, into mails, inside the caller's transaction.

    One open window an address; a mail of its own, due at once, where the window is zero or the item has a true
    `critical_skips_window`. The statements grow with every further 2,000 items only. Returns whether any is due now.
    """
    window = function.window
    at_once: list[tuple[str, MailItem]] = []
    combined: list[tuple[str, MailItem]] = []
    for address, item in pending:
        alone = not window or getattr(item, "critical_skips_window", False)
        (at_once if alone else combined).append((address, item))
    _make_due(at_once, now)
    _join(combined, window, now)
    for chunk in batched((item for _address, item in pending), CHUNK):
        MailItem.objects.bulk_create(chunk)
    return bool(at_once)


def _make_due(pending: list[tuple[str, MailItem]], now: datetime.datetime) -> None:
    for chunk in batched(pending, CHUNK):
        mails = Mail.objects.bulk_create(
            Mail(address=address, state=MailState.DUE, opened_at=now, closes_at=now, severity=item.severity)
            for address, item in chunk
        )
        for mail, (_address, item) in zip(mails, chunk, strict=True):
            item.mail = mail


def _join(pending: list[tuple[str, MailItem]], window: datetime.timedelta, now: datetime.datetime) -> None:
    waiting: dict[str, list[MailItem]] = defaultdict(list)
    for address, item in sorted(pending, key=lambda entry: entry[0]):
        waiting[address].append(item)
    while waiting:
        _open(waiting, window, now)
        for addresses in list(batched(waiting, CHUNK)):
            joined = _lock_open(addresses, now)
            _raise_severity(joined, waiting)
            for mail in joined:
                for item in waiting.pop(mail.address):
                    item.mail = mail


def _open(waiting: dict[str, list[MailItem]], window: datetime.timedelta, now: datetime.datetime) -> None:
    for chunk in batched(waiting.items(), CHUNK):
        Mail.objects.bulk_create(
            (
                Mail(
                    address=address,
                    state=MailState.OPEN,
                    opened_at=now,
                    closes_at=now + window,
                    severity=max(item.severity for item in items),
                )
                for address, items in chunk
            ),
            ignore_conflicts=True,
        )


def _lock_open(addresses: Iterable[str], now: datetime.datetime) -> list[Mail]:
    """The open windows of `addresses`, locked; those that are over are closed instead (case 3)."""
    locked = list(
        Mail.objects.select_for_update(no_key=True)
        .filter(address__in=addresses, state=MailState.OPEN)
        .order_by("address")
    )
    over = [mail.pk for mail in locked if mail.closes_at <= now]
    if over:
        Mail.objects.filter(pk__in=over).update(state=MailState.DUE)
    return [mail for mail in locked if mail.closes_at > now]


def _raise_severity(joined: list[Mail], waiting: dict[str, list[MailItem]]) -> None:
    for severity in sorted(Severity)[1:]:
        raised = [
            mail.pk
            for mail in joined
            if mail.severity < severity == max(item.severity for item in waiting[mail.address])
        ]
        if raised:
            Mail.objects.filter(pk__in=raised).update(severity=severity)

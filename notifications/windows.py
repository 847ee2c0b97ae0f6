"""Combining: what goes to one address within the window becomes one mail (domain §4, §7; docs/mail.md).

What a person has held back (notifications.holding) does the same in a lane of its own, which closes when the hold ends.
Windows are joined here and closed by `Mail.objects.claim`. Who does what at the same time:

1. two dispatches open a window for the same address: the unique index lets one in, the other waits for its commit and
   joins it;
2. one joins while the window is being closed: joining holds the window's row lock until it commits, and closing waits
   for that and takes the item along; where closing came first, the joiner no longer finds the window open and opens
   the next one;
3. nobody has closed a window that is over: it is not extended by that, the joiner closes it and opens the next one;
4. two dispatches meet in many windows: all insert in the order of addresses and lanes before they lock any, and then
   lock in that order, so neither waits for the other in a circle.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import batched

from django.db.models import Q

from notifications.choices import MailState, Severity
from notifications.holding import Hold
from notifications.models import Mail, MailItem, Notice, NotificationFunction
from opsi import rows

CHUNK = 2_000

type Place = tuple[str, str]  # address and lane: where one window is open


@dataclass(slots=True)
class NewItem:
    """A mail item on its way to the normalised `address`; `collect` finds its mail and stores it.

    `event_id` where the mail tells of another event than the notice; `hold` where its person has it held back.
    """

    address: str
    notice: Notice
    definition_version_id: int
    severity: int
    created_at: datetime.datetime
    event_id: int | None = None
    skips_window: bool = False
    hold: Hold | None = None
    mail_id: int | None = None

    def values(self) -> dict[str, object]:
        """Its MailItem row, {attribute: value}."""
        return {
            "mail_id": self.mail_id,
            "notice_id": self.notice.pk,
            "person_id": self.notice.person_id,
            "definition_version_id": self.definition_version_id,
            "event_id": self.event_id,
            "severity": self.severity,
            "created_at": self.created_at,
        }


@dataclass
class Waiting:
    """What is to join the window at one place, or to open it until `closes_at`."""

    closes_at: datetime.datetime
    items: list[NewItem] = field(default_factory=list)

    @property
    def severity(self) -> int:
        return max(item.severity for item in self.items)


def collect(pending: Sequence[NewItem], function: NotificationFunction, now: datetime.datetime) -> bool:
    """Put items of saved notices into mails and store them, inside the caller's transaction.

    One open window an address, and one for each lane; where an item has a `hold`, that says which. A mail of its own,
    due at once, where the item skips the window, or is not held and the window is zero. The statements grow with every
    further 2,000 items only. Returns whether any is due now.
    """
    window = function.window
    at_once: list[NewItem] = []
    waiting: dict[Place, Waiting] = {}
    for item in pending:
        hold = item.hold
        if item.skips_window or not (hold or window):
            at_once.append(item)
        else:
            place = (item.address, hold.lane if hold else "")
            closes_at = hold.until if hold else now + window
            waiting.setdefault(place, Waiting(closes_at)).items.append(item)
    _make_due(at_once, now)
    _join(waiting, now)
    rows.insert_values(MailItem, (item.values() for item in pending))
    return bool(at_once)


def _make_due(items: list[NewItem], now: datetime.datetime) -> None:
    mails = [
        Mail(address=item.address, state=MailState.DUE, opened_at=now, closes_at=now, severity=item.severity)
        for item in items
    ]
    rows.insert(mails)
    for item, mail in zip(items, mails, strict=True):
        item.mail_id = mail.pk


def _join(waiting: dict[Place, Waiting], now: datetime.datetime) -> None:
    waiting = dict(sorted(waiting.items()))
    while waiting:
        _put(_open(waiting, now), waiting)
        for places in list(batched(waiting, CHUNK)):
            joined = _lock_open(frozenset(places), now)
            _raise_severity(joined, waiting)
            _put({(mail.address, mail.lane): mail.pk for mail in joined}, waiting)


def _put(mails: dict[Place, int], waiting: dict[Place, Waiting]) -> None:
    for place, mail_id in mails.items():
        for item in waiting.pop(place).items:
            item.mail_id = mail_id


def _open(waiting: dict[Place, Waiting], now: datetime.datetime) -> dict[Place, int]:
    """The ids of the windows that were opened, by their places: nobody else sees these before the commit."""
    windows = (
        {
            "address": address,
            "lane": lane,
            "state": MailState.OPEN,
            "opened_at": now,
            "closes_at": group.closes_at,
            "severity": group.severity,
        }
        for (address, lane), group in waiting.items()
    )
    return rows.insert_new(Mail, windows, key=("address", "lane"))


def _lock_open(places: Collection[Place], now: datetime.datetime) -> list[Mail]:
    """The open windows at `places`, locked; those that are over are closed instead (case 3)."""
    ordinary = Q(lane="", address__in=[address for address, lane in places if not lane])
    held = Q(lane__in=[lane for _address, lane in places if lane])
    locked = [
        mail
        for mail in Mail.objects.select_for_update(no_key=True)
        .filter(ordinary | held, state=MailState.OPEN)
        .order_by("address", "lane")
        # A lane is left at a former address where its person has another by now.
        if (mail.address, mail.lane) in places
    ]
    over = [mail.pk for mail in locked if mail.closes_at <= now]
    if over:
        Mail.objects.filter(pk__in=over).update(state=MailState.DUE)
    return [mail for mail in locked if mail.closes_at > now]


def _raise_severity(joined: list[Mail], waiting: dict[Place, Waiting]) -> None:
    for severity in sorted(Severity)[1:]:
        raised = [
            mail.pk
            for mail in joined
            if mail.severity < severity == waiting[mail.address, mail.lane].severity
        ]
        if raised:
            Mail.objects.filter(pk__in=raised).update(severity=severity)

"""Mail a person wants later: what comes in their quiet hours, and what waits for a summary (docs/preferences.md).

What is held collects in a *lane* of that person, a mail of its own beside the ordinary window of the address, so that
nobody else behind that address and nothing that passes waits for it. In-app is never held.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction

from notifications.choices import MailState, Rhythm
from notifications.facts import zone_called
from notifications.models import Mail, PersonalSettings
from notifications.wakeup import wake_mailing
from opsi.models import User

QUIET, SUMMARY = "quiet", "summary"


@dataclass(frozen=True, slots=True)
class Hold:
    """The lane that an item waits in, and until when."""

    lane: str
    until: datetime.datetime


def hold(
    person: User, *, now: datetime.datetime, window: datetime.timedelta, by_summary: bool
) -> Hold | None:
    """How mail to `person` that begins to wait `now` is held; None where it takes the ordinary window.

    `by_summary` says whether a summary may keep it. Select the person's `notification_settings` along: no statement.
    """
    own: PersonalSettings | None = getattr(person, "notification_settings", None)
    if own is None:
        return None
    zone = zone_called(person.time_zone)
    if by_summary and own.rhythm != Rhythm.EACH:
        return Hold(_lane(SUMMARY, person), _summary_end(own, now, zone))
    # What would leave the ordinary window in quiet hours would disturb them as well.
    until = own.quiet_end(now, zone) or own.quiet_end(now + window, zone)
    return Hold(_lane(QUIET, person), until) if until else None


def reschedule(person: User, own: PersonalSettings, now: datetime.datetime) -> None:
    """Let what is held follow a changed choice: it is due now where `own` settings hold nothing any more.

    Inside the transaction that stores them.
    """
    zone = zone_called(person.time_zone)
    quiet = own.quiet_end(now, zone) or now
    summary = quiet if own.rhythm == Rhythm.EACH else _summary_end(own, now, zone)
    moved = 0
    for kind, until in ((QUIET, quiet), (SUMMARY, summary)):
        waiting = Mail.objects.filter(lane=_lane(kind, person), state=MailState.OPEN)
        moved += waiting.exclude(closes_at=until).update(closes_at=until)
    if moved:
        transaction.on_commit(wake_mailing, robust=True)


def _lane(kind, person):
    return f"{kind}:{person.pk}"


def _summary_end(own, now, zone):
    summary = own.next_summary(now, zone)
    return own.quiet_end(summary, zone) or summary

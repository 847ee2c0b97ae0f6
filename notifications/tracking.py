"""What a mail provider reports of mails it had accepted: delivered, came back, reported as spam (domain §7).

Reports come late, twice and in any order. A mail only ever moves on to what weighs more, by a conditional update, and
whoever moved it does what follows from that; so the order does not matter and a report that comes again does nothing.
"""

import logging
import re
from dataclasses import dataclass

from anymail.signals import EventType, RejectReason, tracking
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from notifications.causes import Cause
from notifications.choices import Function, ItemState, MailState, Outcome, PauseReason
from notifications.models import AddressPause, DeliveryAttempt, Mail
from notifications.outcomes import tell_of_failure
from tickets.models import TicketEvent

logger = logging.getLogger(__name__)
GONE = {RejectReason.BOUNCED, RejectReason.INVALID}
# What providers call a bounce that may not last; anymail's own words do not tell one from the other.
SOFT = ("soft", "transient", "temporary", "undetermined", "dnserror")
SAID_IN = {"event", "type", "bouncetype", "bounce_type", "severity"}
SMTP_CODE = re.compile(r"\b([45])(?:\d\d|\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class Report:
    """`weight` decides between reports; `pause` is the reason to mail nothing more to the address, None for none."""

    state: MailState
    outcome: Outcome
    cause: Cause | None = None
    pause: PauseReason | None = None


WEIGHS_MORE = [MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED]


@receiver(tracking)
def reported(sender, event, **kwargs):
    try:
        _take(event)
    except DatabaseError:
        raise  # answered with 500, so that the provider reports it once more
    except Exception:  # one of the reports in a request must not keep out the others, nor come again for ever
        logger.exception("A report (%s) makes no sense: %s", event.event_type, event.message_id)


def _take(event):
    report = _report(event)
    if report is None:
        return
    mail = _mail(event)
    if mail is None:
        logger.warning("A report (%s) is about no mail of ours: %s", event.event_type, event.message_id)
        return
    words = _words(event)
    with transaction.atomic():
        if not _move_on(mail, report):
            return
        DeliveryAttempt.objects.create(
            mail=mail,
            function=mail.function or Function.OPSI,
            outcome=report.outcome,
            cause=report.cause or "",
            answer=words,
        )
        if report.pause:
            AddressPause.objects.pause(mail.address, report.pause, words)
        if report.state == MailState.BOUNCED:
            _tell(mail)
    logger.info("Mail %s: %s", mail.pk, report.state)


def _report(event):
    match event.event_type:
        case EventType.DELIVERED:
            return Report(MailState.DELIVERED, Outcome.DELIVERED)
        case EventType.COMPLAINED:
            return Report(MailState.COMPLAINED, Outcome.COMPLAINED, Cause.SPAM, PauseReason.COMPLAINED)
        case EventType.BOUNCED | EventType.REJECTED | EventType.FAILED:
            pause = _pause(event)
            cause = Cause.CAME_BACK if pause else Cause.CAME_BACK_ONCE
            return Report(MailState.BOUNCED, Outcome.BOUNCED, cause, pause)
    return None


def _pause(event):
    """A provider rejects what is on its own list: as good as the bounce or complaint that put the address there."""
    if event.reject_reason == RejectReason.SPAM and event.event_type == EventType.REJECTED:
        return PauseReason.COMPLAINED
    return PauseReason.BOUNCED if event.reject_reason in GONE and not _is_soft(event) else None


def _is_soft(event):
    # What the server that refused it says is surer than the provider's word for it: 4.x.x may pass, 5.x.x will not.
    if code := SMTP_CODE.search(event.mta_response or ""):
        return code[1] == "4"
    return any(str(value).lower().startswith(SOFT) for value in _said(event.esp_event))


def _said(raw):
    """What the provider's own report calls the bounce."""
    for name, value in raw.items() if hasattr(raw, "items") else ():
        if name.lower() in SAID_IN:
            yield value
        elif isinstance(value, dict):
            yield from _said(value)


def _mail(event):
    if event.message_id:
        found = Mail.objects.filter(provider_id=str(event.message_id)).first()
        if found is not None:
            return found
    # A report may be quicker than our own note of the provider's id.
    ours = event.metadata or {}
    known = str(ours.get("mail", ""))
    if known.isascii() and known.isdigit() and len(known) < 19:
        # Both, as a test installation may share the account, and has mails of the same numbers.
        return Mail.objects.filter(pk=int(known), message_id=str(ours.get("message_id", "?"))).first()
    return None


def _move_on(mail, report):
    """Whether the mail moved on to what is reported. One that is tried again is one the provider had all the same."""
    beaten = WEIGHS_MORE[: WEIGHS_MORE.index(report.state)]
    under_way = Q(state__in=[MailState.SENDING, MailState.DUE], attempts__gt=0)
    moved = Mail.objects.filter(under_way | Q(state__in=beaten), pk=mail.pk).update(
        state=report.state, finished_at=timezone.now(), lease_owner="", leased_until=None
    )
    if moved:
        mail.items.filter(state=ItemState.WAITING).update(state=ItemState.SENT, finished_at=timezone.now())
    return moved


def _words(event):
    said = [event.description, event.mta_response, event.reject_reason]
    words = " ".join(" – ".join(dict.fromkeys(str(one) for one in said if one)).split())
    # A NUL, or half a character as a provider that cuts a reason short leaves it: no database keeps either.
    return words.replace("\0", "").encode(errors="replace").decode()[:1000]


def _tell(mail):
    items = list(mail.items.filter(state=ItemState.SENT).select_related("notice", "person"))
    told = [(pk, item.person) for item in items for pk in item.notice.event_ids]
    events = TicketEvent.objects.select_related("ticket").in_bulk({pk for pk, _person in told})
    tell_of_failure(mail, [(events[pk], person) for pk, person in told if pk in events])

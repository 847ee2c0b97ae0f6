"""What became of mails that were handed over: marks, the delivery log, the next try, and who is told of a failure."""

import datetime
import logging
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import batched

from django.db import transaction
from django.utils import timezone

from notifications.causes import Cause
from notifications.choices import Function, ItemState, MailState, Outcome
from notifications.compose import Broken
from notifications.models import DeliveryAttempt, Mail, MailItem
from notifications.recheck import Part
from opsi import logs
from opsi.models import User
from tickets.models import TicketEvent
from tickets.models.history import record
from tickets.operations import operation

logger = logging.getLogger(__name__)
FIRST_DELAY, LONGEST_DELAY = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
MOST_ATTEMPTS = 31  # a bit more than a day, see `delay_after`
CHUNK = 1_000
LONGEST_ANSWER = 1_000
LONGEST_ID = Mail._meta.get_field("provider_id").max_length
FAILURE = "EmailDeliveryFailure"
REPORTED = [MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED]


@dataclass
class Result:
    """What handing `mail` with `parts` over through `function` came to, in the server's own words.

    `wait` is how long the server asked to be left alone.
    """

    mail: Mail
    parts: Sequence[Part]
    function: Function
    outcome: Outcome
    answer: str
    cause: Cause | None = None
    provider_id: str = ""
    wait: datetime.timedelta | None = None
    at: datetime.datetime = field(default_factory=timezone.now)

    def __post_init__(self):
        # Whatever a server says must not keep from being written down that the mail has left.
        self.answer = self.answer.replace("\0", "")[:LONGEST_ANSWER]
        self.provider_id = self.provider_id.replace("\0", "")[:LONGEST_ID]
        if self.outcome == Outcome.TEMPORARY and self.mail.attempts >= MOST_ATTEMPTS:
            self.outcome = Outcome.GIVEN_UP

    @property
    def happened(self) -> str:
        return self.cause.happened(self.answer) if self.cause else self.answer

    @property
    def about(self) -> AbstractContextManager[None]:
        """Log lines inside say which mail it is, and of which operations it tells."""
        return about_mail(self.mail, self.parts)

    @property
    def is_final(self) -> bool:
        # Of unknown fate it stays for good: nobody will ever know.
        given_up = self.outcome == Outcome.UNKNOWN and self.mail.attempts >= MOST_ATTEMPTS
        return given_up or self.outcome in (Outcome.PERMANENT, Outcome.GIVEN_UP)


def about_mail(mail: Mail, parts: Iterable[Part]) -> AbstractContextManager[None]:
    operations = dict.fromkeys(str(part.item.notice.operation) for part in parts)
    return logs.about(mail=mail.pk, operations=list(operations))


def delay_after(attempts: int, asked: datetime.timedelta | None = None) -> datetime.timedelta:
    """How long a mail that was tried `attempts` times waits: 1, 2, 4 … minutes up to an hour, and up to ¼ more.

    No shorter than a server `asked` for, but for that, too, an hour at most. The quarter is random, so that what failed
    together does not come back together.
    """
    doubled = FIRST_DELAY * 2 ** min(max(attempts - 1, 0), 10)
    return min(max(doubled, asked or FIRST_DELAY), LONGEST_DELAY) * random.uniform(1, 1.25)  # noqa: S311  (nothing to guess)


def write_down(results: Sequence[Result], owner: str) -> None:
    """Mark the mails of `results`, which `owner` claimed, in a number of statements that does not grow with them."""
    if not results:
        return
    with transaction.atomic():
        DeliveryAttempt.objects.bulk_create(
            DeliveryAttempt(
                mail=result.mail,
                at=result.at,
                function=result.function,
                outcome=result.outcome,
                cause=result.cause or "",
                answer=result.answer,
            )
            for result in results
        )
        _accepted([result for result in results if result.outcome == Outcome.SENT])
        refused = [result for result in results if result.outcome != Outcome.SENT]
        _put_off([result for result in refused if not result.is_final], owner)
        _failed([result for result in refused if result.is_final], owner)
    for result in results:
        if result.outcome == Outcome.SENT:
            with result.about:
                logger.info("Mail %s was accepted: %s", result.mail.pk, result.answer)


def withdraw(mails: Iterable[Mail], owner: str) -> None:
    """End mails that have nothing left to say."""
    _end(mails, MailState.WITHDRAWN, owner)


def leave_out(broken: Sequence[tuple[Mail, Broken]], function: Function) -> None:
    """Mark items that cannot be put into words, and say so in the log of the mail that goes without them."""
    _end_items((one.part for _mail, one in broken), ItemState.FAILED)
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            mail=mail,
            function=function,
            outcome=Outcome.PERMANENT,
            cause=Cause.ONE_LESS,
            answer=one.problem.replace("\0", "")[:LONGEST_ANSWER],
        )
        for mail, one in broken
    )


def _accepted(results):
    # Whoever holds the mail by now: it has left, and who took it over must not send it again.
    # A provider's report may have been quicker: what it says of the mail stands.
    Mail.objects.filter(pk__in=[result.mail.pk for result in results]).exclude(state__in=REPORTED).update(
        state=MailState.SENT, finished_at=timezone.now(), lease_owner="", leased_until=None
    )
    known = [result for result in results if result.provider_id]
    for result in known:
        result.mail.provider_id = result.provider_id
    Mail.objects.bulk_update([result.mail for result in known], ["provider_id"])
    _end_items((part for result in results for part in result.parts), ItemState.SENT)


def _put_off(results, owner):
    if not results:
        return
    for result in results:
        mail = result.mail
        mail.state, mail.closes_at = MailState.DUE, result.at + delay_after(mail.attempts, result.wait)
        mail.lease_owner, mail.leased_until = "", None
        with result.about:
            logger.warning("Mail %s is tried again at %s: %s", mail.pk, mail.closes_at, result.happened)
    Mail.objects.held_by(owner).bulk_update(
        [result.mail for result in results], ["state", "closes_at", "lease_owner", "leased_until", "attempts"]
    )


def _failed(results, owner):
    held = set(_end((result.mail for result in results), MailState.FAILED, owner))
    given_up = [result for result in results if result.mail.pk in held]
    waiting = MailItem.objects.filter(mail__in=held, state=ItemState.WAITING)
    unjudged = _told_by(waiting.filter(mail__in=[result.mail.pk for result in given_up if not result.parts]))
    # All of them and not only the parts: of a mail that could not even be judged there are none.
    waiting.update(state=ItemState.FAILED, finished_at=timezone.now())
    for result in given_up:
        with result.about:
            logger.error("Mail %s is given up: %s", result.mail.pk, result.happened)
        told = [(event, part.item.person) for part in result.parts for event in part.events]
        tell_of_failure(result.mail, told or unjudged[result.mail.pk])


def _told_by(items):
    """{mail id: [(event, person)]} of what `items` were to tell."""
    told = defaultdict(list)
    for item in items.select_related("notice__event__ticket", "person"):
        told[item.mail_id].append((item.notice.event, item.person))
    return told


def tell_of_failure(mail: Mail, told: Iterable[tuple[TicketEvent, User | None]]) -> None:
    """Write into the history of the tickets that people were not reached, so that definitions can tell of it.

    `told` is what the mail told whom (None: an extra address). Not for mails that told of such a failure: that would go
    round for ever.
    """
    concerned = {
        (event.ticket_id, person.pk if person else None): (event.ticket, person)
        for event, person in told
        if event.name != FAILURE
    }
    try:
        with operation(None) as under_way:
            for ticket, person in concerned.values():
                new = {"id": person.pk, "name": str(person)} if person else None
                record(ticket, FAILURE, under_way, new=new, mail=mail.pk)
    except Exception:  # the mark matters more: without it the mail would be tried for ever
        logger.exception("The failure of mail %s could not be told", mail.pk)


def _end(mails: Iterable[Mail], state: MailState, owner: str) -> list[int]:
    """Returns the ids of those that `owner` still held."""
    held = Mail.objects.held_by(owner).filter(pk__in=[mail.pk for mail in mails])
    ended = list(held.select_for_update(no_key=True).values_list("pk", flat=True))
    Mail.objects.filter(pk__in=ended).update(
        state=state, finished_at=timezone.now(), lease_owner="", leased_until=None
    )
    return ended


def _end_items(parts: Iterable[Part], state: ItemState) -> None:
    for chunk in batched((part.item.pk for part in parts), CHUNK):
        MailItem.objects.filter(pk__in=chunk, state=ItemState.WAITING).update(
            state=state, finished_at=timezone.now()
        )

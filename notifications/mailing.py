"""Sending what is due, the most important mail first (domain §4, §7; docs/mail.md, step by step).

What can happen meanwhile, and what comes of it:

1. two workers at once: each claims mails of its own (`Mail.objects.claim`);
2. the worker dies before it has sent: its lease runs out and another sends the mail, under the Message-ID that was
   frozen, if it came that far;
3. the worker dies after it has sent, before it could mark that: the same, so the mail comes a second time, with the
   same Message-ID, by which mail programs show it once;
4. the worker was only slow and another took its mails over: it renews its lease before it runs out, and lets go what
   is no longer its own.

No transaction is open and no row locked while a mail server is talked to.
"""

import logging
import os
import socket
import time
import uuid
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from notifications.causes import Cause
from notifications.choices import Outcome
from notifications.compose import Letter, NothingToSay, compose
from notifications.delivery_failures import DeliveryFailed, HungUp, Unknown, Unreachable
from notifications.models import Mail, NotificationFunction, SendingRate
from notifications.models.mail import LEASE
from notifications.outcomes import Result, about_mail, leave_out, withdraw, write_down
from notifications.providers import provider_id
from notifications.recheck import Part, recheck
from notifications.transports import Transport
from notifications.wakeup import wake_mailing
from opsi import rows
from opsi.insisting import insist

logger = logging.getLogger(__name__)
BATCH = 50
MOST_BATCHES = 4  # in one turn: then others get theirs, and the next wake-up goes on
A_TURN = MOST_BATCHES * BATCH
RENEW_AFTER = LEASE.total_seconds() / 4
MARK_AFTER = 1.0  # seconds: what a worker that dies may have sent unmarked
PATIENCE = LEASE.total_seconds() / 4  # seconds: with what was sent and could not be marked yet
MOST_HANG_UPS = 3  # one after the other: then it is the server and not the mails


def send_due() -> int:
    """Send the mails that are due; up to 200, then the next wake-up goes on. Returns how many were accepted.

    What is over the function's rate stays due, and the sweep goes on with it.
    """
    sent, transport = 0, None
    try:
        for _turn in range(MOST_BATCHES):
            owner = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:16]}"
            function = NotificationFunction.load()
            rate, now = function.rate(), timezone.now()
            allowed = SendingRate.objects.take(function.function, rate, BATCH, now)
            mails = Mail.objects.claim(owner, allowed) if allowed else []
            if not mails:
                _give_back(function, rate, allowed, now)
                return sent
            if transport is None or transport.function != function.function:
                # The mailer is decided at sending: a change-over holds from the next batch on.
                if transport is not None:
                    transport.close()
                transport = function.transport()
            batch = Batch(mails, owner, function, transport)
            sent += batch.send()
            _give_back(function, rate, allowed - batch.tried, now)
            if batch.server_failed:
                # Nothing else would get through now; the sweep tries the next ones in a few seconds.
                return sent
    finally:
        if transport is not None:
            transport.close()
    wake_mailing()
    return sent


def _give_back(function, rate, number, now):
    if rate and number:
        SendingRate.objects.give_back(function.function, number, now)


class Batch:
    """Mails claimed together by `owner`: judged, composed, frozen and marked in statements for all of them."""

    def __init__(self, mails: list[Mail], owner: str, function: NotificationFunction, transport: Transport):
        self.mails, self.owner, self.function, self.transport = mails, owner, function, transport
        self.server_failed: DeliveryFailed | None = None
        self.tried = 0
        self._hang_ups = 0
        self._renewed = time.time()

    def send(self) -> int:
        """Returns how many mails were accepted."""
        letters = self._compose()
        self._freeze(letters)
        held = {mail.pk for mail in self.mails}
        marked, sent = time.monotonic(), 0
        results: list[Result] = []
        for letter in letters:
            # By the clock on the wall, which may be set meanwhile: others judge the lease by that one.
            if time.time() - self._renewed > RENEW_AFTER:
                self._renewed = time.time()
                held = insist(partial(Mail.objects.renew, self.owner), PATIENCE)
            if letter.mail.pk not in held:
                continue
            results.append(self._hand_over(letter))
            sent += results[-1].outcome == Outcome.SENT
            if time.monotonic() - marked > MARK_AFTER:
                self._mark(results)
                marked, results = time.monotonic(), []
        self._mark(results)
        return sent

    def _mark(self, results: list[Result]) -> None:
        insist(partial(write_down, results, self.owner), PATIENCE)

    def _compose(self) -> list[Letter]:
        parts, results = self._recheck()
        letters, empty = [], []
        for mail in self.mails:
            if not parts.get(mail.pk):
                empty += [mail] if mail.pk in parts else []
                continue
            try:
                letters.append(compose(mail, parts[mail.pk], self.transport.sender))
            except NothingToSay as error:
                problem = {"answer": str(error), "cause": Cause.NO_WORDS}
                results.append(self._result(mail, parts[mail.pk], Outcome.PERMANENT, **problem))
            except Exception as error:  # one mail that cannot be made must not stop the rest
                results.append(self._broken(mail, parts[mail.pk], error))
        if empty:
            with transaction.atomic():
                withdraw(empty, self.owner)
        write_down(results, self.owner)
        return letters

    def _recheck(self) -> tuple[dict[int, list[Part]], list[Result]]:
        """What may be told of each mail; where one of them cannot be judged, of each of the others."""
        now = timezone.now()
        try:
            return recheck(self.mails, self.function, now), []
        except (OperationalError, InterfaceError):
            raise  # the database itself is away: nothing the mails could help
        except Exception:
            logger.exception("Mails cannot be judged together; trying them one by one")
        parts: dict[int, list[Part]] = {}
        results: list[Result] = []
        for mail in self.mails:
            try:
                parts |= recheck([mail], self.function, now)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                results.append(self._broken(mail, [], error))
        return parts, results

    def _freeze(self, letters: list[Letter]) -> None:
        """Keep Message-ID and subject before anybody outside hears of them."""
        if not letters:
            return
        for letter in letters:
            letter.mail.attempts += 1
            letter.mail.function = self.transport.function
        with transaction.atomic():
            frozen = ("message_id", "subject", "function", "attempts")
            rows.update([letter.mail for letter in letters], frozen, Mail.objects.held_by(self.owner))
            if broken := [(letter.mail, one) for letter in letters for one in letter.broken]:
                leave_out(broken, self.transport.function)

    def _hand_over(self, letter: Letter) -> Result:
        if self.server_failed:
            return self._refused(letter, self.server_failed, Outcome.TEMPORARY)
        self.tried += 1
        try:
            answer = self.transport.deliver(letter.message)
        except DeliveryFailed as error:
            self._hang_ups = self._hang_ups + 1 if isinstance(error, HungUp | Unknown) else 0
            if isinstance(error, Unreachable):
                self.server_failed = error
            elif self._hang_ups == MOST_HANG_UPS:
                self.server_failed = HungUp(Cause.NOT_TRIED, error.words or "–")
            return self._refused(letter, error, error.outcome)
        except Exception as error:  # a transport's own mistake
            with about_mail(letter.mail, letter.said):
                logger.exception("Mail %s could not be handed over", letter.mail.pk)
            return self._result(letter.mail, letter.said, Outcome.TEMPORARY, repr(error), cause=Cause.MISTAKE)
        self._hang_ups = 0
        named = provider_id(letter.message)
        return self._result(letter.mail, letter.said, Outcome.SENT, answer, provider_id=named)

    def _refused(self, letter: Letter, error: DeliveryFailed, outcome: Outcome) -> Result:
        # One of unknown fate the provider may have, and name in its reports.
        named = provider_id(letter.message)
        said = {"cause": error.cause, "wait": error.wait, "provider_id": named}
        return self._result(letter.mail, letter.said, outcome, error.words, **said)

    def _broken(self, mail: Mail, parts: list[Part], error: Exception) -> Result:
        # Not final: it is a mistake of ours, and a day is time to mend it.
        with about_mail(mail, parts):
            logger.exception("Mail %s cannot be made", mail.pk)
        mail.attempts += 1
        return self._result(mail, parts, Outcome.TEMPORARY, repr(error), cause=Cause.MISTAKE)

    def _result(self, mail: Mail, parts: list[Part], outcome: Outcome, answer: str, **more: Any) -> Result:
        return Result(mail, parts, self.transport.function, outcome, answer, **more)

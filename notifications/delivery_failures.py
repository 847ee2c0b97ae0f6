"""Why a mail was not handed over: the class decides what follows, the Cause what is said of it."""

import datetime

from notifications.causes import Cause
from notifications.choices import Outcome


class DeliveryFailed(Exception):
    """The mail was not accepted, or nobody knows. As text: what happened, in the active language.

    `wait` is how long the server asked to be left alone.
    """

    outcome: Outcome

    def __init__(self, cause: Cause, words: str = "", wait: datetime.timedelta | None = None):
        super().__init__(cause, words)
        self.cause, self.words, self.wait = cause, words, wait

    def __str__(self):
        return self.cause.happened(self.words)


class Temporary(DeliveryFailed):
    """Not now: it may go later."""

    outcome = Outcome.TEMPORARY


class HungUp(Temporary):
    """The server broke off before it had the mail, or kept us waiting too long."""


class Unreachable(Temporary):
    """There is nobody to hand mails over to: the next would fare no better."""


class Permanent(DeliveryFailed):
    """Refused for good."""

    outcome = Outcome.PERMANENT


class Unknown(DeliveryFailed):
    """The connection broke after the text was handed over: it may have been accepted."""

    outcome = Outcome.UNKNOWN

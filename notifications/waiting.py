"""What an author is told of the mail about their article while it can still be changed (domain §5, "At sending").

An edit changes what the mail says, a deletion withdraws it: `notifications.recheck` sees to both when it is sent.
"""

import datetime
import math
from dataclasses import dataclass

from django.db.models import Count, Min, Q
from django.utils import timezone

from notifications.choices import ItemState, MailState
from notifications.models import MailItem
from opsi.models import User
from tickets.models import Article

# No mail waits longer than for a weekly summary, put off by quiet hours.
LONGEST = datetime.timedelta(days=9)
JUST_WRITTEN = datetime.timedelta(seconds=30)


@dataclass(frozen=True)
class WaitingMail:
    """`soon` mails go out `at`; `held` wait longer, for the end of quiet hours or a summary."""

    soon: int
    held: int
    at: datetime.datetime | None

    @property
    def count(self) -> int:
        return self.soon + self.held

    @property
    def minutes(self) -> int:
        """Until the first goes out, rounded up; 0 where that is now."""
        return max(0, math.ceil((self.at - timezone.now()).total_seconds() / 60)) if self.at else 0


def concerns(article: Article, person: User) -> bool:
    """Whether there may be something to say to `person` of `article`: an agent's own, and not long ago."""
    is_own = person.is_agent and article.author_id == person.pk
    return is_own and timezone.now() - article.created_at < LONGEST


def is_just_written(article: Article) -> bool:
    """Whether its dispatch may be still under way."""
    return timezone.now() - article.created_at < JUST_WRITTEN


def of(article: Article) -> WaitingMail:
    """The mails about `article` that were not tried yet; one statement."""
    about = MailItem.objects.filter(
        Q(notice__event__article=article) | Q(event__article=article),
        state=ItemState.WAITING,
        mail__state__in=[MailState.OPEN, MailState.DUE],
        mail__attempts=0,
    )
    ordinary = Q(mail__lane="")
    return WaitingMail(
        **about.aggregate(
            soon=Count("mail", distinct=True, filter=ordinary),
            held=Count("mail", distinct=True, filter=~ordinary),
            at=Min("mail__closes_at", filter=ordinary),
        )
    )

"""How many unread rows a person has: every page asks, and every open page again and again."""

from dataclasses import dataclass
from typing import Self

from django.db.models import Case, F, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.models import InboxRow
from notifications.models.inbox import readable_among
from opsi.models import User
from opsi.prepared import prepared
from opsi.requests import PersonRequest
from tickets.grounds import Somebody

MOST = 100  # counting stops here, however much is unread


@prepared
def _newest(person, customer=None, *, is_agent, role):
    """The newest unread rows of a `person` of some kind (ids), as far as they are counted.

    Of each its notice, and the tickets of which one must be readable, None for what `of` has answered already.
    """
    somebody = Somebody(person, customer, is_agent, role)
    newest = InboxRow.objects.of(somebody).unread().order_by("-changed_at", "-id")
    one_of = Case(When(ticket=None, takes_leave=False, then=F("ticket_ids")))
    return newest.values_list("notice_id", one_of)[:MOST]


@dataclass(frozen=True)
class Badge:
    """`count` unread rows the person may read, at most 100; `latest` is the newest notice among them, 0 for none.

    `is_paused`: nothing is mailed to them. Only the person of a request knows that (notifications.pausing).
    """

    count: int
    latest: int
    is_paused: bool = False

    @classmethod
    def of(cls, person: User) -> Self:
        who = (person.pk, person.customer_id) if person.customer_id else (person.pk,)
        newest = _newest(*who, is_agent=person.is_agent, role=person.effective_role)
        readable = readable_among((ticket for _notice, tickets in newest for ticket in tickets or ()), person)
        seen = [notice for notice, tickets in newest if tickets is None or not readable.isdisjoint(tickets)]
        return cls(len(seen), max(seen, default=0), getattr(person, "is_mail_paused", False))

    @classmethod
    def on(cls, request: PersonRequest) -> Self:
        """The badge of whoever asks; asked once a request."""
        if not hasattr(request, "_badge"):
            request._badge = cls.of(request.user)  # type: ignore[attr-defined]
        return request._badge  # type: ignore[attr-defined]

    @property
    def shown(self) -> str:
        """What stands on the bell: "" for nothing, "99+" for more than fits."""
        if self.count >= MOST:
            return f"{MOST - 1}+"
        return str(self.count) if self.count else ""

    @property
    def label(self) -> str:
        """The same in words, such as “3 unread”."""
        if self.count >= MOST:
            return _("more than %(count)s unread") % {"count": MOST - 1}
        return ngettext("%(count)s unread", "%(count)s unread", self.count) % {"count": self.count}

    def etag(self, person: User) -> str:
        paused = "-paused" if self.is_paused else ""
        return f'"{person.pk}-{person.language}-{self.count}-{self.latest}{paused}"'

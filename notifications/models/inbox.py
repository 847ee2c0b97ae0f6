"""The in-app inbox: one row per person and ticket (domain §6)."""

from itertools import batched

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.choices import InboxState, Severity
from notifications.models.notice import Notice
from tickets.models import Article, Ticket

CHUNK = 10_000


class InboxQuerySet(models.QuerySet):
    """The verbs change rows of whoever they belong to: begin with `.of(person)` or `person.inbox`."""

    def of(self, person):
        """The rows `person` has and may still read: access is asked each time, so a row hides the moment it is lost.

        A ticket that was merged is read where it went on, too. Hidden is also a row whose last notice is of an article
        that was deleted or made internal. What takes leave needs no reading. Rows over many tickets are all among
        these: ask `readable_rows`.
        """
        ticket = OuterRef("ticket")
        # Said twice, since of an equality alone PostgreSQL makes a list of all readable tickets before it begins.
        readable = Ticket.objects.readable_by(person)
        may_read = Exists(readable.filter(pk=ticket, pk__lte=ticket)) | Exists(readable.filter(merged=ticket))
        shown = Q(article__deleted_at=None)
        if not person.is_agent:
            shown &= Q(article__visible_for_customer=True)
        return self.filter(
            Q(takes_leave=True) | Q(ticket=None) | may_read & (Q(article=None) | shown), person=person
        )

    def readable_rows(self, person):
        """These rows, from `of(person)`, as a list without those of whose many tickets none can be read or is left.

        One statement more where there are rows over many tickets (for every 10,000 of those).
        """
        rows = list(self)
        readable = set()
        for chunk in batched({ticket for row in rows for ticket in row.ticket_ids}, CHUNK):
            among = Ticket.objects.readable_by(person).filter(pk__in=chunk)
            readable.update(among.values_list("pk", flat=True))
        return [
            row
            for row in rows
            if row.ticket_id is not None or row.takes_leave or not readable.isdisjoint(row.ticket_ids)
        ]

    def unread(self):
        return self.filter(state=InboxState.UNREAD)

    def up_to(self, notice):
        """Those whose last notice is no later than `notice` (an id; None: all): what somebody saw before they acted."""
        return self if notice is None else self.filter(notice__lte=notice)

    def mark_read(self):
        """Mark the unread among these as read; returns how many were. Touches nothing that is not unread."""
        kept = Case(
            When(saved_at=None, then=Value(InboxState.READ.value)), default=Value(InboxState.SAVED.value)
        )
        return self.unread().update(state=kept, unread_count=0, read_at=timezone.now())

    def mark_unread(self):
        seen = self.exclude(state__in=[InboxState.UNREAD, InboxState.SNOOZED])
        return seen.update(state=InboxState.UNREAD, unread_count=1, read_at=None)

    def mark_done(self):
        now = timezone.now()
        return self.exclude(state=InboxState.DONE).update(
            state=InboxState.DONE, unread_count=0, read_at=now, saved_at=None, snoozed_until=None
        )

    def mark_undone(self):
        return self.filter(state=InboxState.DONE).update(state=InboxState.READ)

    def save_for_later(self):
        """Keep these in sight until they are let go: a saved row that becomes unread is saved again once read."""
        now = timezone.now()
        return self.filter(saved_at=None).update(
            state=InboxState.SAVED, unread_count=0, read_at=now, saved_at=now, snoozed_until=None
        )

    def snooze(self, until):
        """Out of sight until that moment (aware), or until something critical comes."""
        return self.update(state=InboxState.SNOOZED, snoozed_until=until)

    def wake(self):
        """Bring snoozed rows back as unread, whatever they were."""
        return self.filter(state=InboxState.SNOOZED).update(
            state=InboxState.UNREAD, snoozed_until=None, unread_count=Greatest(F("unread_count"), 1)
        )

    def overslept(self, now):
        """The snoozed rows whose time has come."""
        return self.filter(state=InboxState.SNOOZED, snoozed_until__lte=now)

    def let_go(self):
        return self.exclude(saved_at=None).update(
            state=Case(When(state=InboxState.SAVED, then=Value(InboxState.READ.value)), default=F("state")),
            saved_at=None,
        )


class InboxRow(models.Model):
    """`ticket` is None for a bulk change over many tickets, which has a row of its own and their ids in `ticket_ids`.

    What `of` judges by stands on the row itself, since every page asks: `article` is the one that the last notice is
    about and that must be seen to see the row; `takes_leave` says that the notice tells of the end of the person's own
    watch or of the ticket, which need no reading (domain §5).
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox", db_index=False
    )
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    ticket_ids = models.JSONField(default=list)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="+")
    article = models.ForeignKey(
        Article, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, db_index=False
    )
    takes_leave = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=InboxState, default=InboxState.UNREAD)
    unread_count = models.PositiveIntegerField(_("unread notices"), default=0)
    # The highest among what is unread.
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity, default=Severity.INFORMATION)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    # The last time all of it was read: notices made before then have been.
    read_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbox row")
        verbose_name_plural = _("inbox rows")
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "ticket"], condition=~Q(ticket=None), name="inboxrow_one_per_ticket"
            ),
            models.UniqueConstraint(
                fields=["person", "notice"], condition=Q(ticket=None), name="inboxrow_one_per_bulk_notice"
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "-changed_at"], condition=Q(state=InboxState.UNREAD), name="inboxrow_unread"
            ),
            models.Index(fields=["person", "-changed_at"], name="inboxrow_by_person"),
            models.Index(
                fields=["snoozed_until"], condition=Q(state=InboxState.SNOOZED), name="inboxrow_snoozed"
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.ticket} ({self.state})"

    @property
    def is_unread(self):
        return self.state == InboxState.UNREAD

"""The in-app inbox: one row per person and ticket (domain §6)."""

from itertools import batched

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.choices import InboxState, Severity
from notifications.models.notice import Notice
from tickets import access
from tickets.models import Article, Ticket

CHUNK = 10_000
# What an act changes, and so what taking it back restores: kept beside in `was_…`.
UNDOABLE = ("state", "unread_count", "saved_at", "snoozed_until", "read_at")


def _opened(ticket, person):
    return Q(access.tickets_of(person, through=ticket), **{ticket + "__deleted_at": None})


def readable_among(tickets, person):
    """Which of `tickets` (ids, however often) `person` may read, as a set; no statement for none."""
    readable = set()
    for chunk in batched(set(tickets), CHUNK):
        among = Ticket.objects.readable_by(person).filter(pk__in=chunk)
        readable.update(among.values_list("pk", flat=True))
    return readable


class InboxQuerySet(models.QuerySet):
    """The verbs change rows of whoever they belong to: begin with `.of(person)` or `person.inbox`.

    Each returns how many it changed. With an `act` (a UUID) each keeps beside what was there before, so that
    `take_back(act)` restores just those; without one nothing is kept, and what was kept is void.
    """

    def of(self, person):
        """The rows `person` has and may still read: access is asked each time, so a row hides the moment it is lost.

        A ticket that was merged is read where it went on, too. Hidden is also a row whose last notice is of an article
        that was deleted or made internal. What takes leave needs no reading. Rows over many tickets are all among
        these: ask `readable_rows`.
        """
        # Asked of the joined tickets themselves: of a subquery PostgreSQL may list all readable tickets first.
        may_read = _opened("ticket", person) | _opened("ticket__merged_into", person)
        shown = Q(article__deleted_at=None)
        if not person.is_agent:
            shown &= Q(article__visible_for_customer=True)
        return self.filter(
            Q(takes_leave=True) | Q(ticket=None) | may_read & (Q(article=None) | shown), person=person.pk
        )

    def readable_rows(self, person):
        """These rows, from `of(person)`, as a list without those of whose many tickets none can be read or is left.

        One statement more where there are rows over many tickets (for every 10,000 of those).
        """
        rows = list(self)
        readable = readable_among((ticket for row in rows for ticket in row.ticket_ids), person)
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

    def mark_read(self, act=None):
        """Mark the unread among these as read. Touches nothing that is not unread."""
        kept = Case(
            When(saved_at=None, then=Value(InboxState.READ.value)), default=Value(InboxState.SAVED.value)
        )
        return self.unread()._change(act, state=kept, unread_count=0, read_at=timezone.now())

    def mark_all_read(self, person, until=None, act=None):
        """Mark as read all of `person`'s that they may read, up to the notice `until`; returns how many were unread.

        What is hidden from them stays unread, so that it is news when it comes back.
        """
        unread = self.of(person).unread().up_to(until)
        over_many = [row.pk for row in unread.filter(ticket=None).readable_rows(person)]
        number = unread.exclude(ticket=None).mark_read(act)
        return number + (self.filter(pk__in=over_many).mark_read(act) if over_many else 0)

    def mark_unread(self, act=None):
        seen = self.exclude(state__in=[InboxState.UNREAD, InboxState.SNOOZED])
        return seen._change(act, state=InboxState.UNREAD, unread_count=1, read_at=None)

    def mark_done(self, act=None):
        now = timezone.now()
        return self.exclude(state=InboxState.DONE)._change(
            act, state=InboxState.DONE, unread_count=0, read_at=now, saved_at=None, snoozed_until=None
        )

    def mark_undone(self, act=None):
        return self.filter(state=InboxState.DONE)._change(act, state=InboxState.READ)

    def save_for_later(self, act=None):
        """Keep these in sight until they are let go: a saved row that becomes unread is saved again once read."""
        now = timezone.now()
        return self.filter(saved_at=None)._change(
            act, state=InboxState.SAVED, unread_count=0, read_at=now, saved_at=now, snoozed_until=None
        )

    def snooze(self, until, act=None):
        """Out of sight until that moment (aware), or until something critical comes."""
        return self._change(act, state=InboxState.SNOOZED, snoozed_until=until)

    def wake(self, act=None):
        """Bring snoozed rows back as unread, whatever they were."""
        return self.filter(state=InboxState.SNOOZED)._change(
            act, state=InboxState.UNREAD, snoozed_until=None, unread_count=Greatest(F("unread_count"), 1)
        )

    def overslept(self, now):
        """The snoozed rows whose time has come."""
        return self.filter(state=InboxState.SNOOZED, snoozed_until__lte=now)

    def let_go(self, act=None):
        return self.exclude(saved_at=None)._change(
            act,
            state=Case(When(state=InboxState.SAVED, then=Value(InboxState.READ.value)), default=F("state")),
            saved_at=None,
        )

    def take_back(self, act):
        """Make the rows that `act` changed what they were, but for those that news came to or that were changed since.

        A snoozed row that was told of something meanwhile comes back with that counted.
        """
        before = {name: F(f"was_{name}") for name in UNDOABLE}
        return self.filter(act=act).update(act=None, **before)

    def _change(self, act, **values):
        # On the right hand of an UPDATE stands what was there before it.
        kept = {f"was_{name}": F(name) for name in UNDOABLE} if act else {}
        return self.update(act=act, **kept, **values)


class InboxRow(models.Model):
    """`ticket` is None for a bulk change over many tickets, which has a row of its own and their ids in `ticket_ids`.

    What `of` judges by stands on the row itself, since every page asks: `article` is the one that the last notice is
    about and that must be seen to see the row; `takes_leave` says that the notice tells of the end of the person's own
    watch or of the ticket, which need no reading (domain §5).
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox", db_index=False
    )
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="+", null=True, blank=True, db_index=False
    )
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
    # What its person did last, while that can be taken back, and what the row was before.
    act = models.UUIDField(null=True, blank=True, editable=False)
    was_state = models.CharField(max_length=10, choices=InboxState, blank=True, editable=False)
    was_unread_count = models.PositiveIntegerField(default=0, editable=False)
    was_saved_at = models.DateTimeField(null=True, blank=True, editable=False)
    was_snoozed_until = models.DateTimeField(null=True, blank=True, editable=False)
    was_read_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbox row")
        verbose_name_plural = _("inbox rows")
        ordering = ["-changed_at", "-id"]
        constraints = [
            # The ticket first: it finds a ticket's rows, too, and what one dispatch writes lies side by side.
            models.UniqueConstraint(
                fields=["ticket", "person"], condition=~Q(ticket=None), name="inboxrow_one_per_ticket"
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
                fields=["person", "-changed_at"], condition=Q(state=InboxState.DONE), name="inboxrow_done"
            ),
            # Few beside all that a person ever read, and counted on each visit.
            models.Index(
                fields=["person", "-changed_at"], condition=~Q(saved_at=None), name="inboxrow_saved"
            ),
            models.Index(
                fields=["person", "-changed_at"],
                condition=Q(state=InboxState.SNOOZED),
                name="inboxrow_asleep",
            ),
            models.Index(
                fields=["snoozed_until"], condition=Q(state=InboxState.SNOOZED), name="inboxrow_snoozed"
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.ticket} ({self.state})"

    @property
    def is_unread(self):
        return self.state == InboxState.UNREAD

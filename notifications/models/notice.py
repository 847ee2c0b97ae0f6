"""What dispatch decided: candidates with their outcome, one notice per person, ticket and operation (domain §5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.choices import Drop, Severity
from notifications.models.definition import Definition, DefinitionVersion
from tickets.models import Ticket, TicketEvent


class Notice(models.Model):
    """Somebody is told of something. Never changes; holds ids, not rendered text: that is made when shown or sent.

    `event` is the one whose text is shown; `event_ids` all it covers (several in one operation, or a bulk change over
    many tickets, where `ticket` is None). `reasons` are recipient kinds, `channels` channel names. `stands_in_for` are
    the people, {"id", "name"}, who are away and in whose stead `person` is told.
    """

    operation = models.UUIDField(_("operation"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notices",
        null=True,
        blank=True,
        db_index=False,
    )
    address = models.CharField(_("extra address"), max_length=254, blank=True)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="notices", null=True, blank=True
    )
    event = models.ForeignKey(TicketEvent, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_ids = models.JSONField(default=list)
    definition_version = models.ForeignKey(DefinitionVersion, on_delete=models.PROTECT, related_name="+")
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    reasons = models.JSONField(default=list)
    stands_in_for = models.JSONField(default=list)
    channels = models.JSONField(default=list)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["id"]
        constraints = [
            # However often an operation is dispatched, nobody gets a second notice of it.
            models.UniqueConstraint(
                fields=["operation", "person", "ticket"],
                condition=~Q(person=None),
                name="notice_once_per_person",
            ),
            models.UniqueConstraint(
                fields=["operation", "person"],
                condition=~Q(person=None) & Q(ticket=None),
                name="notice_once_per_person_in_bulk",
            ),
            models.UniqueConstraint(
                fields=["operation", "address", "ticket"],
                condition=Q(person=None),
                name="notice_once_per_address",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="notice_by_time"),
            models.Index(fields=["person", "ticket"], name="notice_by_person"),
        ]

    def __str__(self):
        return f"{self.person or self.address}: {self.event_id}"


class Candidate(models.Model):
    """Definition × person × channel for one event's ticket: told through this channel, or dropped with the reason.

    Nothing has more rows: every index is one more place to write to for each of them (docs/query-plans.md).
    """

    operation = models.UUIDField()
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey(TicketEvent, on_delete=models.CASCADE, related_name="+", db_index=False)
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    address = models.CharField(max_length=254, blank=True)
    channel = models.CharField(max_length=20)
    reasons = models.JSONField(default=list)
    # "" where the candidate became part of `notice`.
    drop = models.CharField(max_length=20, choices=Drop, blank=True)
    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, related_name="candidates", null=True, blank=True
    )
    # The person's calendar day, which "once per day" counts by.
    local_date = models.DateField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["ticket", "operation"], name="candidate_by_ticket"),
            models.Index(fields=["definition", "ticket", "local_date"], name="candidate_once_per_day"),
        ]

    def __str__(self):
        return f"{self.definition} → {self.person or self.address} ({self.channel}): {self.drop or 'told'}"

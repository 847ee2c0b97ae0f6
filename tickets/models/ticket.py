"""The ticket: what it is (here) and what can be done with it (its traits)."""

import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsi.models import Customer, Group
from tickets import access
from tickets.choices import COMPLETE_STATES, Level, Priority, State, TicketType
from tickets.models.queue import Queue, Service, Sla
from tickets.models.reading import has_new_articles
from tickets.models.traits.changing import Changing
from tickets.models.traits.changing_many import ChangingMany
from tickets.models.traits.conversing import Conversing
from tickets.models.traits.ending import Ending
from tickets.models.traits.linking import Linking
from tickets.models.traits.registering import Registering
from tickets.models.traits.timing import Timing

# Not complete and not deleted: what most lists are of. Sorted, as a set has no order to write into a migration.
UNFINISHED = models.Q(deleted_at=None) & ~models.Q(state__in=sorted(COMPLETE_STATES))

# What a list row or a ticket header names.
LABELS = ("queue", "customer", "assignment_group", "service", "sla")
PEOPLE = ("owner", "responsible", "customer_user", "created_by")

SNAPSHOT_FIELDS = (
    "title", "type", "queue", "state", "priority", "owner", "responsible", "assignment_group", "created_by", "customer",
    "customer_user", "is_locked", "pending_until", "service", "sla", "first_response_due", "update_due", "solution_due",
)  # fmt: skip


class TicketQuerySet(models.QuerySet):
    def accessible_to(self, person, level=Level.READ):
        """Tickets `person` may use up to `level`; deleted ones are nobody's (domain §1)."""
        return self.filter(access.tickets_of(person, level), deleted_at=None)

    def readable_by(self, person):
        return self.accessible_to(person, Level.READ)

    def with_new_articles(self, person):
        """Those with an article that `person` may see, did not write and has not read; of tickets they may read."""
        return self.filter(has_new_articles(person))

    def timed_by(self, calendar):
        """Those whose SLA counts in `calendar`, and the locked ones whose queue does."""
        locked = models.Q(is_locked=True, queue__in=calendar.queues.all())
        return self.filter(models.Q(sla__in=calendar.slas.all()) | locked)

    def outdate_clocks(self):
        """Have the clocks of those that are not complete set anew by the next sweep. Returns how many."""
        running = self.filter(deleted_at=None, merged_into=None).exclude(state__in=COMPLETE_STATES)
        return running.update(clocks_outdated=True, clocks_put_off_until=None)

    def with_labels(self):
        """Everything a list row or a ticket header names, in one query."""
        return self.select_related(*LABELS, *PEOPLE)


_FromQuerySet = models.Manager.from_queryset(TicketQuerySet)


class TicketManager(Registering, ChangingMany, _FromQuerySet):
    pass


class Ticket(Changing, Conversing, Ending, Linking, Timing, models.Model):
    number = models.CharField(_("number"), max_length=16, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=250)
    type = models.CharField(_("type"), max_length=20, choices=TicketType, default=TicketType.REQUEST)
    queue = models.ForeignKey(
        Queue, verbose_name=_("queue"), on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    state = models.CharField(_("state"), max_length=30, choices=State, default=State.NEW)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, default=Priority.MEDIUM)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="owned_tickets",
        null=True,
        blank=True,
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("responsible"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    assignment_group = models.ForeignKey(
        Group,
        verbose_name=_("assignment group"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        related_name="created_tickets",
        null=True,
        blank=True,
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="tickets",
        null=True,
        blank=True,
        db_index=False,
    )
    customer_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("customer user"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    is_locked = models.BooleanField(_("locked"), default=False)
    pending_until = models.DateTimeField(_("pending until"), null=True, blank=True)
    service = models.ForeignKey(
        Service, verbose_name=_("service"), on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    sla = models.ForeignKey(
        Sla, verbose_name=_("SLA"), on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    # Set by the verbs (tickets.models.traits.timing); None where no clock runs.
    clocks_since = models.DateTimeField(default=timezone.now, editable=False)
    first_response_due = models.DateTimeField(_("first response due"), null=True, blank=True, editable=False)
    update_due = models.DateTimeField(_("update due"), null=True, blank=True, editable=False)
    solution_due = models.DateTimeField(_("solution due"), null=True, blank=True, editable=False)
    # The earliest of these and of a pending time: what lists sort by and narrow to.
    due_at = models.DateTimeField(_("due next"), null=True, blank=True, editable=False)
    locked_at = models.DateTimeField(null=True, blank=True, editable=False)
    unlock_due = models.DateTimeField(null=True, blank=True, editable=False)
    clocks_outdated = models.BooleanField(default=False, editable=False)
    # Not tried before then, after they could not be set.
    clocks_put_off_until = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="merged",
        null=True,
        blank=True,
        verbose_name=_("merged into"),
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, db_index=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    objects = TicketManager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-created_at", "-id"]
        indexes = [
            # docs/query-plans.md says which statement needs which.
            models.Index(fields=["state", "-changed_at"], name="ticket_by_state"),
            models.Index(fields=["queue", "-changed_at"], name="ticket_by_queue"),
            models.Index(fields=["customer", "-changed_at"], name="ticket_by_customer"),
            models.Index(fields=["-changed_at", "-id"], condition=UNFINISHED, name="ticket_unfinished"),
            models.Index(
                fields=["owner", "-changed_at"], condition=UNFINISHED, name="ticket_unfinished_by_owner"
            ),
            # Beside the one by owner, whose nulls the planner takes to be everywhere among what is not complete.
            models.Index(
                fields=["-changed_at", "-id"],
                condition=UNFINISHED & models.Q(owner=None),
                name="ticket_unassigned",
            ),
            models.Index(
                fields=["assignment_group", "-changed_at"],
                condition=UNFINISHED,
                name="ticket_unfinished_by_group",
            ),
            models.Index(fields=["due_at"], condition=~models.Q(due_at=None), name="ticket_by_due"),
            models.Index(
                fields=["id"], condition=models.Q(clocks_outdated=True), name="ticket_clocks_outdated"
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self):
        return reverse("ticket", args=[self.number])

    @property
    def is_complete(self):
        return self.state in COMPLETE_STATES

    @property
    def age(self):
        return timezone.now() - self.created_at

    @property
    def display_priority_rank(self):
        return Priority.values.index(self.priority)

    def snapshot(self):
        """The fields that say who is concerned and what filters match: ids, codes and plain values, ready for JSON."""
        values = {}
        for name in SNAPSHOT_FIELDS:
            field = self._meta.get_field(name)
            value = getattr(self, field.attname)
            values[name] = value.isoformat() if isinstance(value, datetime.datetime) else value
        return values

    def clean(self):
        if self.customer_user and self.customer_user.customer_id != self.customer_id:
            raise ValidationError(
                {"customer_user": _("This person does not belong to the ticket's customer.")}
            )


class TicketCounter(models.Model):
    """How many numbers a day has used; a row a day."""

    day = models.DateField(unique=True)
    used = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.day}: {self.used}"


class TicketLink(models.Model):
    """Two tickets that belong together; `follow_up`: `target` goes on where `source` ended."""

    class Kind(models.TextChoices):
        FOLLOW_UP = "follow_up", _("Follow-up")
        RELATED = "related", _("Related")

    source = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")
    target = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="backlinks")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RELATED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "kind"], name="ticketlink_once")]

    def __str__(self):
        return f"{self.source_id} → {self.target_id} ({self.kind})"

"""What still has to be dispatched: one row an operation, written in the operation's own transaction (domain §5)."""

import datetime

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.choices import OutboxState

LEASE = datetime.timedelta(seconds=60)
MAX_ATTEMPTS = 20
UNFINISHED = [OutboxState.WAITING, OutboxState.FAILED]
FIRST_DELAY = datetime.timedelta(seconds=5)
LONGEST_DELAY = datetime.timedelta(hours=1)


class LeaseLost(Exception):
    """Another worker ended the operation first: whoever worked on it undoes what they did."""


class OutboxQuerySet(models.QuerySet):
    def due(self, now):
        """What waits and nobody holds, or somebody held too long."""
        return self.filter(
            Q(leased_until=None) | Q(leased_until__lt=now), state=OutboxState.WAITING, due_at__lte=now
        )

    def unfinished(self):
        """What waits or was given up."""
        return self.filter(state__in=UNFINISHED)

    def claim(self, operation, worker, now):
        """Take `operation` for `worker`. Returns whether it was there to take: of two who ask at once, one gets it."""
        # Counted before the work and not after, so that work which kills its worker is given up one day, too.
        return bool(
            self.due(now)
            .filter(pk=operation)
            .update(leased_until=now + LEASE, lease_owner=worker, attempts=F("attempts") + 1)
        )

    def claim_next(self, worker, now):
        """Take for `worker` the operation that waits longest; None where there is none.

        Workers who ask at once do not wait for each other: what one is about to take, the others pass over.
        """
        with transaction.atomic():
            due = self.due(now).order_by("created_at").values_list("pk", flat=True)
            operation = due.select_for_update(skip_locked=True, no_key=True).first()
            if operation is not None:
                self.claim(operation, worker, now)
        return operation

    def finish(self, operation, now, error=""):
        """Mark as done, in the transaction that writes what was decided. Raises LeaseLost for all but the first.

        Done first in that transaction, it holds off whoever else works on it until the commit, and then finds them out.
        The lease is not asked: work that always outlasts it would be taken over, and undone, for ever.
        """
        finished = self.filter(pk=operation, state=OutboxState.WAITING).update(
            state=OutboxState.DONE, dispatched_at=now, leased_until=None, lease_owner="", error=error
        )
        if not finished:
            raise LeaseLost(operation)

    def put_off(self, operation, worker, now, error):
        """Try again later, each time twice as late; after many attempts give up. Returns whether it was given up."""
        row = self.filter(pk=operation, lease_owner=worker, state=OutboxState.WAITING).first()
        if row is None:
            return False
        given_up = row.attempts >= MAX_ATTEMPTS
        row.state = OutboxState.FAILED if given_up else OutboxState.WAITING
        row.due_at = now + min(FIRST_DELAY * 2 ** min(row.attempts - 1, 20), LONGEST_DELAY)
        row.leased_until, row.lease_owner, row.error = None, "", error
        row.save(update_fields=["state", "due_at", "leased_until", "lease_owner", "error"])
        return given_up

    def give_up(self, now):
        """Fail what killed its worker each time. Returns how many."""
        return (
            self.due(now)
            .filter(attempts__gte=MAX_ATTEMPTS)
            .update(state=OutboxState.FAILED, leased_until=None, error="Every worker that tried it died.")
        )

    def try_again(self, now):
        """Let what waits or was given up be tried now, with attempts anew. Returns the operations."""
        tried = list(self.exclude(state=OutboxState.DONE).values_list("operation", flat=True))
        self.model.objects.filter(pk__in=tried).exclude(state=OutboxState.DONE).update(
            state=OutboxState.WAITING, attempts=0, due_at=now
        )
        return tried


class Outbox(models.Model):
    """`leased_until`/`lease_owner`: who dispatches it now; a lease that ran out may be taken over by anyone."""

    operation = models.UUIDField(_("operation"), primary_key=True)
    state = models.CharField(_("state"), max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("taken by a worker until"), null=True, blank=True)
    lease_owner = models.CharField(_("by the worker"), max_length=64, blank=True)
    dispatched_at = models.DateTimeField(_("dispatched"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatch queue")
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=OutboxState.WAITING), name="outbox_waiting"),
            models.Index(fields=["state", "created_at"], name="outbox_by_state"),
        ]

    def __str__(self):
        return f"{self.operation} ({self.state})"

"""How a ticket ends other than by its state: merged into another, deleted, restored."""

from django.core.exceptions import ValidationError
from django.db.models import F, Max
from django.utils.translation import gettext as _

from tickets.choices import State
from tickets.models.history import record
from tickets.models.reading import Reading
from tickets.models.traits.changing import for_history
from tickets.operations import now, operation


class Ending:
    def merge_into(self, target, by):
        """Move the articles to `target` and close this ticket. Returns the TicketEvent.

        Raises ValidationError: tickets of different customers never merge (domain §1), nor a ticket with itself, nor
        with one that is merged or deleted.
        """
        with operation(by) as under_way:
            # The lower id first, so that two merges of the same pair cannot wait for each other.
            for ticket in sorted((self, target), key=lambda one: one.pk):
                ticket.lock_row()
            self._refuse_merge(target)
            last = target.articles.aggregate(last=Max("number"))["last"] or 0
            numbers = {}
            for offset, article in enumerate(self.articles.order_by("number"), start=1):
                numbers[article.number] = last + offset
                article.ticket, article.number = target, last + offset
                article.save(update_fields=["ticket", "number"])
            Reading.objects.move(self, target, numbers)
            # Closing is part of the merge and no event of its own: it would be told in the merge's place.
            closing = {"old": self.state, "new": State.CLOSED}
            self.merged_into, self.state = target, State.CLOSED
            self._touch(merged_into=target, state=self.state, version=F("version") + 1)
            self.version += 1
            self.set_clocks()
            target._touch()
            target.set_clocks()
            record(target, "TicketMergeReceived", under_way, new=for_history(self))
            return record(self, "TicketMerge", under_way, new=for_history(target), state=closing)

    def _refuse_merge(self, target):
        problem = None
        if self.pk == target.pk:
            problem = _("A ticket cannot be merged with itself.")
        elif self.merged_into_id or target.merged_into_id:
            problem = _("One of the tickets is merged already.")
        elif self.deleted_at or target.deleted_at:
            problem = _("One of the tickets is deleted.")
        elif self.customer_id != target.customer_id:
            problem = _("Tickets of different customers cannot be merged.")
        if problem:
            raise ValidationError({"target": problem})

    def remove(self, by):
        """Delete: hidden from everyone but the admin, kept (domain §2). Returns the TicketEvent or None."""
        with operation(by) as under_way:
            self.lock_row()
            if self.deleted_at is not None:
                return None
            self.deleted_at = now()
            self._touch(deleted_at=self.deleted_at, version=F("version") + 1)
            self.version += 1
            self.set_clocks()
            return record(self, "TicketDelete", under_way)

    def restore(self, by):
        """Bring a deleted ticket back. Returns the TicketEvent or None."""
        with operation(by) as under_way:
            self.lock_row()
            if self.deleted_at is None:
                return None
            self.deleted_at = None
            self._touch(deleted_at=None, version=F("version") + 1)
            self.version += 1
            self.set_clocks()
            return record(self, "TicketRestore", under_way)

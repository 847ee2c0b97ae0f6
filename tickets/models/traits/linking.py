"""Two tickets that belong together: linked by hand, in both directions alike, and taken apart again."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from tickets.models.history import record
from tickets.operations import operation

BY_HAND = "related"  # a TicketLink.Kind; follow-ups say how a ticket came about and stay


class Linking:
    def link(self, other, by):
        """Let this ticket and `other` be known as belonging together. Returns the TicketEvent; None where they were.

        Raises ValidationError for a ticket with itself. Nobody's form is disturbed: links count no version up.
        """
        if other.pk == self.pk:
            raise ValidationError({"target": _("A ticket cannot be linked with itself.")})
        with operation(by) as under_way:
            self._lock_both(other)
            if self._links_with(other).exists():
                return None
            self.links.create(target=other, kind=BY_HAND)
            record(other, "TicketLinked", under_way, new=_as_number(self))
            return record(self, "TicketLinked", under_way, new=_as_number(other))

    def unlink(self, other, by):
        """Take apart what was linked by hand. Returns the TicketEvent; None where nothing was."""
        with operation(by) as under_way:
            self._lock_both(other)
            deleted, _models = self._links_with(other).filter(kind=BY_HAND).delete()
            if not deleted:
                return None
            record(other, "TicketUnlinked", under_way, old=_as_number(self))
            return record(self, "TicketUnlinked", under_way, old=_as_number(other))

    def _lock_both(self, other):
        # The lower id first, so that two who link the same pair the other way round do not wait for each other.
        for ticket in sorted((self, other), key=lambda one: one.pk):
            ticket.lock_row()

    def _links_with(self, other):
        model = self.links.model
        return model.objects.filter(Q(source=self, target=other) | Q(source=other, target=self))


def _as_number(ticket):
    # No title: the history is read by people who may not read the other ticket.
    return {"id": ticket.pk, "name": ticket.number}

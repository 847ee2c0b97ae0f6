"""Changing a ticket's fields: each verb writes at most one history row, old → new, and none where nothing changes."""

import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.utils.translation import gettext as _

from opsi.roles import AgentRole
from tickets import events
from tickets.choices import COMPLETE_STATES, POSTS, Priority, State, TicketType
from tickets.models.history import record
from tickets.operations import now, operation

# What the clocks hang on, besides what is said on the ticket.
TIMED_FIELDS = frozenset({"state", "sla", "queue", "is_locked", "pending_until"})


class StaleTicket(Exception):
    """Somebody changed the ticket after the form was shown."""


def for_history(value):
    """`value` as history keeps it: see TicketEvent."""
    if isinstance(value, models.Model):
        return {"id": value.pk, "name": getattr(value, "name", None) or str(value)}
    return value.isoformat() if isinstance(value, datetime.datetime) else value


def one_of(choices, value, field):
    if value not in choices.values:
        raise ValidationError({field: _("“%(value)s” is not one of the choices.") % {"value": value}})
    return choices(value)


def able_to_work(person, field):
    """Only an active agent from itsm_user upwards can be given a ticket; None gives it to nobody."""
    if person is not None and not (person.is_notifiable and person.holds(AgentRole.USER)):
        raise ValidationError({field: _("%(person)s cannot work on tickets.") % {"person": person}})
    return person


class Changing:
    def lock_row(self):
        """Wait for whoever changes this ticket and see what they left; use inside a transaction."""
        self.refresh_from_db(from_queryset=type(self).objects.select_for_update(no_key=True))

    def expect_version(self, version):
        """Raise StaleTicket unless the ticket still is as it was at `version`; use inside an operation."""
        self.lock_row()
        if self.version != version:
            raise StaleTicket

    def change_state(self, to, by, pending_until=None):
        """To a State; a pending one may bring the time until when (an aware datetime)."""
        to = one_of(State, to, "state")
        with operation(by):
            event = self._change("state", to, by)
            if to == State.PENDING and pending_until is not None:
                self.set_pending_until(pending_until, by)
        return event

    def change_priority(self, to, by):
        return self._change("priority", one_of(Priority, to, "priority"), by)

    def change_type(self, to, by):
        return self._change("type", one_of(TicketType, to, "type"), by)

    def change_owner(self, to, by):
        return self._change("owner", able_to_work(to, "owner"), by)

    def change_responsible(self, to, by):
        return self._change("responsible", able_to_work(to, "responsible"), by)

    def change_assignment_group(self, to, by):
        return self._change("assignment_group", to, by)

    def change_queue(self, to, by, take_off=()):
        """Move to the queue `to`. Returns the TicketEvent or None.

        `take_off`: "owner", "responsible" or both, who leave their posts in the same operation, for who would read the
        ticket there by that post alone (tickets.moving.Move tells who). Raises ValueError for anything else.
        """
        if unknown := set(take_off) - set(POSTS):
            raise ValueError(f"Nobody is taken off as {', '.join(sorted(unknown))}.")
        with operation(by):
            event = self._change("queue", to, by)
            for post in sorted(take_off):
                self._change(post, None, by)
        return event

    def change_service(self, to, by):
        return self._change("service", to, by)

    def change_sla(self, to, by):
        return self._change("sla", to, by)

    def rename(self, title, by):
        title = " ".join(title.split())
        if not title:
            raise ValidationError({"title": _("A ticket needs a title.")})
        return self._change("title", title[:250], by)

    def set_pending_until(self, at, by):
        return self._change("pending_until", at, by)

    def lock(self, by):
        return self._change("is_locked", True, by)

    def unlock(self, by):
        return self._change("is_locked", False, by)

    def change_customer(self, customer, by, customer_user=None):
        """Give the ticket to `customer` (None: to none) and to `customer_user`, who must be one of theirs."""
        if customer_user is not None and customer_user.customer_id != (customer.pk if customer else None):
            raise ValidationError(
                {"customer_user": _("This person does not belong to the ticket's customer.")}
            )
        return self._change("customer", customer, by, customer_user=customer_user)

    def _change(self, field, to, by, **along):
        """Set `field` (and the fields `along`, which the same event covers). Returns the TicketEvent or None."""
        with operation(by) as under_way:
            self.lock_row()
            values = {field: to, **along}
            if all(getattr(self, name) == value for name, value in values.items()):
                return None
            old = {name: for_history(getattr(self, name)) for name in values}
            follows = self.what_follows(field, to)
            for name, value in (values | follows).items():
                setattr(self, name, value)
            self._touch(**values, **follows, version=F("version") + 1)
            self.version += 1
            if field in TIMED_FIELDS:
                self.set_clocks()
            extra = {name: {"old": old[name], "new": for_history(value)} for name, value in along.items()}
            return record(
                self, events.for_field(field).name, under_way, old=old[field], new=for_history(to), **extra
            )

    def what_follows(self, field, to):
        """What a change sets along that the history has no need to tell."""
        if field == "is_locked":
            return {"locked_at": now() if to else None}
        if field == "state" and self.is_complete and to not in COMPLETE_STATES:
            return {"clocks_since": now()}
        return {}

    def _touch(self, **values):
        self.changed_at = now()
        type(self).objects.filter(pk=self.pk).update(changed_at=self.changed_at, **values)

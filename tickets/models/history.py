"""The ticket's history: one append-only row an event, which feeds timeline, inbox and mail alike (domain §2)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets import events
from tickets.signals import ticket_event


class TicketEvent(models.Model):
    """What happened, who did it, when, old → new.

    `old` and `new` are JSON: a plain value (codes of choices, ISO times, texts), {"id", "name"} for a row of another
    table, or None. `snapshot` is the ticket as it was right after the event (see `Ticket.snapshot`), so that who is
    told is decided by how things stood then, however late that is. `data` holds what only this event has.
    """

    ticket = models.ForeignKey(
        "tickets.Ticket", on_delete=models.CASCADE, related_name="events", db_index=False
    )
    operation = models.UUIDField(_("operation"), db_index=True)
    name = models.CharField(_("event"), max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    article = models.ForeignKey(
        "tickets.Article", on_delete=models.SET_NULL, null=True, related_name="events", db_index=False
    )
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    snapshot = models.JSONField(default=dict)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("history event")
        verbose_name_plural = _("history events")
        ordering = ["id"]
        indexes = [models.Index(fields=["ticket", "id"], name="ticketevent_by_ticket")]

    def __str__(self):
        return f"{self.name} #{self.pk}"

    def save(self, *args, **kwargs):
        if self.pk:
            raise TypeError("History is only ever added to.")
        super().save(*args, **kwargs)

    @property
    def type(self):
        return events.get(self.name)

    @property
    def is_quiet(self):
        """Whether the actor chose to tell nobody."""
        return bool(self.data.get("quiet"))


def record(ticket, name, operation, *, article=None, old=None, new=None, **data):
    """Write one history row of `operation` and tell the apps above. Returns the TicketEvent."""
    if operation.quiet:
        data["quiet"] = True
    event = _event(ticket, name, operation, article=article, old=old, new=new, data=data)
    event.save()
    ticket_event.send(sender=TicketEvent, event=event, operation=operation, first=True)
    return event


def record_each(changes, name, operation, **data):
    """Write one history row for each (ticket, old, new) of `changes`, in one statement; tell the apps above of each.

    Returns the TicketEvents.
    """
    if operation.quiet:
        data["quiet"] = True
    rows = [
        _event(ticket, name, operation, old=old, new=new, data=dict(data)) for ticket, old, new in changes
    ]
    TicketEvent.objects.bulk_create(rows, batch_size=1_000)
    for event in rows:
        ticket_event.send(sender=TicketEvent, event=event, operation=operation, first=event is rows[0])
    return rows


def record_many(tickets, name, operation, *, old=None, new=None, **data):
    """Write one history row of `operation` for each of `tickets`, of which nobody is told: one statement."""
    data["quiet"] = True
    rows = [_event(ticket, name, operation, old=old, new=new, data=data) for ticket in tickets]
    TicketEvent.objects.bulk_create(rows, batch_size=1_000)


def _event(ticket, name, operation, **values):
    events.get(name)
    return TicketEvent(
        ticket=ticket,
        operation=operation.id,
        name=name,
        actor=operation.by,
        at=operation.now(),
        snapshot=ticket.snapshot(),
        **values,
    )

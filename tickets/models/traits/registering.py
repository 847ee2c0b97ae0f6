"""How a ticket comes to be: its number, its fields, its first article, one history row."""

from django.core.exceptions import ValidationError
from django.db.models import F

from tickets.choices import Channel
from tickets.models.history import record
from tickets.models.traits.changing import able_to_work
from tickets.operations import now, operation


class Registering:
    """On the manager: `Ticket.objects.register(by=uma, title=…, queue=…, body=…)`."""

    def register(
        self,
        *,
        by,
        title,
        queue,
        body,
        subject="",
        attachments=(),
        visible_for_customer=True,
        channel=None,
        html="",
        **fields,
    ):
        """A new ticket with its first article, which raises no event of its own (domain §2). Returns the Ticket.

        `html` as with `Ticket.note`. `fields` are further Ticket fields. A customer user's ticket is their customer's.
        Raises ValidationError, by field.
        """
        with operation(by) as under_way:
            if by is not None and by.customer_id and "customer" not in fields:
                fields |= {"customer": by.customer, "customer_user": by}
            for role in ("owner", "responsible"):
                able_to_work(fields.get(role), role)
            ticket = self.model(title=" ".join(title.split()), queue=queue, created_by=by, **fields)
            ticket.created_at = ticket.changed_at = ticket.clocks_since = now()
            ticket.locked_at = ticket.created_at if ticket.is_locked else None
            ticket.number = self._next_number()
            try:
                ticket.full_clean(exclude=["number"])
            except ValidationError as error:
                raise self._by_visible_field(error) from error
            ticket.save(force_insert=True)
            channel = channel or (Channel.PHONE if by is not None and by.is_agent else Channel.WEB)
            article = ticket.add_article(
                body,
                by,
                channel,
                subject=subject,
                visible=visible_for_customer,
                attachments=attachments,
                html=html,
            )
            if ticket.sla_id or ticket.is_locked or ticket.pending_until:
                ticket.set_clocks()
            record(ticket, "TicketCreate", under_way, article=article)
            return ticket

    def _next_number(self):
        """YYYYMMDD and an 8-digit count of the day (domain §2); the day's row serialises those who ask at once."""
        from tickets.models.ticket import TicketCounter

        today = now().date()
        TicketCounter.objects.bulk_create([TicketCounter(day=today)], ignore_conflicts=True)
        TicketCounter.objects.filter(day=today).update(used=F("used") + 1)
        used = TicketCounter.objects.get(day=today).used
        return f"{today:%Y%m%d}{used:08d}"

    def _by_visible_field(self, error):
        shown = {"title", "queue", "type", "state", "priority", "owner", "responsible", "assignment_group",
                 "customer", "customer_user", "service", "sla", "pending_until"}  # fmt: skip
        messages = error.message_dict
        if set(messages) <= shown:
            return error
        return ValidationError(
            {name if name in shown else "__all__": text for name, text in messages.items()}
        )

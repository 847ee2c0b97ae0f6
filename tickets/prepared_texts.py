"""Templates and signatures filled in for one ticket and whoever writes on it (docs/writing.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from opsi.naming import Naming
from tickets import access
from tickets.models import Queue, Signature, Ticket

TAG = re.compile(r"\{\{([^{}]*)\}\}")
NOTHING = "-"  # for a tag that does not exist, or has no value here


def answered(ticket: Ticket) -> User | None:
    """Whom a reply goes to unless changed.

    Of the customer that the ticket left nobody reads it, and nobody else is to read their name or address.
    """
    person = ticket.customer_user or ticket.created_by
    if person is None or person.is_agent or not access.may(person, "read", ticket):
        return None
    return person


@dataclass(frozen=True)
class Writer:
    """Who writes on which ticket, and whether customers read it: then agents may have to go by a neutral name."""

    person: User
    ticket: Ticket
    for_customer: bool

    @property
    def name(self) -> str:
        naming = Naming()
        hidden = self.for_customer and naming.settings.neutral_agents
        return naming.neutral if hidden else self.person.full_name

    @property
    def customer_user(self) -> str:
        person = answered(self.ticket)
        return person.full_name if person else ""


Value = Callable[[Writer], object]
TAGS: dict[str, tuple[Promise, Value]] = {
    "customer_user": (_("Name of whoever the ticket is for"), lambda writer: writer.customer_user),
    "customer": (_("Customer"), lambda writer: writer.ticket.customer),
    "agent": (_("Name of whoever writes"), lambda writer: writer.name),
    "ticket.number": (_("Ticket number"), lambda writer: writer.ticket.number),
    "ticket.title": (_("Title"), lambda writer: writer.ticket.title),
    "ticket.queue": (_("Queue"), lambda writer: writer.ticket.queue),
}


def fill(text: str, writer: Writer) -> str:
    """`text` with its tags filled; what they bring is text, tags in it are none."""

    def value(match):
        _label, of = TAGS.get(match[1].strip(), (None, lambda writer: ""))
        return str(of(writer) or NOTHING)

    return TAG.sub(value, text).replace("\r\n", "\n")


def unknown_tags(text: str) -> list[str]:
    """What stands in double braces and is no tag, for a warning."""
    return [name for name in dict.fromkeys(found.strip() for found in TAG.findall(text)) if name not in TAGS]


def signature(person: User, ticket: Ticket) -> str:
    """What stands beneath a reply that `person` writes on `ticket`; "" for nothing.

    Their own comes first, unless agents go by a neutral name: nobody can tell whether it says who they are.
    """
    parts: list[str] = []
    if not Naming().settings.neutral_agents:
        parts += Signature.objects.filter(person=person).values_list("text", flat=True)
    parts.append(Queue.objects.values_list("signature", flat=True).get(pk=ticket.queue_id))
    writer = Writer(person, ticket, for_customer=True)
    return "\n\n".join(fill(part, writer).strip() for part in parts if part.strip())

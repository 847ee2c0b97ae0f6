"""What a ticket's page says about it: label, value, and which form of `tickets.forms.fields` changes it."""

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from opsi.naming import name_for
from tickets.choices import State
from tickets.forms.fields import FIELDS
from tickets.models import Ticket


@dataclass(frozen=True)
class Fact:
    """`value` is shown as it is; `moment` instead, where the fact is a time. `change` is a key of FIELDS or "".

    `is_due`: the time is one to keep, so how much is left is said as well.
    """

    label: str | Promise
    value: object = None
    moment: object = None
    change: str = ""
    is_due: bool = False


def about(ticket: Ticket, person: User, verbs: frozenset[str]) -> list[Fact]:
    """What `person` is told of the ticket: customer users and requesters the reduced version (domain §3)."""
    facts = [
        Fact(_("State"), ticket.get_state_display(), change="state"),
        Fact(_("Priority"), ticket.get_priority_display(), change="priority"),
        Fact(_("Type"), ticket.get_type_display(), change="type"),
        Fact(_("Queue") if person.is_agent else _("Contact person"), ticket.queue, change="queue"),
        Fact(
            _("Owner") if person.is_agent else _("Assigned to"),
            name_for(ticket.owner, person) or None,
            change="owner",
        ),
    ]
    if person.is_agent:
        facts += [
            Fact(_("Responsible"), ticket.responsible, change="responsible"),
            Fact(_("Assignment group"), ticket.assignment_group, change="assignment-group"),
            Fact(_("Service"), ticket.service, change="service"),
            Fact(_("SLA"), ticket.sla, change="sla"),
            Fact(_("Lock"), _("Locked") if ticket.is_locked else _("Unlocked"), change="lock"),
        ]
    if ticket.state == State.PENDING:
        facts.append(
            Fact(_("Pending until"), moment=ticket.pending_until, change="pending", is_due=person.is_agent)
        )
    if person.is_agent and ticket.unlock_due:
        facts.append(Fact(_("Unlocked at"), moment=ticket.unlock_due, is_due=True))
    facts += [
        Fact(_("Created by"), name_for(ticket.created_by, person) or None),
        Fact(_("Created"), moment=ticket.created_at),
        Fact(_("Changed"), moment=ticket.changed_at),
    ]
    return [fact if _may(fact, verbs) else replace(fact, change="") for fact in facts]


def clocks(ticket: Ticket, person: User) -> list[Fact]:
    """What the service level promises and when it is due; for agents."""
    if not person.is_agent:
        return []
    due = (
        (_("First response due"), ticket.first_response_due),
        (_("Update due"), ticket.update_due),
        (_("Solution due"), ticket.solution_due),
    )
    return [Fact(label, moment=moment, is_due=True) for label, moment in due if moment]


def _may(fact, verbs):
    return fact.change and FIELDS[fact.change].verb in verbs

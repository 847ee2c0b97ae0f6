"""What somebody is to the policy: as who sets watchers, and as who is set, seen from a ticket (domain §3)."""

from django.db.models import Q

from opsi.models import User
from opsi.roles import PersonKind
from tickets.models import Ticket
from watchers.choices import SetterKind, TargetKind


def setter_kind(person: User) -> SetterKind:
    match person.kind:
        case PersonKind.AGENT:
            return SetterKind(person.effective_role)
        case PersonKind.CUSTOMER:
            return SetterKind(person.customer_role)
        case _:
            return SetterKind.REQUESTER


def target_kind(ticket: Ticket, person: User) -> TargetKind:
    """What `person` is, seen from `ticket`; `of_kind` says the same of many."""
    match person.kind:
        case PersonKind.AGENT:
            return TargetKind.AGENT
        case PersonKind.REQUESTER:
            return TargetKind.REQUESTER
    walled = bool(ticket.customer_id)
    own = person.customer_id == ticket.customer_id if walled else person.pk == ticket.created_by_id
    return TargetKind.OWN_CUSTOMER if own else TargetKind.OTHER_CUSTOMER


def of_kind(ticket: Ticket, kind: TargetKind, path: str = "") -> Q:
    """A Q on User (or on what reaches one by `path`, such as "user__"): the people of this kind."""

    def where(**lookups):
        return Q(**{path + name: value for name, value in lookups.items()})

    own = where(customer=ticket.customer_id) if ticket.customer_id else where(pk=ticket.created_by_id)
    match kind:
        case TargetKind.AGENT:
            return where(customer=None) & ~where(effective_role="")
        case TargetKind.REQUESTER:
            return where(customer=None, effective_role="")
        case TargetKind.OWN_CUSTOMER:
            return ~where(customer=None) & own
        case TargetKind.OTHER_CUSTOMER:
            return ~where(customer=None) & ~own

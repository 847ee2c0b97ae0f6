"""Who a definition tells: the recipient kinds (domain §5). Whatever lists recipients reads their registry.

A kind is asked for all (definition, event) matches of an operation at once, so that its statements do not grow with
tickets or people. It answers with pairs of a match and a person's id, or an address where it only knows that. Those to
tick stand in `ticket_recipients`; here are those that follow from what a definition names itself.
"""

from collections import defaultdict

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Definition
from notifications.recipient_kinds import Match, all_kinds, choices, explanation, get, kind, spread
from notifications.ticket_recipients import subject_of
from notifications.watching import members
from notifications.wording import Reader, fill
from opsi.models import User
from opsi.roles import CustomerRole

__all__ = ["Match", "all_kinds", "choices", "explanation", "get", "subject_of"]


def _named(matches, through, column):
    named = defaultdict(set)
    rows = through.objects.filter(definition__in={match.definition.pk for match in matches})
    for definition, pk in rows.values_list("definition", column):
        named[definition].add(pk)
    return named


@kind("named_users", _("Named people"), used_by=lambda definition: definition.has_named_users)
def _named_users(matches):
    named = _named(matches, Definition.named_users.through, "user")
    return spread(((match, match.definition.pk) for match in matches), named)


@kind("named_groups", _("Named groups"), used_by=lambda definition: definition.has_named_groups)
def _named_groups(matches):
    named = _named(matches, Definition.named_groups.through, "group")
    people_of = members(set().union(*named.values()))
    for match in matches:
        for group in named[match.definition.pk]:
            yield from ((match, person) for person in people_of[group])


@kind("roles", _("Roles"), used_by=lambda definition: bool(definition.roles))
def _roles(matches):
    """Agents by what they hold, through groups too; customers' people of the ticket's customer only."""
    wanted = {role for match in matches for role in match.definition.roles}
    agents = Q(customer=None) & (Q(agent_role__in=wanted) | Q(groups__agent_role__in=wanted))
    customers = Q(customer__in={match.event.snapshot.get("customer") for match in matches} - {None})
    rows = User.objects.active().filter(
        agents & ~Q(effective_role="") | customers & Q(customer_role__in=wanted & set(CustomerRole.values))
    )
    holders = defaultdict(set)
    for pk, customer, customer_role, *agent_roles in rows.values_list(
        "pk", "customer", "customer_role", "agent_role", "groups__agent_role"
    ):
        for role in [customer_role] if customer else agent_roles:
            holders[customer, role].add(pk)
    for match in matches:
        for role in match.definition.roles:
            customer = match.event.snapshot.get("customer") if role in CustomerRole.values else None
            people = holders.get((customer, role), ())
            yield from ((match, person) for person in people)


@kind(
    "extra_addresses",
    _("Extra addresses"),
    used_by=lambda definition: bool(definition.extra_addresses.strip()),
)
def _extra_addresses(matches):
    for match in matches:
        text = match.definition.extra_addresses
        if "{{" in text:
            text = fill(text, match.event, Reader.of_nobody())
        for part in text.replace(",", " ").replace(";", " ").split():
            yield match, part.strip("<>\"'")

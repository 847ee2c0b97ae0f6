"""Whom a definition could ever reach, so that nobody is offered a choice about what cannot concern them (domain §5)."""

from notifications import addresses, recipients
from notifications.models import Definition
from notifications.models.definition import split_addresses
from opsi.models import User
from tickets import events


def reaches(definition: Definition, person: User) -> bool:
    """Whether `definition` could ever tell `person`. Prefetch its named people and groups, and the person's groups."""
    return bool(kinds_of(definition, person))


def kinds_of(definition: Definition, person: User) -> list[str]:
    """As which kinds of recipients `definition` could tell `person`; prefetch as for `reaches`."""
    if not person.is_agent and _is_internal(definition):
        return []
    groups = {group.pk: group for group in person.groups.all()}
    # Roles as dispatch understands them: exactly those held, of oneself or through a group.
    held = {person.customer_role} if person.customer_id else {person.agent_role}
    held |= set() if person.customer_id else {group.agent_role for group in groups.values()}
    named = {
        "roles": not held.isdisjoint(definition.roles),
        "named_users": any(one.pk == person.pk for one in definition.named_users.all()),
        "named_groups": any(group.pk in groups for group in definition.named_groups.all()),
        "extra_addresses": _is_addressed(definition, person),
    }
    ticked = [kind for kind in definition.recipients if _can_find(kind, person)]
    return [*ticked, *(kind for kind, is_named in named.items() if is_named)]


def _can_find(kind, person):
    try:
        return recipients.get(kind).finds(person)
    except KeyError:  # of an app that is gone
        return False


def _is_internal(definition):
    """Whether it only speaks of articles that are not for customers."""
    with_article = {event.name for event in events.all_types() if event.has_article}
    internal = definition.article_filter.get("visible_for_customer") is False
    return internal and with_article.issuperset(definition.events)


def _is_addressed(definition, person):
    texts = split_addresses(definition.extra_addresses)
    own = addresses.of_person(person) if texts else ""
    return bool(own) and any(addresses.normalise(text.strip("<>\"'")) == own for text in texts)

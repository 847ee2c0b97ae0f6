"""A ticket's state and priority as they stand in every list and header."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language

from tickets import access
from tickets.choices import COMPLETE_STATES, Priority, State

register = template.Library()
STATES, PRIORITIES = dict(State.choices), dict(Priority.choices)

WAITING = frozenset(
    {State.PENDING, State.AWAITING_APPROVAL, State.AWAITING_IMPLEMENTATION, State.AWAITING_BACKOUT}
)


def _tone(state):
    if state in COMPLETE_STATES:
        return "complete"
    if state in WAITING:
        return "waiting"
    return {State.NEW: "new", State.DECLINED: "declined"}.get(state, "active")


@register.filter
def state_badge(ticket):
    """The state as a small label; its colour only repeats what the words say."""
    return _badge("state", _tone(ticket.state), STATES.get(ticket.state, ticket.state), get_language())


@register.filter
def priority_badge(ticket):
    label = PRIORITIES.get(ticket.priority, ticket.priority)
    return _badge("priority", ticket.priority, label, get_language())


@lru_cache(maxsize=200)
def _badge(kind, tone, label, language):
    """Every row of a list has the same few, which differ by language: `label` may be lazy."""
    return format_html('<span class="badge-{0} badge-{0}-{1}">{2}</span>', kind, tone, label)


@register.filter
def may_create(person):
    """Whether to offer `person` the page where tickets are registered."""
    return access.may_create(person)

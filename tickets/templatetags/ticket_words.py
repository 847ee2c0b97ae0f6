"""A ticket's state and priority as they stand in every list and header."""

from django import template
from django.utils.html import format_html

from tickets import access
from tickets.choices import COMPLETE_STATES, State

register = template.Library()

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
    return format_html(
        '<span class="badge-state badge-state-{}">{}</span>', _tone(ticket.state), ticket.get_state_display()
    )


@register.filter
def priority_badge(ticket):
    return format_html(
        '<span class="badge-priority badge-priority-{}">{}</span>',
        ticket.priority,
        ticket.get_priority_display(),
    )


@register.filter
def may_create(person):
    """Whether to offer `person` the page where tickets are registered."""
    return access.may_create(person)

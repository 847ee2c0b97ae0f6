"""Two definitions that tell the same people of the same event: whether they can meet, and whose text wins (domain §5).

They meet unless their filters shut each other out, as far as the filters alone tell: texts that an article is to
contain may well stand in one article. Whose text goes out is decided as `notifications.merging` does: of the most
severe, of equals the one that was there first.
"""

from collections.abc import Sequence

from notifications.models import Definition
from tickets.choices import Priority
from tickets.events import EventType

OF_ONE_VALUE = ("sender_type", "channel")
FLAGS = ("visible_for_customer", "has_attachment")


def can_meet(one: Definition, other: Definition, event: EventType) -> bool:
    """Whether one and the same `event` can be told by both."""
    asked = [(one.ticket_filter, other.ticket_filter)]
    if event.field:
        field = event.field
        asked += [
            ({field: a.get(field)}, {field: b.get(field)})
            for a, b in ((one.changed_from, other.changed_from), (one.changed_to, other.changed_to))
        ]
        # What it is after the change is also what the ticket's filter asks for.
        asked += [
            ({field: one.changed_to.get(field)}, {field: other.ticket_filter.get(field)}),
            ({field: one.ticket_filter.get(field)}, {field: other.changed_to.get(field)}),
        ]
    if event.has_article:
        asked += [
            ({name: a.get(name) for name in OF_ONE_VALUE}, {name: b.get(name) for name in OF_ONE_VALUE})
            for a, b in ((one.article_filter, other.article_filter),)
        ]
        if any(
            isinstance(one.article_filter.get(name), bool)
            and isinstance(other.article_filter.get(name), bool)
            and one.article_filter[name] != other.article_filter[name]
            for name in FLAGS
        ):
            return False
    return not any(_shut_out(a, b) for a, b in asked)


def _shut_out(one, other):
    """Whether a field is asked for by both, with no value in common."""
    return any(
        values and other.get(field) and _plain(values).isdisjoint(_plain(other[field]))
        for field, values in one.items()
    )


def _plain(values):
    return {str(value) for value in values}


def clusters(definitions: Sequence[Definition], event: EventType) -> list[list[Definition]]:
    """Those of `definitions` that meet others, with these: each cluster of at least two, by id."""
    left = sorted(definitions, key=lambda definition: definition.pk)
    found = []
    while left:
        cluster, waiting = [], [left.pop(0)]
        while waiting:
            one = waiting.pop()
            cluster.append(one)
            meeting = [other for other in left if can_meet(one, other, event)]
            left = [other for other in left if other not in meeting]
            waiting += meeting
        if len(cluster) > 1:
            found.append(sorted(cluster, key=lambda definition: definition.pk))
    return found


def speakers(definitions: Sequence[Definition], channel: str) -> dict[Definition, list[str]]:
    """Whose text goes out through `channel` where all of `definitions` meet: {definition: at which priorities}."""
    found: dict[Definition, list[str]] = {}
    for priority in Priority.values:
        meeting = [one for one in definitions if channel in one.channels and _is_about(one, priority)]
        if meeting:
            speaker = min(meeting, key=lambda one: (-one.severity_at(priority), one.pk))
            found.setdefault(speaker, []).append(priority)
    return found


def _is_about(definition, priority):
    wanted = definition.ticket_filter.get("priority")
    return not wanted or priority in wanted

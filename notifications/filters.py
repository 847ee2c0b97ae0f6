"""Whether a definition is about an event: its ticket filter, its changed from → to, its article filter (domain §5).

Values of a field OR, fields AND. The ticket is judged as the event's snapshot has it, however late that is.
"""

from collections.abc import Container

from notifications.models import Definition
from tickets.models import Article, TicketEvent

TEXT_FIELDS = {"from": "from_address", "to": "to", "cc": "cc", "subject": "subject", "body": "body"}
CODE_FIELDS = ("sender_type", "channel")
FLAG_FIELDS = ("visible_for_customer", "has_attachment")


def matches(definition: Definition, event: TicketEvent, with_attachments: Container[int] = ()) -> bool:
    """Whether `definition` is about `event`. `with_attachments`: ids of the articles that have attachments."""
    return (
        event.name in definition.events
        and _ticket_matches(definition.ticket_filter, event.snapshot)
        and _change_matches(definition, event)
        and _article_matches(definition.article_filter, event, with_attachments)
    )


def asks_for_attachments(definition: Definition) -> bool:
    return "has_attachment" in definition.article_filter


def _ticket_matches(wanted, snapshot):
    # A field the ticket does not have matches nothing: a filter that is not understood must not widen who is told.
    return all(
        field in snapshot and _among(snapshot[field], values) for field, values in wanted.items() if values
    )


def _change_matches(definition, event):
    """`changed_from` and `changed_to` bind the events that carry old → new; others have nothing to compare."""
    if not event.type.field:
        return True
    return all(
        not values or _among(_plain(value), values)
        for value, values in ((event.old, definition.changed_from), (event.new, definition.changed_to))
    )


def _article_matches(wanted, event, with_attachments):
    """Honoured for every event that has an article (behaviour B11)."""
    wanted = {field: value for field, value in wanted.items() if value not in ([], "", None)}
    if not wanted or not event.type.has_article:
        return True
    article = event.article
    return article is not None and all(
        _article_field_matches(article, field, value, with_attachments) for field, value in wanted.items()
    )


def _article_field_matches(article: Article, field, value, with_attachments):
    if field in CODE_FIELDS:
        return _among(getattr(article, field), value)
    if field == "visible_for_customer":
        return article.visible_for_customer == value
    if field == "has_attachment":
        return (article.pk in with_attachments) == value
    if field not in TEXT_FIELDS:
        return False
    text = getattr(article, TEXT_FIELDS[field]).casefold()
    return any(part.casefold() in text for part in value)


def _plain(value):
    return value["id"] if isinstance(value, dict) else value


def _among(value, values):
    # Ids come as numbers from forms and may come as text from elsewhere.
    return str(value) in {str(one) for one in values}

"""Whether a definition is about an event: its ticket filter, its changed from → to, its article filter (domain §5).

Values of a field OR, fields AND. The ticket is judged as the event's snapshot has it, however late that is.
"""

from collections.abc import Container, Iterator

from notifications.models import Definition
from tickets.models import Article, TicketEvent

TEXT_FIELDS = {"from": "from_address", "to": "to", "cc": "cc", "subject": "subject", "body": "body"}
CODE_FIELDS = ("sender_type", "channel")
FLAG_FIELDS = ("visible_for_customer", "has_attachment")


def matches(definition: Definition, event: TicketEvent, with_attachments: Container[int | None] = ()) -> bool:
    """Whether `definition` is about `event`. `with_attachments`: as `candidates.attachments_of`."""
    return next(misses(definition, event, with_attachments), None) is None


def misses(
    definition: Definition, event: TicketEvent, with_attachments: Container[int | None] = ()
) -> Iterator[str]:
    """What keeps `definition` from being about `event`: "events", "ticket_state", "to_state" and so on."""
    if event.name not in definition.events:
        yield "events"
        return
    yield from _ticket_misses(definition.ticket_filter, event.snapshot)
    yield from _change_misses(definition, event)
    yield from _article_misses(definition.article_filter, event, with_attachments)


def asks_for_attachments(definition: Definition) -> bool:
    return "has_attachment" in definition.article_filter


def _ticket_misses(wanted, snapshot):
    # A field the ticket does not have matches nothing: a filter that is not understood must not widen who is told.
    for field, values in wanted.items():
        if values and not (field in snapshot and _among(snapshot[field], values)):
            yield f"ticket_{field}"


def _change_misses(definition, event):
    """`changed_from` and `changed_to` ask of the field that the event changes; others have nothing to compare."""
    field = event.type.field
    for name, wanted, value in (
        ("from", definition.changed_from, event.old),
        ("to", definition.changed_to, event.new),
    ):
        if field and (values := wanted.get(field)) and not _among(_plain(value), values):
            yield f"{name}_{field}"


def _article_misses(wanted, event, with_attachments):
    """Honoured for every event that has an article (behaviour B11)."""
    if not event.type.has_article:
        return
    article = event.article
    for field, value in wanted.items():
        if value in ([], "", None):
            continue
        if article is None or not _article_field_matches(article, field, value, with_attachments):
            yield f"article_{field}"


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

"""What a notice says, in its reader's language and time zone (domain §5; the tags: docs/notifications.md).

Rendered when shown or sent, and for each reader on its own. Nothing a person typed is ever read as a tag, and nothing
here raises for a text that an administrator got wrong: what cannot be said becomes "-".
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.choices import Frame
from notifications.facts import NOTHING, Facts, Names, Reader, one_line
from notifications.models import DefinitionVersion
from notifications.tags import find
from tickets.models import TicketEvent

__all__ = [
    "Reader",
    "Words",
    "actor_of",
    "describe",
    "fill",
    "prepare",
    "unknown_tags",
    "words",
    "words_for_many",
]

logger = logging.getLogger(__name__)
TAG = re.compile(r"\{\{([^{}]*)\}\}")
INSIDE = re.compile(r"\s*([\w.]+)\s*(?::\s*(\d{1,4})\s*)?\Z")
LONGEST_LIST = 50  # lines of a notice over many tickets


@dataclass(frozen=True)
class Words:
    subject: str
    body: str
    frame: str


def words(
    version: DefinitionVersion, event: TicketEvent, reader: Reader, others: Sequence[TicketEvent] = ()
) -> Words:
    """What `version` says of `event` to `reader`; `others` are the notice's further events on the same ticket.

    Select event.ticket, event.article (and its author) and event.actor along; `prepare` many events before.
    """
    with translation.override(reader.language):
        text = version.text(reader.language) if version.texts else {}
        facts = _facts(event, reader)
        body = _filled(text.get("body", "{{event.change}}"), facts)
        if others:
            body = "\n".join([body, "", *(_facts(other, reader).described() for other in others)])
        return Words(
            one_line(_filled(text.get("subject", "{{ticket.number}} {{event.label}}"), facts)),
            body,
            text.get("frame", Frame.DEFAULT),
        )


def words_for_many(events: Sequence[TicketEvent], reader: Reader) -> Words:
    """What a notice over many tickets says (one operation that changed them all): a line each, at most 50."""
    with translation.override(reader.language):
        tickets = {event.ticket_id for event in events}
        labels = {str(event.type.label): None for event in events}
        count = ngettext("%(count)s ticket", "%(count)s tickets", len(tickets)) % {"count": len(tickets)}
        lines = [
            f"{event.ticket.number} {one_line(facts.code('title'))} – {facts.described()}"
            for event in events[:LONGEST_LIST]
            for facts in [_facts(event, reader)]
        ]
        if len(events) > LONGEST_LIST:
            lines.append(_("… and %(count)s more") % {"count": len(events) - LONGEST_LIST})
        return Words(f"{count}: {', '.join(labels)}", "\n".join(lines), Frame.DEFAULT)


def describe(event: TicketEvent, reader: Reader) -> str:
    """One short line in the reader's language, such as “State: New → Open”."""
    with translation.override(reader.language):
        return _facts(event, reader).described()


def actor_of(event: TicketEvent, reader: Reader) -> str:
    """Who did it, as `reader` knows them; in the language in force."""
    return _facts(event, reader).actor if event.actor else _("Ops I")


def prepare(events: Iterable[TicketEvent]) -> None:
    """Let `events` share the names they need, so that wording many costs no more statements than wording one."""
    events = list(events)
    names = Names(events)
    for event in events:
        event.__dict__["_names"] = names


def fill(text: str, event: TicketEvent, reader: Reader) -> str:
    """`text` with its tags filled, in the reader's language."""
    with translation.override(reader.language):
        return _filled(text, _facts(event, reader))


def unknown_tags(text: str) -> list[str]:
    """What stands in double braces in `text` and is no tag, for a warning."""
    return [inside.strip() for inside in TAG.findall(text) if _tag_in(inside)[0] is None]


def _facts(event, reader):
    if "_names" not in event.__dict__:
        prepare([event])
    return Facts(event, reader, event.__dict__["_names"])


def _tag_in(inside):
    found = INSIDE.match(inside)
    if found is None:
        return None, None
    name, limit = found.groups()
    return find(name), int(limit) if limit else None


@lru_cache(maxsize=1024)
def _parsed(text):
    """Literal, tag, literal, tag, …, literal; parsed once a text, however many read it."""
    parts = TAG.split(text)
    return tuple(part if index % 2 == 0 else _tag_in(part) for index, part in enumerate(parts))


def _filled(text, facts):
    return "".join(part if isinstance(part, str) else _said(*part, facts) for part in _parsed(text))


def _said(tag, limit, facts):
    if tag is None:
        return NOTHING
    try:
        return tag.value(facts, limit) or NOTHING
    except DatabaseError:
        raise
    except Exception:  # one value that cannot be told must not silence the rest
        logger.exception("Tag %s of event %s has no value", tag.name, facts.event.pk)
        return NOTHING

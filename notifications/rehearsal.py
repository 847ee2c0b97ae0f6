"""What a ticket notification would do on a real ticket: nobody is told, nothing is written (docs/definitions.md).

Who would be told is decided by the code that dispatches, what they would read is composed by the code that mails. A
past event is judged as dispatch would judge it now: watchers and the ticket's fields as of the event; access,
preferences, absences and addresses as they are. One that never happened is made of the ticket as it would be after it.
"""

import datetime
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications import addresses, channels, filters
from notifications.candidates import attachments_of
from notifications.choices import Drop, MailState, Severity
from notifications.compose import compose
from notifications.dispatch import decide
from notifications.drops import Telling, drop_told_today
from notifications.merging import merge
from notifications.models import (
    Definition,
    DefinitionText,
    DefinitionVersion,
    Mail,
    MailItem,
    Notice,
    NotificationFunction,
)
from notifications.recheck import Part
from notifications.told import PersonTold, Way
from notifications.wording import Reader, describe, words
from opsi.models import User
from tickets import events
from tickets.models import Article, Ticket, TicketEvent
from tickets.models.traits.changing import for_history

IMAGINED = -1  # the id of an event that never happened
# Where these events hold the person whose watch they are about.
ABOUT_PEOPLE = {"TicketSubscribe": "new", "TicketUnsubscribe": "old"}


def imagine(
    ticket: Ticket, name: str, *, by: User | None, old=None, new=None, article: Article | None = None
) -> TicketEvent:
    """An unsaved event as it would stand in the history were it to happen now; `ticket` becomes as it would be then."""
    changed = events.get(name).field
    if changed:
        setattr(ticket, changed, new)
    now = timezone.now()
    if name == "TicketDelete":
        ticket.deleted_at = now
    return TicketEvent(
        pk=IMAGINED,
        ticket=ticket,
        operation=uuid.uuid4(),
        name=name,
        actor=by,
        at=now,
        article=article,
        old=for_history(old),
        new=for_history(new),
        snapshot=ticket.snapshot(),
    )


@dataclass
class Row(PersonTold):
    """One person or address; `definition` gives the text, `severity` is what it would come with."""

    who: User | str = ""
    definition: str = ""
    severity: str = ""


@dataclass
class DryRun:
    """Who would be told of `event` and who not; `misses`: why it is not told at all (as `filters.misses` has it)."""

    event: TicketEvent
    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[Row]:
        return [row for row in self.rows if row.told]

    @property
    def not_told(self) -> list[Row]:
        return [row for row in self.rows if not row.told]


def dry_run(event: TicketEvent, definition: Definition | None, now: datetime.datetime) -> DryRun:
    """What becomes of `event` by `definition` alone, valid or not, or by all valid ones together."""
    if _is_over(event):
        return DryRun(event, misses=["deleted"])
    chosen = Definition.objects.valid() if definition is None else Definition.objects.filter(pk=definition.pk)
    considered = list(chosen.for_dispatch().order_by("pk"))
    tellings, problems = rehearse([event], now, considered)
    found = DryRun(event, rows_of(tellings), problems)
    if definition is not None:
        found.misses = [miss for one in considered for miss in misses_of(one, event)]
    return found


def _untried(event, definition):
    return DryRun(event, misses=["deleted"] if _is_over(event) else list(misses_of(definition, event)))


def _is_over(event):
    """Whether its ticket is deleted: nothing else of it is told."""
    return event.ticket.deleted_at is not None and event.name != "TicketDelete"


def rehearse(
    events: Sequence[TicketEvent], now: datetime.datetime, definitions: Sequence[Definition] | None = None
) -> tuple[list[Telling], list[str]]:
    """As dispatch would decide of an operation's `events`, by all valid definitions or by some; and the problems."""
    function = NotificationFunction.load()
    tellings, problems = decide(list(events), function, now, definitions)
    drop_told_today(tellings, lock=False)
    merge(tellings, events[0].operation, now, function.window)
    return tellings, problems


def misses_of(definition: Definition, event: TicketEvent) -> Iterator[str]:
    """As `filters.misses`, attachments asked for where the definition does."""
    with_attachments = attachments_of([event]) if filters.asks_for_attachments(definition) else ()
    return filters.misses(definition, event, with_attachments)


def rows_of(tellings: Sequence[Telling]) -> list[Row]:
    """One row for each person or address, by name; `merge` them first."""
    by_version = {telling.concern.definition.version_id: telling.concern.definition for telling in tellings}
    rows: dict[object, Row] = {}
    for telling in tellings:
        concern = telling.concern
        who = concern.person or concern.address
        row = rows.setdefault(who, Row(_name_of(who), who=who))
        row.reasons += [kind for kind in concern.reasons[telling.event] if kind not in row.reasons]
        way = _way(telling)
        known = row.ways.get(way.channel)
        if known is None or (way.told and not known.told):
            row.ways[way.channel] = way
        if telling.notice is not None:
            row.definition = by_version[telling.notice.definition_version_id].shown_name
            row.severity = str(Severity(telling.notice.severity).label)
    return sorted(rows.values(), key=lambda row: row.name)


def _name_of(who):
    return f"{who} ({who.username})" if isinstance(who, User) else who


def _way(telling):
    if telling.drop:
        return Way(telling.channel, str(Drop(telling.drop).label), told=False, drop=telling.drop)
    return Way(telling.channel, _("would be told"), address=telling.mail_to)


@dataclass(frozen=True)
class Preview:
    """What `reader` would read; `why_not` says why they would not get it, `misses` why nobody would."""

    reader: Reader
    address: str
    subject: str
    in_app: list[str]
    message: EmailMultiAlternatives
    why_not: str
    misses: list[str]

    @property
    def text(self) -> str:
        return str(self.message.body)

    @property
    def html(self) -> str:
        content, _type = self.message.alternatives[0]
        return str(content)


def unsaved_version(definition: Definition, texts: Sequence[DefinitionText]) -> DefinitionVersion:
    """`texts` as a version of `definition` that is not published."""
    return DefinitionVersion(definition=definition, texts={text.language: text.words() for text in texts})


def preview(
    definition: Definition,
    version: DefinitionVersion,
    event: TicketEvent,
    to: User | str,
    now: datetime.datetime,
    *,
    language: str = "",
    is_tried: bool = True,
) -> Preview:
    """What the person or address `to` would get of `event`, in the words of `version`, alone in its mail.

    In their own language, or as if that were `language`. Whether they would get it is only tried of what is saved.
    """
    person = to if isinstance(to, User) else None
    reader = Reader.of(person) if person else Reader.of_nobody(str(to))
    reader = replace(reader, language=language or reader.language)
    tried = dry_run(event, definition, now) if is_tried else _untried(event, definition)
    who = person or addresses.normalise(str(to))
    row = next((row for row in tried.rows if row.who == who), None)
    message = _message(definition, version, event, to, reader, row)
    said = words(version, event, reader)
    in_app = [said.subject, describe(event, reader)]
    why_not = _why_not(row) if is_tried and not tried.misses else ""
    return Preview(reader, message.to[0], said.subject, in_app, message, why_not, tried.misses)


def _why_not(row):
    if row is None:
        return _("is not among those it is for")
    return "" if row.told else ", ".join(dict.fromkeys(way.text for way in row.ways.values()))


def _message(definition, version, event, to, reader, row):
    person = to if isinstance(to, User) else None
    address = (addresses.of_person(person) or person.email or person.username) if person else str(to)
    severity = definition.severity_at(event.snapshot.get("priority"))
    notice = Notice(
        operation=event.operation,
        person=person,
        address="" if person else address,
        ticket=event.ticket,
        event=event,
        event_ids=[event.pk],
        definition_version=version,
        severity=severity,
        reasons=row.reasons if row else [],
        channels=[channel.name for channel in channels.of(definition)],
    )
    item = MailItem(notice=notice, person=person, definition_version=version, severity=severity)
    mail = Mail(address=address, state=MailState.DUE, severity=severity, closes_at=event.at)
    function = NotificationFunction.load()
    return compose(mail, [Part(item, [event], version, reader)], function.transport().sender).message


def marked_as_test(found: Preview) -> EmailMultiAlternatives:
    """The mail of `found`, marked as a test."""
    with translation.override(found.reader.language):
        found.message.subject = _("[Test] %(subject)s") % {"subject": found.message.subject}
    return found.message

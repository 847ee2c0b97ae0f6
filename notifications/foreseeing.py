"""What one person would be told: as things stand, whatever the ticket, and of one ticket now (docs/definitions.md).

Judged by the code that dispatches, with the person's own preferences, absence, address and the function in use. Nobody
is told and nothing is written.
"""

import copy
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, prefetch_related_objects

from notifications import channels, reaching, recipients, rehearsal, standing_in
from notifications.candidates import Concern, attachments_of, gather, match
from notifications.drops import Judge, Telling, drop_told_today
from notifications.filters import misses
from notifications.merging import merge
from notifications.models import Definition, NotificationFunction
from notifications.rehearsal import ABOUT_PEOPLE, Row
from opsi.models import Group, User
from tickets import events
from tickets.models import Article, Ticket, TicketEvent


@dataclass
class Part:
    """Being one of `kind`, they could be told by these: each definition with what becomes of its channels ("" told)."""

    kind: str
    by_event: dict[str, list[tuple[Definition, dict[str, str]]]] = field(default_factory=dict)


def parts_of(person: User, now: datetime.datetime) -> list[Part]:
    """What `person` would be told, by each kind of recipients that they can be among. A fixed number of statements."""
    prefetch_related_objects([person], "groups")
    named = (
        Prefetch("named_users", User.objects.only("pk")),
        Prefetch("named_groups", Group.objects.only("pk")),
    )
    definitions = list(Definition.objects.valid().for_dispatch().prefetch_related(*named).order_by("pk"))
    kinds = {one: reaching.kinds_of(one, person) for one in definitions if one.version_id is not None}
    concerns = {one: Concern(one, 0, person, "") for one, by in kinds.items() if by}
    judge = Judge(list(concerns.values()), NotificationFunction.load(), now)
    parts: dict[str, Part] = {}
    for definition, concern in concerns.items():
        ways = {one.name: judge.channel_drop(concern, one.name) for one in channels.of(definition)}
        for kind in kinds[definition]:
            part = parts.setdefault(kind, Part(kind))
            for event in definition.events:
                if recipients.get(kind).is_of(event):
                    part.by_event.setdefault(event, []).append((definition, ways))
    return [part for part in parts.values() if part.by_event]


@dataclass
class Foreseen:
    """Were `event` to happen now: `row` says what they would be told, None where it does not concern them.

    `passed_over` are definitions of this event whose filters do not match, with what does not (as `filters.misses`).
    """

    event: TicketEvent
    row: Row | None
    passed_over: list[tuple[Definition, list[str]]]
    is_told_of: bool

    @property
    def told(self) -> bool:
        return self.row is not None and self.row.told


def on_ticket(
    person: User, ticket: Ticket, now: datetime.datetime, *, by: User | None = None
) -> list[Foreseen]:
    """What `person` would be told of each event that might happen to `ticket` now, done by `by`, None for the system.

    A fixed number of statements, however many events there are.
    """
    imagined = list(_imagined(person, ticket, by))
    definitions = list(Definition.objects.valid().for_dispatch().order_by("pk"))
    matches, _problems = match(definitions, imagined)
    concerns, _failed = gather(matches)
    with_attachments = attachments_of(imagined)
    function = NotificationFunction.load()
    tellings = _tellings(person, concerns, function, now)
    drop_told_today([telling for of_one in tellings.values() for telling in of_one], lock=False)
    found = []
    for event in imagined:
        mine = tellings.get(event, [])
        merge(mine, event.operation, now, function.window)
        of_event = [one for one in definitions if event.name in one.events]
        missed = [(one, list(misses(one, event, with_attachments))) for one in of_event]
        rows = rehearsal.rows_of(mine)
        passed_over = [(one, why) for one, why in missed if why]
        found.append(Foreseen(event, rows[0] if rows else None, passed_over, bool(of_event)))
    return found


def _tellings(person, concerns: Sequence[Concern], function, now) -> dict[TicketEvent, list[Telling]]:
    """By event, those of `person`: their own, and those in whose stead they stand."""
    instead = {one: other for one, other in standing_in.of(concerns, now).items() if other.person == person}
    own = [concern for concern in concerns if concern.person == person]
    judge = Judge([*own, *instead, *instead.values()], function, now)
    found: dict[TicketEvent, list[Telling]] = {}
    for concern in own:
        for event in concern.reasons:
            found.setdefault(event, []).extend(judge.tellings(concern.only([event])))
    for concern, other in instead.items():
        for event in concern.reasons:
            if missed := standing_in.missed(judge.tellings(concern.only([event]))):
                found.setdefault(event, []).extend(judge.tellings(other.only(missed)))
    return found


def _imagined(person, ticket, by) -> Iterator[TicketEvent]:
    first, last = _articles(ticket, person)
    for number, (name, _label) in enumerate(events.choices()):
        event_type = events.get(name)
        given = {}
        if event_type.field:
            given["new"] = getattr(ticket, event_type.field)
        elif name in ABOUT_PEOPLE:
            given[ABOUT_PEOPLE[name]] = person
        article = None
        if event_type.has_article:
            article = first if name == "TicketCreate" else last
            if article is None:
                continue
        # Each of a ticket of its own: to imagine one changes it.
        event = rehearsal.imagine(copy.copy(ticket), name, by=by, article=article, **given)
        event.pk = rehearsal.IMAGINED - number
        yield event


def _articles(ticket: Ticket, person: User) -> tuple[Article | None, Article | None]:
    """The first one, and the last that `person` may see, where there is any such, else the last of all."""
    there = ticket.articles.filter(deleted_at=None).select_related("author", "ticket").order_by("number")
    first, last = there.first(), there.last()
    if last is not None and not (person.is_agent or last.visible_for_customer):
        last = there.filter(visible_for_customer=True).last() or last
    return first, last

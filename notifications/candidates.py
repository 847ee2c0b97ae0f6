"""Whom an operation concerns: definitions that are about its events, and the people they name (domain §5, steps 1, 2).

Reads only; a definition that raises is left out and reported, the others go on.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Lower

from notifications import addresses, filters, recipients
from notifications.models import Definition
from notifications.recipients import Match
from notifications.watching import STATE_CHANGES_ONLY
from opsi.among import Among
from opsi.models import User
from tickets.models import Attachment, TicketEvent

logger = logging.getLogger(__name__)
CHUNK = 5_000


@dataclass(slots=True, eq=False)
class Concern:
    """One definition, one ticket, one person or address: with which reasons, event by event.

    `stands_in_for` are people who are away and in whose stead `person` is concerned.
    """

    definition: Definition
    ticket_id: int
    person: User | None
    address: str
    reasons: dict[TicketEvent, list[str]] = field(default_factory=dict)
    stands_in_for: list[User] = field(default_factory=list)

    def only(self, events: Collection[TicketEvent]) -> "Concern":
        """The same of `events` alone."""
        reasons = {event: why for event, why in self.reasons.items() if event in events}
        return replace(self, reasons=reasons)


def match(definitions: Iterable[Definition], events: Sequence[TicketEvent]) -> tuple[list[Match], list[str]]:
    """The pairs of a definition and an event it is about; and what went wrong, a line each."""
    found: list[Match] = []
    problems: list[str] = []
    with_attachments: set[int | None] | None = None
    for definition in definitions:
        try:
            if with_attachments is None and filters.asks_for_attachments(definition):
                with_attachments = attachments_of(events)
            about = [
                Match(definition, event)
                for event in events
                if filters.matches(definition, event, with_attachments or ())
            ]
            if about and definition.version_id is None:
                problems.append(f"{definition.name}: has no published text")
                continue
            found += about
        except DatabaseError:
            raise
        except Exception as error:
            logger.exception("Ticket notification %s cannot be matched", definition.pk)
            problems.append(f"{definition.name}: {error!r}")
    return found, problems


def attachments_of(events: Collection[TicketEvent]) -> set[int | None]:
    """The ids of those events' articles that have attachments; None for one that is still being written."""
    articles = {event.article_id for event in events} - {None}
    found: set[int | None] = set(
        Attachment.objects.filter(article__in=articles).values_list("article", flat=True)
    )
    unsaved = (event.article for event in events if event.article and event.article.pk is None)
    if any(getattr(article, "has_attachments", False) for article in unsaved):
        found.add(None)
    return found


def gather(matches: Sequence[Match]) -> tuple[list[Concern], list[str]]:
    """Everyone the definitions of `matches` name, once per definition and ticket; and what went wrong."""
    reasons: dict[Match, dict[int | str, list[str]]] = defaultdict(lambda: defaultdict(list))
    problems: list[str] = []
    for kind in recipients.all_kinds():
        for found in _resolved(kind, matches, problems):
            for one, key, *closer in found:
                why = closer[0] if closer else kind.name
                if why not in reasons[one][key]:
                    reasons[one][key].append(why)
    texts = {key for keys in reasons.values() for key in keys if isinstance(key, str)}
    by_address, people = _people_at(texts)
    people |= people_with(
        {key for keys in reasons.values() for key in keys if isinstance(key, int)} - set(people)
    )
    concerns: dict[tuple, Concern] = {}
    for one, keys in reasons.items():
        for key, why in keys.items():
            for who in by_address[key] if isinstance(key, str) else [key]:
                _add(concerns, one, who, why, people)
    _forget_what_counts_for_nothing(concerns.values())
    return list(concerns.values()), problems


def _resolved(kind, matches, problems):
    """What `kind` answers; where it raises, match by match, so that only the one at fault goes untold."""
    by_definition = defaultdict(list)
    for one in matches:
        by_definition[one.definition].append(one)
    asking = {}
    for definition, asked in by_definition.items():
        try:
            if kind.is_used_by(definition):
                asking[definition] = asked
        except Exception as error:
            problems.append(f"{definition.name}: {error!r}")
    if not asking:
        return
    try:
        yield list(kind.resolve([one for asked in asking.values() for one in asked]))
    except DatabaseError:
        raise
    except Exception:
        for one in (one for asked in asking.values() for one in asked):
            try:
                yield list(kind.resolve([one]))
            except DatabaseError:
                raise
            except Exception as error:
                logger.exception("Recipients %s of ticket notification %s", kind.name, one.definition.pk)
                problem = f"{one.definition.name}: {error!r}"
                problems += [problem] if problem not in problems else []


def _add(concerns, one, who, why, people):
    person = people.get(who) if isinstance(who, int) else None
    if person is None and isinstance(who, int):
        return
    key = (one.definition.pk, one.event.ticket_id, who)
    concern = concerns.get(key)
    if concern is None:
        address = "" if person else who
        concern = concerns[key] = Concern(one.definition, one.event.ticket_id, person, address)
    known = concern.reasons.setdefault(one.event, [])
    known += [reason for reason in why if reason not in known]


def _forget_what_counts_for_nothing(concerns):
    """Who watches state changes only may be concerned on other grounds: then these say why they are told."""
    for concern in concerns:
        for event, why in concern.reasons.items():
            if len(why) > 1 and STATE_CHANGES_ONLY in why:
                concern.reasons[event] = [reason for reason in why if reason != STATE_CHANGES_ONLY]


def people_with(ids: Iterable[int]) -> dict[int, User]:
    """The people of these `ids`, with their settings; one statement for every 5,000."""
    # All their columns: to leave some out costs Django more than it spares the database.
    rows = User.objects.select_related("notification_settings")
    return {
        person.pk: person for chunk in batched(ids, CHUNK) for person in rows.filter(Among.these("pk", chunk))
    }


def _people_at(texts: Iterable[str]) -> tuple[dict[str, list[int | str]], dict[int, User]]:
    """For each address as given: the people whose it is, else itself as mail knows it, else nobody; and those people.

    Somebody disabled who has the address is found, too, so that they are not told as if they were a stranger.
    """
    texts = set(texts)
    if not texts:
        return {}, {}
    own = addresses.own()
    spelled = {text: addresses.normalise(text, own) for text in texts}
    wanted = {address for address in spelled.values() if address}
    rows = User.objects.select_related("notification_settings").annotate(lower=Lower("email"))
    by_account = Q(lower__in=wanted | {text.lower() for text in texts})
    holders = defaultdict(list)
    for person in rows.filter(by_account | Q(notification_settings__own_address__in=wanted)):
        # The account's address is theirs, too, where they have their notifications sent to another.
        for address in {addresses.normalise(person.email), addresses.of_person(person)}:
            holders[address].append(person)
    found: dict[str, list[int | str]] = {}
    people: dict[int, User] = {}
    for text, address in spelled.items():
        here = holders.get(address, []) if address else []
        here = [person for person in here if person.is_notifiable] or here
        people |= {person.pk: person for person in here}
        found[text] = [person.pk for person in here] or ([address] if address else [])
    return found, people

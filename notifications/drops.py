"""Why somebody concerned is not told after all (domain §5, step 3; §3 rule 4). Each drop is kept with its reason."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from notifications import addresses, channels
from notifications.candidates import Concern
from notifications.choices import Drop, ItemState, Severity
from notifications.facts import zone_called
from notifications.models import (
    AddressPause,
    Candidate,
    Definition,
    MailItem,
    Mute,
    Notice,
    NotificationFunction,
)
from notifications.models.mute import outweighs
from notifications.preferences import Choices
from notifications.recipients import subject_of
from notifications.undoing import Undoing
from notifications.watching import STATE_CHANGES_ONLY
from opsi.models import User
from tickets import access
from tickets.models import TicketEvent

# On these grounds people who are no agents hear of what they do themselves (domain §3 rule 4).
OWN_ACTION_REASONS = {"creator", "customer_user", "watchers"}


@dataclass(slots=True)
class Telling:
    """One definition told to one person or address through one channel, or dropped; becomes a Candidate row."""

    concern: Concern
    channel: str
    event: TicketEvent
    events: list[TicketEvent]
    drop: str
    severity: Severity
    local_date: datetime.date
    mail_to: str = ""
    notice: Notice | None = field(default=None)

    @property
    def once_key(self) -> tuple:
        """What “once per day” counts by."""
        person = self.concern.person
        return (
            self.concern.definition.pk, self.concern.ticket_id, person.pk if person else None, self.concern.address,
            self.channel, self.local_date,
        )  # fmt: skip

    def candidate(self) -> dict[str, object]:
        """Its Candidate row, {attribute: value}."""
        concern = self.concern
        return {
            "operation": self.event.operation,
            "ticket_id": concern.ticket_id,
            "event_id": self.event.pk,
            "definition_id": concern.definition.pk,
            "person_id": concern.person.pk if concern.person else None,
            "address": concern.address,
            "channel": self.channel,
            "reasons": concern.reasons[self.event],
            "drop": self.drop,
            "notice_id": self.notice.pk if self.notice else None,
            "local_date": self.local_date,
        }


class Judge:
    """Decides who of `concerns` is told through what; reads all it needs in a fixed number of statements."""

    def __init__(self, concerns: Sequence[Concern], function: NotificationFunction, now: datetime.datetime):
        self.now = now
        self.available = channels.available(function)
        self.people = {concern.person.pk: concern.person for concern in concerns if concern.person}
        definitions = {concern.definition.pk for concern in concerns}
        self.choices = Choices.load(list(self.people), definitions, function)
        self.own_addresses = addresses.own()
        events: set[TicketEvent] = set().union(*(concern.reasons for concern in concerns))
        self.readable = self._access(events)
        self.muted = Mute.objects.pairs({concern.ticket_id for concern in concerns})
        self.undoing = Undoing(events)
        self._mail: dict[int, str] = {}
        self.paused = AddressPause.objects.among(self.address_of(concern) for concern in concerns)
        self._dates: dict[tuple[str, datetime.datetime], datetime.date] = {}

    def _access(self, events):
        tickets = {}
        for event in events:
            tickets[event.ticket_id] = event.ticket
            # A merge moved it: whoever is told of it must read it where it is now.
            for home in (event.ticket.merged_into, event.article.ticket if event.article else None):
                if home is not None and home.deleted_at is None:
                    tickets[home.pk] = home
        return access.pairs(tickets.values(), self.people.values(), deleted=True)

    def tellings(self, concern: Concern) -> list[Telling]:
        """One for each channel of the definition (for an address: those that are mail)."""
        drops = [
            (event, self.person_drop(concern, event)) for event in sorted(concern.reasons, key=_speaks_first)
        ]
        events = [event for event, drop in drops if not drop]
        event, dropped = (events[0], "") if events else drops[0]
        severity = concern.definition.severity_at(event.snapshot.get("priority"))
        date = self.local_date(concern.person, event.at)
        found = []
        for name in concern.definition.channels:
            is_mail = channels.get(name).is_mail
            if concern.person is None and not is_mail:
                continue
            drop = dropped or self.channel_drop(concern, name)
            address = self.address_of(concern) if is_mail and not drop else ""
            found.append(Telling(concern, name, event, events, drop, severity, date, address))
        return found

    def person_drop(self, concern: Concern, event: TicketEvent) -> str:
        """The Drop of whoever must not be told of `event` at all; "" for those who may be."""
        person = concern.person
        if person is None:
            return "" if _shown(event, to_agents=False) else Drop.NO_ARTICLE_ACCESS
        if person.is_system:
            return Drop.SYSTEM
        if not person.is_notifiable:
            return Drop.INACTIVE
        if event.actor_id == person.pk and not _hears_of_own_act(concern, event):
            return Drop.ACTOR
        if self.undoing.silences(event, person.pk):
            return Drop.UNDONE
        reasons = concern.reasons[event]
        of_own_end = event.name == "TicketUnsubscribe" and subject_of(event) == person.pk
        if of_own_end and reasons != [STATE_CHANGES_ONLY]:
            return ""  # of one's own removal one is told without reading the ticket any more
        # A merge takes the watchers along: by their watch they read where the ticket went on.
        homes = (event.ticket_id, event.ticket.merged_into_id)
        if not any((home, person.pk) in self.readable for home in homes):
            return Drop.NO_ACCESS
        if not _shown(event, person.is_agent) or (
            event.article and (event.article.ticket_id, person.pk) not in self.readable
        ):
            return Drop.NO_ARTICLE_ACCESS
        if reasons == [STATE_CHANGES_ONLY]:
            return Drop.STATE_CHANGES_ONLY
        if (event.ticket_id, person.pk) in self.muted and not outweighs(concern.definition, event, person.pk):
            return Drop.MUTED
        return ""

    def channel_drop(self, concern: Concern, name: str) -> str:
        """The Drop of a channel for somebody who may be told; "once per day" is asked when it is written."""
        definition, person = concern.definition, concern.person
        if person is not None and not self.choices.allows(definition, person.pk, name):
            return Drop.PREFERENCE
        if channels.get(name).is_mail:
            if person is not None and not definition.send_out_of_office and self.is_away(person):
                return Drop.OUT_OF_OFFICE
            address = self.address_of(concern)
            if not address:
                return Drop.NO_ADDRESS
            if address in self.paused:
                return Drop.MAIL_PAUSED
        return "" if name in self.available else Drop.FUNCTION

    def is_away(self, person: User) -> bool:
        """Whether today, where `person` is, lies in their absence."""
        own = settings_of(person)
        return own is not None and own.is_away_on(self.local_date(person, self.now))

    def local_date(self, person: User | None, at: datetime.datetime) -> datetime.date:
        zone = person.time_zone if person else settings.TIME_ZONE
        if (zone, at) not in self._dates:
            self._dates[zone, at] = timezone.localdate(at, zone_called(zone))
        return self._dates[zone, at]

    def address_of(self, concern: Concern) -> str:
        person = concern.person
        if person is None:
            return concern.address
        pk = person.pk
        if pk not in self._mail:
            self._mail[pk] = addresses.of_person(person, self.own_addresses)
        return self._mail[pk]


def settings_of(person: User):
    """The person's PersonalSettings, None where all defaults hold."""
    return getattr(person, "notification_settings", None)


def drop_told_today(tellings: Iterable[Telling], *, lock: bool = True) -> None:
    """Drop what a once-per-day definition told already today; what was withdrawn before it left does not count.

    Locks those definitions, so that of two operations dispatched at once only one tells: use it inside a transaction.
    A rehearsal, which tells nobody, goes without.
    """
    asked = [telling for telling in tellings if not telling.drop and telling.concern.definition.once_per_day]
    if not asked:
        return
    definitions = {telling.concern.definition.pk for telling in asked}
    if lock:
        list(
            Definition.objects.select_for_update(no_key=True)
            .filter(pk__in=definitions)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
    withdrawn = MailItem.objects.filter(notice=OuterRef("notice"), state=ItemState.WITHDRAWN)
    mail = [channel.name for channel in channels.all_channels() if channel.is_mail]
    told = Candidate.objects.filter(
        definition__in=definitions,
        ticket__in={telling.concern.ticket_id for telling in asked},
        local_date__in={telling.local_date for telling in asked},
        drop="",
    ).exclude(Exists(withdrawn), channel__in=mail)
    # What has been told already may be rehearsed, and is not in its own way then.
    told = told.exclude(operation__in={telling.event.operation for telling in asked})
    keys = set(told.values_list("definition", "ticket", "person", "address", "channel", "local_date"))
    for telling in asked:
        if telling.once_key in keys:
            telling.drop = Drop.ONCE_PER_DAY


def _hears_of_own_act(concern, event):
    """Whether the actor is told of `event`, their own act (domain §3 rule 4)."""
    person, reasons = concern.person, concern.reasons[event]
    if subject_of(event) == person.pk:
        return False  # never of their own watch or unwatch
    if concern.definition.also_notify_actor or person.pk in event.data.get("informed", ()):
        return True
    if event.name == "TicketCreate" and "creator" in reasons:
        return True  # the receipt
    if person.is_agent or OWN_ACTION_REASONS.isdisjoint(reasons):
        return False
    own = settings_of(person)
    return own is None or own.own_actions


def _shown(event, to_agents):
    """Whether the event's article, where it is about one, shows to agents or to others."""
    if not event.type.has_article:
        return True
    article = event.article
    if article is None:
        return False
    if article.deleted_at is not None and event.name != "ArticleDelete":
        return False
    return to_agents or article.visible_for_customer


def _speaks_first(event):
    """Of several events of one operation an article says most; else the first."""
    return (event.article_id is None, event.pk)

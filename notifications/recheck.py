"""What waited is judged again just before it is sent (domain §5, "At sending, again"; docs/mail.md).

Whatever happened since dispatch, nobody is mailed what they may not read or no longer want. All statements are for a
whole batch of mails, however many items, people and tickets it has.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from django.db import transaction
from django.db.models import Q

from notifications import addresses
from notifications.channels import EMAIL
from notifications.choices import ItemState, MailState, ShowInPreferences, Withdrawal
from notifications.models import (
    AddressPause,
    Candidate,
    Definition,
    DefinitionVersion,
    InboxRow,
    Mail,
    MailItem,
    Mute,
    Notice,
    NotificationFunction,
    PersonalSettings,
)
from notifications.models.mute import outweighs
from notifications.preferences import Choices
from notifications.recipients import subject_of
from notifications.wording import Reader, prepare
from opsi.models import User
from tickets import access
from tickets.models import Ticket, TicketEvent
from watchers.models import Watcher

CHUNK = 1_000


@dataclass(frozen=True)
class Part:
    """What of an item may be told: `events` with the one that speaks first; `version` words that one."""

    item: MailItem
    events: list[TicketEvent]
    version: DefinitionVersion
    reader: Reader


def recheck(
    mails: Sequence[Mail], function: NotificationFunction, now: datetime.datetime
) -> dict[int, list[Part]]:
    """What of each mail (by id) may still be told, the most important first, then the oldest.

    The other items are withdrawn with their reason; those of people whose address changed move to a mail of their own
    to the new one, due at once.
    """
    items = _waiting_items(mails)
    events = _events_of(items)
    judge = Judge(items, events, function)
    by_id = {mail.pk: mail for mail in mails}
    parts: dict[int, list[Part]] = {mail.pk: [] for mail in mails}
    withdrawn: dict[Withdrawal, list[MailItem]] = defaultdict(list)
    moving: dict[tuple[int, str], list[MailItem]] = defaultdict(list)
    for item in items:
        told, reason = judge.judged(item, events[item.pk])
        if reason:
            withdrawn[reason].append(item)
        elif (address := judge.address_of(item)) != by_id[item.mail_id].address:
            moving[item.mail_id, address].append(item)
        else:
            parts[item.mail_id].append(_part(item, told))
    with transaction.atomic():
        _withdraw(withdrawn, now)
        _move(moving, by_id, now)
    return parts


def _part(item, told):
    # Where the event that was to speak must not, the others speak for themselves.
    speaks = told[0].pk == (item.event_id or item.notice.event_id)
    version = item.definition_version if speaks else DefinitionVersion(texts={})
    reader = Reader.of(item.person) if item.person else Reader.of_nobody(item.notice.address)
    return Part(item, told, version, reader)


def _waiting_items(mails):
    items = MailItem.objects.filter(mail__in=[mail.pk for mail in mails], state=ItemState.WAITING)
    items = items.select_related("notice", "person__notification_settings", "definition_version__definition")
    return list(items.order_by("-severity", "created_at", "id"))


def _events_of(items):
    """{item id: its notice's events, the one that speaks first}; one statement for all."""
    spoken = {item.pk: item.event_id or item.notice.event_id for item in items}
    wanted = {pk for item in items for pk in item.notice.event_ids} | set(spoken.values())
    related = TicketEvent.objects.select_related(
        "ticket__merged_into", "actor", "article__author", "article__ticket"
    )
    found = related.in_bulk(wanted)
    prepare(found.values())
    events = {}
    for item in items:
        first = spoken[item.pk]
        others = sorted(set(item.notice.event_ids) - {first})
        events[item.pk] = [found[pk] for pk in [first, *others] if pk in found]
    return events


class Judge:
    """Says of items whether they may be told still; reads all it needs in a fixed number of statements."""

    def __init__(self, items, events, function):
        all_events = {event.pk: event for told in events.values() for event in told}.values()
        self.people: dict[int, User] = {item.person_id: item.person for item in items if item.person}
        self.readable = access.pairs(_homes(all_events), self.people.values(), deleted=True)
        self.watching = _Watching(items, all_events)
        self.definitions = _definitions_of(items)
        wanted = {definition.pk for told in self.definitions.values() for definition in told}
        self.choices = Choices.load(list(self.people), wanted, function)
        self.own_addresses = addresses.own()
        self.paused = AddressPause.objects.among(self.address_of(item) for item in items)
        self.muted = Mute.objects.pairs({event.ticket_id for event in all_events})
        self.read_at = self._read_at(items)

    def judged(
        self, item: MailItem, events: Iterable[TicketEvent]
    ) -> tuple[list[TicketEvent], Withdrawal | None]:
        """The events that may be told, and why nothing may."""
        person = item.person
        if person is not None and not person.is_notifiable:
            return [], Withdrawal.INACTIVE
        if not self.address_of(item):
            return [], Withdrawal.NO_ADDRESS
        if self.address_of(item) in self.paused:
            return [], Withdrawal.MAIL_PAUSED
        if person is not None and not self._wanted(item):
            return [], Withdrawal.PREFERENCE
        reasons = {event: self._reason_against(event, item) for event in events}
        told = [event for event, reason in reasons.items() if not reason]
        if not told:
            return [], next(iter(reasons.values()), Withdrawal.NO_ACCESS)
        return (told, None) if not self._read_in_app(item) else ([], Withdrawal.READ_IN_APP)

    def address_of(self, item: MailItem) -> str:
        if item.person is None:
            return addresses.normalise(item.notice.address, self.own_addresses)
        return addresses.of_person(item.person, self.own_addresses)

    def _wanted(self, item):
        return any(
            self.choices.allows(definition, item.person_id, EMAIL.name)
            # A mandatory one that went out by mail alone is told by mail, whatever the function in use has by now.
            or (
                definition.show_in_preferences == ShowInPreferences.MANDATORY
                and item.notice.channels == [EMAIL.name]
                and EMAIL.name in definition.channels
            )
            for definition in self.definitions[item.notice_id]
        )

    def _reason_against(self, event, item):
        person = item.person
        if person is not None and event.name == "TicketUnsubscribe" and subject_of(event) == person.pk:
            return None
        homes = [home for home in _homes_of(event) if not home.deleted_at or event.name == "TicketDelete"]
        if not homes or (event.ticket.deleted_at and event.name != "TicketDelete"):
            return Withdrawal.NO_ACCESS
        if not _shown(event, to_agents=person is not None and person.is_agent):
            return Withdrawal.ARTICLE_GONE
        if person is None:
            return None
        if (event.ticket_id, person.pk) in self.muted and not any(
            outweighs(definition, event, person.pk)
            for definition in self.definitions[item.notice_id]
            if event.name in definition.events
        ):
            return Withdrawal.MUTED
        tickets = {event.ticket_id, event.ticket.merged_into_id}
        if item.notice.reasons == ["watchers"] and not self.watching.any(tickets, person.pk):
            return Withdrawal.WATCH_ENDED
        may_read = any((home.pk, person.pk) in self.readable for home in homes)
        return None if may_read else Withdrawal.NO_ACCESS

    def _read_at(self, items):
        asking = {item.person_id for item in items if _wants_no_mail_when_read(item.person)}
        if not asking:
            return {}
        mails = {item.mail_id for item in items}
        notices = Notice.objects.filter(mail_items__mail__in=mails, person__in=asking)
        rows = InboxRow.objects.filter(
            Q(ticket__in=notices.values("ticket")) | Q(ticket=None, notice__in=notices),
            person__in=asking,
            read_at__isnull=False,
        )
        return {
            (person, ticket, None if ticket else notice): at
            for person, ticket, notice, at in rows.values_list("person", "ticket", "notice", "read_at")
        }

    def _read_in_app(self, item):
        notice = item.notice
        key = (item.person_id, notice.ticket_id, None if notice.ticket_id else notice.pk)
        read_at = self.read_at.get(key)
        return read_at is not None and read_at >= notice.created_at


class _Watching:
    """Who watches which ticket now, members of watching groups included."""

    def __init__(self, items, events):
        self._pairs: set[tuple[int, int]] = set()
        if not any(item.notice.reasons == ["watchers"] for item in items):
            return
        tickets = {pk for event in events for pk in (event.ticket_id, event.ticket.merged_into_id) if pk}
        rows = list(
            Watcher.objects.filter(ticket__in=tickets).values_list("ticket", "user", "group", "ended_at")
        )
        groups = {group for _ticket, _user, group, ended in rows if group and not ended}
        members = defaultdict(list)
        if groups:
            for group, person in User.groups.through.objects.filter(group__in=groups).values_list(
                "group", "user"
            ):
                members[group].append(person)
        left = {(ticket, user) for ticket, user, _group, ended in rows if user and ended}
        for ticket, user, group, ended in rows:
            if ended is None:
                self._pairs |= {(ticket, user)} if user else {(ticket, one) for one in members[group]} - left

    def any(self, tickets, person):
        return any((ticket, person) in self._pairs for ticket in tickets)


def _homes(events: Iterable[TicketEvent]) -> list[Ticket]:
    """The tickets that are asked about for `events` to be told."""
    return list({home.pk: home for event in events for home in _homes_of(event)}.values())


def _homes_of(event: TicketEvent) -> list[Ticket]:
    """The tickets one of which must be readable for `event` to be told."""
    if event.article and event.type.has_article:
        # A merge moves articles: who is told of one must read it where it is now.
        return [event.article.ticket]
    return [home for home in (event.ticket, event.ticket.merged_into) if home is not None]


def _definitions_of(items):
    """{notice id: the definitions that told of it by mail}; any that is still wanted keeps the item."""
    mails = {item.mail_id for item in items}
    rows = Candidate.objects.filter(notice__mail_items__mail__in=mails, channel=EMAIL.name, drop="")
    pairs = set(rows.values_list("notice", "definition"))
    definitions = Definition.objects.in_bulk({definition for _notice, definition in pairs})
    found = defaultdict(list)
    for notice, definition in pairs:
        found[notice].append(definitions[definition])
    for item in items:
        found.setdefault(item.notice_id, [item.definition_version.definition])
    return found


def _shown(event, to_agents):
    """Whether the event's article, where it is about one, is there still and shows to agents or to others."""
    if not event.type.has_article:
        return True
    article = event.article
    if article is None or (article.deleted_at is not None and event.name != "ArticleDelete"):
        return False
    return to_agents or article.visible_for_customer


def _wants_no_mail_when_read(person):
    own: PersonalSettings | None = getattr(person, "notification_settings", None)
    return own is not None and own.no_mail_when_read


def _withdraw(withdrawn, now):
    for reason, items in withdrawn.items():
        for chunk in batched((item.pk for item in items if not item.finished_at), CHUNK):
            MailItem.objects.filter(pk__in=chunk, state=ItemState.WAITING).update(
                state=ItemState.WITHDRAWN, withdrawal=reason, finished_at=now
            )
    # What was to be sent once more has been told all the same.
    again = [item.pk for items in withdrawn.values() for item in items if item.finished_at]
    if again:
        MailItem.objects.filter(pk__in=again, state=ItemState.WAITING).update(state=ItemState.SENT)


def _move(moving, mails, now):
    """An item follows its person's current address (domain §4)."""
    if not moving:
        return
    followers = [
        Mail(
            address=address,
            state=MailState.DUE,
            opened_at=mails[old].opened_at,
            closes_at=now,
            severity=max(item.severity for item in items),
        )
        for (old, address), items in moving.items()
    ]
    Mail.objects.bulk_create(followers)
    for mail, items in zip(followers, moving.values(), strict=True):
        for item in items:
            item.mail = mail
    moved = [item for items in moving.values() for item in items]
    MailItem.objects.filter(state=ItemState.WAITING).bulk_update(moved, ["mail"], batch_size=CHUNK)

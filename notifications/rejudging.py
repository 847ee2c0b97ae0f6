"""Whether what waited to be mailed may be told still; asked by `recheck` (docs/mail.md)."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import batched

from django.db.models import Q
from django.utils import timezone

from notifications import addresses
from notifications.channels import EMAIL
from notifications.choices import ShowInPreferences, Withdrawal
from notifications.models import (
    AddressPause,
    Candidate,
    Definition,
    InboxRow,
    MailItem,
    Mute,
    Notice,
    PersonalSettings,
)
from notifications.models.mute import outweighs
from notifications.preferences import Choices
from notifications.reasons import STAND_IN
from notifications.recipients import subject_of
from notifications.undoing import Undoing
from notifications.watching import BY_WATCHING, Watching
from opsi.models import User
from tickets import access
from tickets.models import Ticket, TicketEvent

CHUNK = 1_000


class Judge:
    """Says of items whether they may be told still; reads all it needs in a fixed number of statements."""

    def __init__(self, items, events, function):
        all_events = {event.pk: event for told in events.values() for event in told}.values()
        self.people: dict[int, User] = {item.person_id: item.person for item in items if item.person}
        self.readable = access.pairs(_homes(all_events), self.people.values(), deleted=True)
        asking = {pk for item in items if _told_by_watching_alone(item) for pk in item.notice.event_ids}
        told = [event for event in all_events if event.pk in asking]
        self.watching = Watching(_tickets_of(told)) if told else Watching(())
        self.undoing = Undoing(all_events)
        self.definitions = definitions_of(items)
        wanted = {definition.pk for told in self.definitions.values() for definition in told}
        self.choices = Choices.load(list(self.people), wanted, function)
        self.own_addresses = addresses.own()
        self.paused = AddressPause.objects.among(self.address_of(item) for item in items)
        self.muted = Mute.objects.pairs({event.ticket_id for event in all_events})
        self.absent = _existing({absent["id"] for item in items for absent in item.notice.stands_in_for})
        self.read_at = self._read_at(items)

    def judged(
        self, item: MailItem, events: Iterable[TicketEvent]
    ) -> tuple[list[TicketEvent], Withdrawal | None]:
        """The events that may be told, and why nothing may."""
        person = item.person
        if person is not None and not person.is_notifiable:
            return [], Withdrawal.INACTIVE
        if item.notice.reasons == [STAND_IN] and not self._stands_in_still(item):
            return [], Withdrawal.ABSENT_GONE
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

    def _stands_in_still(self, item):
        """Whether anybody in whose stead it is told is here still; that they came back takes nothing away."""
        return any(absent["id"] in self.absent for absent in item.notice.stands_in_for)

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
        if person is not None and self.undoing.silences(event, person.pk, by_mail=True):
            return Withdrawal.UNDONE
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
        tickets = {event.ticket_id, event.ticket.merged_into_id} - {None}
        if _told_by_watching_alone(item) and (against := self.watching.against(tickets, person.pk, event)):
            return against
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
            read_at__lte=timezone.now(),  # later: before the clock of the machine was set back
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


def _told_by_watching_alone(item):
    return bool(item.notice.reasons) and BY_WATCHING.issuperset(item.notice.reasons)


def _tickets_of(events: Iterable[TicketEvent]) -> set[int]:
    """Where they happened, and where those tickets went on."""
    return {pk for event in events for pk in (event.ticket_id, event.ticket.merged_into_id) if pk}


def _homes(events: Iterable[TicketEvent]) -> list[Ticket]:
    """The tickets that are asked about for `events` to be told."""
    return list({home.pk: home for event in events for home in _homes_of(event)}.values())


def _homes_of(event: TicketEvent) -> list[Ticket]:
    """The tickets one of which must be readable for `event` to be told."""
    if event.article and event.type.has_article:
        # A merge moves articles: who is told of one must read it where it is now.
        return [event.article.ticket]
    return [home for home in (event.ticket, event.ticket.merged_into) if home is not None]


def definitions_of(items):
    """{notice id: the definitions that told of it by mail}; any that is still wanted keeps the item."""
    told = Candidate.objects.filter(channel=EMAIL.name, drop="").order_by()
    # By the notices themselves: asked by way of the mails, PostgreSQL may read every candidate there is.
    pairs = {
        pair
        for notices in batched({item.notice_id for item in items}, CHUNK)
        for pair in told.filter(notice__in=notices).values_list("notice", "definition")
    }
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


def _existing(ids):
    """Those of `ids` who are neither disabled nor deleted; no statement for none."""
    return set(User.objects.active().filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _wants_no_mail_when_read(person):
    own: PersonalSettings | None = getattr(person, "notification_settings", None)
    return own is not None and own.no_mail_when_read

"""Who was notified of what happened to a ticket, where and when; who was not, and why (domain §7, at its end)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Exists, F, Max, OuterRef, Q, Window
from django.db.models.functions import DenseRank
from django.utils.translation import gettext as _

from notifications import channels
from notifications.choices import Drop, ItemState, MailState, OutboxState, Withdrawal
from notifications.models import Candidate, DeliveryAttempt, Outbox
from notifications.models.mail import happened
from notifications.reasons import STAND_IN, label
from opsi.models import User
from opsi.prepared import prepared
from opsi.roles import AgentRole
from tickets import access
from tickets.models import Ticket, TicketEvent
from watchers.choices import Extent, TargetKind
from watchers.kinds import of_kind
from watchers.policy import Policy, Rights
from watchers.zoom import hidden_from

RECENT = 20  # operations
AT_ONCE = 5
PEOPLE = 30  # of an operation, beside the many others
PLAIN = ["operation", "person", "address", "channel", "drop", "reasons"]
JOINED = {
    "full_name": F("person__full_name"), "username": F("person__username"), "told_at": F("notice__created_at"),
    "mail": F("notice__mail_items__mail"), "mail_to": F("notice__mail_items__mail__address"),
    "item_state": F("notice__mail_items__state"), "withdrawal": F("notice__mail_items__withdrawal"),
    "item_finished": F("notice__mail_items__finished_at"), "mail_state": F("notice__mail_items__mail__state"),
    "mail_due": F("notice__mail_items__mail__closes_at"), "mail_finished": F("notice__mail_items__mail__finished_at"),
    "mail_lane": F("notice__mail_items__mail__lane"), "tries": F("notice__mail_items__mail__attempts"),
    "stands_in_for": F("notice__stands_in_for"),
}  # fmt: skip


@dataclass
class Way:
    """One channel to one person: what became of it. `at` is None while it is still to come."""

    channel: str
    text: str
    at: datetime | None = None
    told: bool = True
    address: str = ""
    answer: str = ""
    mail: int | None = None
    drop: str = ""

    @property
    def label(self):
        return channels.get(self.channel).label

    @property
    def icon(self) -> str:
        return channels.get(self.channel).icon


@dataclass
class PersonTold:
    name: str
    reasons: list[str] = field(default_factory=list)
    stands_in_for: set[str] = field(default_factory=set)
    ways: dict[str, Way] = field(default_factory=dict)

    @property
    def told(self) -> bool:
        return any(way.told for way in self.ways.values())

    @property
    def lines(self) -> list[tuple[str, Way]]:
        """(channels, what became of it): one line for those of which the same is to be said."""
        found: dict[tuple, list[Way]] = {}
        for channel in channels.all_channels():
            if way := self.ways.get(channel.name):
                found.setdefault((way.text, way.at, way.address), []).append(way)
        return [(", ".join(str(way.label) for way in ways), ways[0]) for ways in found.values()]

    @property
    def because(self) -> str:
        return ", ".join(self._reason(kind) for kind in self.reasons)

    def _reason(self, kind):
        if kind == STAND_IN and self.stands_in_for:
            return _("Stand-in for %(people)s") % {"people": ", ".join(sorted(self.stands_in_for))}
        return label(kind)


@dataclass
class OperationTold:
    id: uuid.UUID
    events: list[TicketEvent] = field(default_factory=list)
    people: dict[object, PersonTold] = field(default_factory=dict)
    more: bool = False
    waiting: bool = False

    @property
    def first(self) -> TicketEvent:
        return self.events[0]

    @property
    def summary(self) -> str:
        return ", ".join(dict.fromkeys(str(event.type.label) for event in self.events))

    @property
    def told(self) -> list[PersonTold]:
        return [person for person in self.people.values() if person.told]

    @property
    def not_told(self) -> list[PersonTold]:
        return [person for person in self.people.values() if not person.told]


class Told:
    """Of `ticket`, as the agent `viewer` may know it; of the last 20 operations, or of `only` one of them.

    Agents see the people their cells of the watcher policy let them see, why somebody was not told where they may
    write, and addresses and the mail servers' answers as administrators. Without `verbs` it asks what they may do.
    """

    def __init__(
        self,
        viewer: User,
        ticket: Ticket,
        only: uuid.UUID | None = None,
        policy: Policy | None = None,
        verbs: Collection[str] | None = None,
    ):
        self.viewer, self.ticket, self.only, self.policy, self._verbs = viewer, ticket, only, policy, verbs
        self.is_admin = viewer.holds(AgentRole.ADMIN)

    @cached_property
    def knows_why_not(self) -> bool:
        if self._verbs is not None:
            return "change_state" in self._verbs
        return access.may(self.viewer, "change_state", self.ticket)

    @cached_property
    def operations(self) -> list[OperationTold]:
        """Newest first. A fixed number of statements, however many people."""
        found = self._operations()
        self._add_people(found)
        if self.is_admin:
            self._add_answers(found)
        return list(found.values())

    @property
    def latest(self) -> list[OperationTold]:
        """What the zoom page shows at once."""
        return self.operations[:AT_ONCE]

    @property
    def earlier(self) -> list[OperationTold]:
        return self.operations[AT_ONCE:]

    def _operations(self):
        # That somebody began to watch is nobody's business who may not know that they watch.
        hidden = hidden_from(self._rights)
        if hidden is None and self.only is None:
            events = _recent_events(self.ticket)
        else:
            events = _recent_events.question(self.ticket, hidden=hidden, only=self.only)
        found = {}
        for event in events:
            operation = found.setdefault(event.operation, OperationTold(event.operation))
            operation.events.insert(0, event)
            operation.waiting = event.is_waiting
        return found

    @cached_property
    def _rights(self) -> Rights:
        return (self.policy or Policy.load()).of(self.viewer, self.ticket)

    def _seen(self) -> Q:
        rights = self._rights
        seen = Q(person=self.viewer) | Q(person=None)
        for kind in TargetKind:
            if rights.rules[kind].see == Extent.ALL:
                seen |= Q(person__isnull=False) & of_kind(self.ticket, kind, "person__")
        return seen

    def _add_people(self, operations):
        if not operations:
            return
        choices = {"with_drops": self.knows_why_not, "everyone": bool(self.only)}
        if self._rights.sees_all:
            rows = _candidates(self.ticket, *operations, **choices)
        else:
            rows = _candidates.question(self.ticket, *operations, **choices, seen=self._seen())
        for row in rows:
            operation = operations[row["operation"]]
            if row["place"] > PEOPLE and not self.only:
                operation.more = True
            else:
                self._add(operation, row)

    def _add(self, operation, row):
        key = row["person"] or row["address"]
        person = operation.people.setdefault(key, PersonTold(self._name(row)))
        person.reasons += [kind for kind in row["reasons"] if kind not in person.reasons]
        person.stands_in_for |= {absent["name"] for absent in row["stands_in_for"] or ()}
        way = self._way(row)
        known = person.ways.get(way.channel)
        # Of several definitions one that told counts; that another was turned off is then nobody's question.
        if known is None or (way.told and not known.told):
            person.ways[way.channel] = way

    def _name(self, row):
        if row["person"]:
            return row["full_name"] or row["username"]
        return row["address"] if self.is_admin else _("An extra address")

    def _way(self, row):
        channel = row["channel"]
        if row["drop"]:
            return Way(channel, str(Drop(row["drop"]).label), told=False, drop=row["drop"])
        if not channels.get(channel).is_mail or row["mail"] is None:
            return Way(channel, _("told"), row["told_at"])
        told, text, at = self._mail(row)
        return Way(channel, text, at, told, address=row["mail_to"] if self.is_admin else "", mail=row["mail"])

    def _mail(self, row):
        match row["item_state"]:
            case ItemState.SENT:
                return self._sent(row)
            case ItemState.FAILED:
                return False, _("could not be delivered"), row["item_finished"]
            case ItemState.WITHDRAWN:
                why = Withdrawal(row["withdrawal"]).label if row["withdrawal"] and self.knows_why_not else ""
                text = _("not sent: %(reason)s") % {"reason": why} if why else _("not sent")
                return False, text, row["item_finished"]
        if row["mail_state"] == MailState.OPEN:
            return True, _("held until") if row["mail_lane"] else _("goes out"), row["mail_due"]
        if row["mail_state"] == MailState.DUE and row["tries"]:
            return True, _("could not be sent yet, tried again"), row["mail_due"]
        return True, _("on its way"), None

    def _sent(self, row):
        match row["mail_state"]:
            case MailState.DELIVERED:
                return True, _("delivered"), row["mail_finished"]
            case MailState.BOUNCED:
                return False, _("came back"), row["mail_finished"]
            case MailState.COMPLAINED:
                return True, _("reported as spam"), row["mail_finished"]
        return True, _("sent"), row["item_finished"]

    def _add_answers(self, operations):
        """The last word of the mail server on each mail."""
        ways = [
            way
            for operation in operations.values()
            for person in operation.people.values()
            for way in person.ways.values()
            if way.mail
        ]
        if not ways:
            return
        attempts = DeliveryAttempt.objects.filter(mail__in={way.mail for way in ways}).order_by("pk")
        lines = {mail: said for mail, *said in attempts.values_list("mail", "cause", "answer")}
        for way in ways:
            way.answer = happened(*lines.get(way.mail, ("", "")))


@prepared
def _recent_events(ticket, *, hidden=None, only=None):
    """The events of the last operations on `ticket`, or of `only` one, newest first; without what is `hidden`."""
    known = TicketEvent.objects.filter(ticket=ticket)
    if hidden is not None:
        known = known.exclude(hidden)
    recent = known.order_by().values("operation")
    if only is not None:
        recent = recent.filter(operation=only)
    recent = recent.annotate(last=Max("pk")).order_by("-last").values("operation")[:RECENT]
    waiting = Outbox.objects.filter(pk=OuterRef("operation")).exclude(state=OutboxState.DONE)
    events = known.filter(operation__in=recent).annotate(is_waiting=Exists(waiting))
    return events.select_related("actor").defer("snapshot").order_by("-pk")


@prepared
def _candidates(ticket, *operations, with_drops, everyone, seen=None):
    """What became of whom, in the order of their names: of each operation the first PEOPLE and one, or `everyone`."""
    candidates = Candidate.objects.filter(ticket=ticket, operation__in=operations)
    if seen is not None:
        candidates = candidates.filter(seen)
    if not with_drops:
        candidates = candidates.filter(drop="")
    by_name = [F("person__full_name"), F("person"), F("address")]
    rows = candidates.annotate(place=Window(DenseRank(), partition_by=F("operation"), order_by=by_name))
    if not everyone:
        rows = rows.filter(place__lte=PEOPLE + 1)
    return rows.order_by("place", "pk").values("place", *PLAIN, **JOINED)

"""The registry of ticket events (domain §5): name, label, icon, and whether an article comes with it.

The last four are raised by time (`tickets.due`): their data has `clock` (a Clock, "" for none) and `due` (ISO time).

Every choice list, settings page, icon and test that names events reads it. An app above registers its own events in its
`AppConfig.ready()` or beside the verb that writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PENDING_REMINDER = "NotificationPendingReminder"
ESCALATION = "NotificationEscalation"
ESCALATION_WARNING = "NotificationEscalationNotifyBefore"
LOCK_TIMEOUT = "NotificationLockTimeout"


@dataclass(frozen=True)
class EventGroup:
    """What an event is about; lists show the events of a group together."""

    name: str
    label: str | Promise


OF_TICKET = EventGroup("ticket", _("The ticket"))
OF_ARTICLES = EventGroup("articles", _("Its articles"))
OF_TIME = EventGroup("time", _("Time"))


@dataclass(frozen=True)
class EventType:
    """`icon` is a heroicons outline name; `field` the ticket field whose old → new the event carries, "" for none.

    `words` says what `old` and `new` mean where they are codes of the event's own. Of a `quiet` one only the history
    tells: no definition can name it.
    """

    name: str
    label: str | Promise
    icon: str
    has_article: bool = False
    field: str = ""
    quiet: bool = False
    group: EventGroup = OF_TICKET
    words: Mapping[str, str | Promise] = attribute(default_factory=dict, hash=False)


_types: dict[str, EventType] = {}


def register(event_type: EventType) -> EventType:
    """Add an event; a second one of the same name is a programming error."""
    if _types.setdefault(event_type.name, event_type) != event_type:
        raise ValueError(f"An event named {event_type.name} is registered already.")
    return event_type


def get(name: str) -> EventType:
    """The event type called `name`; KeyError where no app registered it."""
    return _types[name]


def all_types() -> list[EventType]:
    return list(_types.values())


def choices() -> list[tuple[str, str | Promise]]:
    return [(event.name, event.label) for event in _types.values() if not event.quiet]


def groups() -> list[tuple[EventGroup, list[EventType]]]:
    """The event types that definitions can name, group by group, in the order of their registration."""
    found: dict[EventGroup, list[EventType]] = {}
    for event in _types.values():
        if not event.quiet:
            found.setdefault(event.group, []).append(event)
    return list(found.items())


def for_field(field: str) -> EventType:
    """The event a change of the ticket field `field` writes."""
    return next(event for event in _types.values() if event.field == field)


for _event in (
    EventType("TicketCreate", _("Ticket created"), "plus-circle", has_article=True),
    EventType("TicketDelete", _("Ticket deleted"), "trash"),
    EventType("TicketRestore", _("Ticket restored"), "arrow-uturn-left"),
    EventType("TicketTitleUpdate", _("Title changed"), "pencil", field="title"),
    EventType("TicketQueueUpdate", _("Queue changed"), "inbox-stack", field="queue"),
    EventType("TicketTypeUpdate", _("Type changed"), "tag", field="type"),
    EventType("TicketServiceUpdate", _("Service changed"), "wrench-screwdriver", field="service"),
    EventType("TicketSLAUpdate", _("SLA changed"), "scale", field="sla"),
    EventType("TicketCustomerUpdate", _("Customer changed"), "building-office", field="customer"),
    EventType("TicketPendingTimeUpdate", _("Pending time changed"), "clock", field="pending_until"),
    EventType("TicketLockUpdate", _("Lock changed"), "lock-closed", field="is_locked"),
    EventType("TicketStateUpdate", _("State changed"), "arrow-path", field="state"),
    EventType("TicketOwnerUpdate", _("Owner changed"), "user", field="owner"),
    EventType("TicketResponsibleUpdate", _("Responsible changed"), "user-circle", field="responsible"),
    EventType("TicketPriorityUpdate", _("Priority changed"), "flag", field="priority"),
    EventType(
        "TicketAssignmentGroupUpdate", _("Assignment group changed"), "user-group", field="assignment_group"
    ),
    EventType("TicketMerge", _("Ticket merged"), "arrows-pointing-in"),
    EventType("TicketMergeReceived", _("Another ticket merged into this one"), "arrows-pointing-in"),
    EventType("TicketLinked", _("Linked with another ticket"), "link", quiet=True),
    EventType("TicketUnlinked", _("No longer linked with another ticket"), "link-slash", quiet=True),
    EventType(
        "TicketInherited", _("Taken over from somebody who existed in the past"), "user-plus", quiet=True
    ),
    EventType("ArticleCreate", _("Article added"), "chat-bubble-left", has_article=True, group=OF_ARTICLES),
    EventType("ArticleUpdate", _("Article edited"), "pencil-square", has_article=True, group=OF_ARTICLES),
    EventType("ArticleDelete", _("Article deleted"), "x-circle", has_article=True, group=OF_ARTICLES),
    EventType(PENDING_REMINDER, _("Pending reminder"), "bell-alert", group=OF_TIME),
    EventType(ESCALATION, _("Escalation"), "fire", group=OF_TIME),
    EventType(ESCALATION_WARNING, _("Escalation warning"), "exclamation-triangle", group=OF_TIME),
    EventType(LOCK_TIMEOUT, _("Lock timeout"), "lock-open", group=OF_TIME),
):
    register(_event)

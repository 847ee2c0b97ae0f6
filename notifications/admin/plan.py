"""The notification plan: events × recipients, what is told and what nobody hears of (docs/definitions.md).

Events, kinds of recipients and channels are those of their registries: what is registered stands here by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import channels, recipients
from notifications.admin import overlaps
from notifications.admin.definition_words import RowNames, asks, both, conditions, either, named
from notifications.channels import Channel
from notifications.choices import SeverityRule
from notifications.models import Definition, NotificationFunction
from notifications.recipient_kinds import RecipientKind
from notifications.shipped import INVOLVED
from tickets import events
from tickets.choices import Priority
from tickets.events import OF_ARTICLES, OF_TICKET, EventGroup, EventType

SEVERITY_ICONS = {
    SeverityRule.FROM_PRIORITY: "flag",
    SeverityRule.INFORMATION: "information-circle",
    SeverityRule.WARNING: "exclamation-triangle",
    SeverityRule.CRITICAL: "fire",
}
ACTOR = "actor"  # no recipient kind: whoever did it, where a definition tells them as well
# These hear of a ticket and its articles without watching, watchers in addition (domain §3, rule 1).
EXPECTED = frozenset(INVOLVED)
EXPECTED_OF = {OF_TICKET, OF_ARTICLES}
# What a kind of recipients is given by in the form, where it is not ticked.
FIELDS = {name: f"id_{name}" for name in ("named_users", "named_groups", "roles", "extra_addresses")}


@dataclass(frozen=True)
class Column:
    name: str
    label: str | Promise
    kind: RecipientKind | None  # None: whoever did it

    def is_of(self, event: EventType) -> bool:
        return self.kind is None or self.kind.is_of(event.name)

    def is_meant_by(self, definition: Definition) -> bool:
        return self.kind.is_used_by(definition) if self.kind else definition.also_notify_actor


@dataclass(frozen=True)
class Entry:
    """One definition in a cell. `tells` is False where nobody is told by it as things stand, and `why_not` says why."""

    definition: Definition
    channels: list[Channel]
    conditions: list[str]
    who: str = ""
    why_not: str = ""

    @property
    def tells(self) -> bool:
        return not self.why_not

    @property
    def severity_icon(self) -> str:
        return SEVERITY_ICONS[SeverityRule(self.definition.severity)]

    @property
    def severity(self) -> str:
        if self.definition.severity == SeverityRule.FROM_PRIORITY:
            return _("By priority")
        return self.definition.get_severity_display()

    @property
    def only_when(self) -> str:
        return "; ".join(self.conditions)


@dataclass
class Cell:
    event: EventType
    column: Column
    entries: list[Entry]
    # What is to be said where several tell the same people.
    twice: list[str] = field(default_factory=list)

    @property
    def tells(self) -> bool:
        return any(entry.tells for entry in self.entries)

    @property
    def is_possible(self) -> bool:
        return self.column.is_of(self.event)

    @property
    def anchor(self) -> str:
        return f"twice-{self.event.name}-{self.column.name}"

    @property
    def add_url(self) -> str:
        """The form of a new one with this event and these recipients filled in."""
        given = {"events": self.event.name}
        if self.column.kind is None:
            given["also_notify_actor"] = "on"
        elif self.column.kind.used_by is None:
            given["recipients"] = self.column.name
        url = f"{reverse('admin:notifications_definition_add')}?{urlencode(given)}"
        return f"{url}#{FIELDS[self.column.name]}" if self.column.name in FIELDS else url


@dataclass
class Row:
    event: EventType
    cells: list[Cell]

    @cached_property
    def told(self) -> list[Entry]:
        # Whoever did it is told only where they are among the recipients anyway.
        return [
            entry
            for cell in self.cells
            if cell.column.kind is not None
            for entry in cell.entries
            if entry.tells
        ]

    @property
    def gap(self) -> str:
        """What nobody is told of, in words; "" where there is nothing to say."""
        if not self.told:
            return _("Nobody is told.")
        if all(entry.conditions for entry in self.told):
            return _("Nobody is told unless a filter matches.")
        if missing := [str(cell.column.label) for cell in self._expected() if not cell.tells]:
            return _("Not told: %(recipients)s.") % {"recipients": _(", ").join(missing)}
        return ""

    def _expected(self):
        if self.event.group not in EXPECTED_OF:
            return []
        return [cell for cell in self.cells if cell.column.name in EXPECTED]

    @property
    def nobody(self) -> bool:
        return not self.told

    @property
    def twice(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.twice]

    @property
    def add_url(self) -> str:
        return f"{reverse('admin:notifications_definition_add')}?{urlencode({'events': self.event.name})}"


class Plan:
    """By all valid definitions, or by all there are. Statements do not grow with definitions, events or recipients."""

    def __init__(self, *, with_invalid: bool = False, all_kinds: bool = False, only: str = ""):
        self.with_invalid, self.all_kinds, self.only = with_invalid, all_kinds, only
        chosen = Definition.objects.all() if with_invalid else Definition.objects.valid()
        self.definitions = list(
            chosen.for_dispatch().prefetch_related("named_users", "named_groups").order_by("pk")
        )
        self.available = channels.available(NotificationFunction.load())
        self._names = RowNames(self.definitions)

    @cached_property
    def columns(self) -> list[Column]:
        """The kinds somebody means, or all; of those that follow from a change and its like only where they can be."""
        every = [Column(kind.name, kind.label, kind) for kind in recipients.all_kinds()]
        every.append(Column(ACTOR, gettext_lazy("Also whoever did it"), None))
        if self.all_kinds:
            return every
        return [
            column
            for column in every
            if column.name in EXPECTED or any(column.is_meant_by(one) for one in self.definitions)
        ]

    @cached_property
    def all_rows(self) -> list[tuple[EventGroup, list[Row]]]:
        return [(group, [self._row(event) for event in types]) for group, types in events.groups()]

    @cached_property
    def groups(self) -> list[tuple[EventGroup, list[Row]]]:
        """The rows to be shown, of each group that has any."""
        wanted = {"gaps": lambda row: row.gap, "twice": lambda row: row.twice}.get(
            self.only, lambda row: True
        )
        found = [(group, [row for row in rows if wanted(row)]) for group, rows in self.all_rows]
        return [(group, rows) for group, rows in found if rows]

    def _every_row(self) -> Iterator[Row]:
        return (row for _group, rows in self.all_rows for row in rows)

    @property
    def unheard(self) -> list[Row]:
        return [row for row in self._every_row() if row.nobody]

    @property
    def gaps(self) -> list[Row]:
        return [row for row in self._every_row() if row.gap and not row.nobody]

    @property
    def twice(self) -> list[Cell]:
        return [cell for row in self._every_row() for cell in row.twice]

    @property
    def idle(self) -> list[tuple[Definition, str]]:
        """Those among them that tell nobody of anything, with the reason."""
        return [(one, why) for one in self.definitions if one.is_valid and (why := self._idle(one))]

    def _idle(self, definition):
        if not any(kind.is_used_by(definition) for kind in recipients.all_kinds()):
            return _("names nobody to tell")
        return self._why_not(definition)

    def _row(self, event):
        concerned = [one for one in self.definitions if event.name in one.events]
        return Row(event, [self._cell(event, column, concerned) for column in self.columns])

    def _cell(self, event, column, concerned):
        if not column.is_of(event):
            return Cell(event, column, [])
        meaning = [one for one in concerned if column.is_meant_by(one)]
        cell = Cell(event, column, [self._entry(one, column, event) for one in meaning])
        telling = [entry.definition for entry in cell.entries if entry.tells]
        if column.kind is not None:
            cell.twice = [self._explained(some) for some in overlaps.clusters(telling, event)]
        return cell

    def _entry(self, definition, column, event):
        asked = conditions(definition, self._names, event) if asks(definition, event) else []
        who = named(column.kind, definition) if column.kind else ""
        return Entry(definition, channels.of(definition), asked, who, self._why_not(definition))

    def _why_not(self, definition):
        if not definition.is_valid:
            return str(definition.get_validity_display())
        if definition.version_id is None:
            return _("has no text")
        if self.available.isdisjoint(definition.channels):
            return _("the notification function in use has none of its channels")
        return ""

    def _explained(self, some: Sequence[Definition]) -> str:
        """What becomes of several that tell the same people: one notice, and whose words."""
        names = both([_("“%(text)s”") % {"text": one.shown_name} for one in some])
        said: dict[str, list[str]] = {}
        for channel in channels.all_channels():
            if channel.name in self.available and (by := overlaps.speakers(some, channel.name)):
                said.setdefault(self._speakers(by), []).append(str(channel.label))
        lines = [
            _("%(channels)s: %(whose)s.") % {"channels": both(of), "whose": whose}
            for whose, of in said.items()
        ]
        told = _("%(names)s meet here. Each person still gets one notification of it, not several.")
        return " ".join((told % {"names": names}, *lines))

    def _speakers(self, by):
        labels = dict(Priority.choices)
        if len(by) == 1:
            return _("the text of “%(name)s”") % {"name": next(iter(by)).shown_name}
        return "; ".join(
            _("at priority %(priorities)s the text of “%(name)s”")
            % {"priorities": either([str(labels[one]) for one in at]), "name": definition.shown_name}
            for definition, at in by.items()
        )

"""A ticket notification read back in plain words: what its filters ask for, and all of it in a sentence (domain §5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from notifications import channels, recipients
from notifications.admin.definition_form import DefinitionForm, place
from notifications.facts import MODELS
from notifications.models import Definition
from notifications.models.definition import split_addresses
from notifications.recipient_kinds import RecipientKind
from opsi.models import User
from opsi.roles import AgentRole, CustomerRole
from tickets import events
from tickets.events import EventType
from tickets.models import Article, Ticket

MOST_NAMES = 3
ROLES = {**dict(AgentRole.choices), **dict(CustomerRole.choices)}


class RowNames:
    """What the rows are called that the filters of some definitions name: one statement a model, when first asked."""

    def __init__(self, definitions: Iterable[Definition]):
        self._ids: dict[type, set[int]] = defaultdict(set)
        self._known: dict[type, dict[str, str]] = {}
        for definition in definitions:
            for wanted in (definition.ticket_filter, definition.changed_from, definition.changed_to):
                for field, values in wanted.items():
                    if field in MODELS:
                        self._ids[MODELS[field]] |= {pk for pk in values if isinstance(pk, int)}

    def of(self, field: str, pk: int) -> str:
        model = MODELS[field]
        if model not in self._known:
            rows = model._default_manager.filter(pk__in=self._ids[model])
            self._known[model] = {str(row.pk): str(row) for row in rows}
        known = self._known[model].get(str(pk))
        return known or _("no. %(id)s, deleted since") % {"id": pk}


def conditions(definition: Definition, names: RowNames, event: EventType | None = None) -> list[str]:
    """What must hold for it to be told, such as “State is now: Closed or Resolved”; of `event`, what is asked of it."""
    found = [
        _said(f"ticket_{field}", [_value(Ticket, field, value, names) for value in values])
        for field, values in _in_order("ticket", definition.ticket_filter)
        if values
    ]
    for prefix, wanted in (("from", definition.changed_from), ("to", definition.changed_to)):
        found += [
            _said(f"{prefix}_{field}", [_value(Ticket, field, value, names) for value in values])
            for field, values in _in_order(prefix, wanted)
            if values and (event is None or event.field == field)
        ]
    if event is None or event.has_article:
        found += [
            _said(f"article_{field}", _of_article(field, value, names))
            for field, value in _in_order("article", definition.article_filter)
            if value not in ([], "", None)
        ]
    return found


def asks(definition: Definition, event: EventType) -> bool:
    """Whether its filters ask anything of `event` at all."""
    return bool(
        any(definition.ticket_filter.values())
        or (
            event.field
            and (definition.changed_from.get(event.field) or definition.changed_to.get(event.field))
        )
        or (
            event.has_article
            and any(value not in ([], "", None) for value in definition.article_filter.values())
        )
    )


def _in_order(prefix, wanted):
    return sorted(wanted.items(), key=lambda item: place(f"{prefix}_{item[0]}"))


def _said(form_field, values):
    field = DefinitionForm.base_fields.get(form_field)
    label = field.label if field else form_field
    return _("%(field)s: %(values)s") % {"field": capfirst(str(label)), "values": either(values)}


def either(values: Sequence[str]) -> str:
    """“A, B or C”."""
    values = [str(value) for value in values]
    if len(values) < 2:
        return "".join(values)
    return _("%(some)s or %(last)s") % {"some": _(", ").join(values[:-1]), "last": values[-1]}


def both(values: Sequence[str]) -> str:
    """“A, B and C”."""
    values = [str(value) for value in values]
    if len(values) < 2:
        return "".join(values)
    return _("%(some)s and %(last)s") % {"some": _(", ").join(values[:-1]), "last": values[-1]}


def _value(model, field, value, names):
    if value is None:
        return pgettext("a value", "nobody") if MODELS.get(field) is User else pgettext("a value", "nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field in MODELS:
        return names.of(field, value)
    try:
        labels = dict(model._meta.get_field(field).flatchoices)
    except LookupError:
        labels = {}
    return str(labels.get(value, value))


def _of_article(field, value, names):
    if isinstance(value, bool):
        return [_value(Article, field, value, names)]
    if field in {"sender_type", "channel"}:
        return [_value(Article, field, one, names) for one in value]
    return [_("“%(text)s”") % {"text": one} for one in value]


def named(kind: RecipientKind, definition: Definition) -> str:
    """Whom exactly it names by `kind`; "" for a kind that is ticked. Prefetch its named people and groups."""
    match kind.name:
        case "named_users":
            return _few([str(person) for person in definition.named_users.all()])
        case "named_groups":
            return _few([str(group) for group in definition.named_groups.all()])
        case "roles":
            return _few([str(ROLES.get(role, role)) for role in definition.roles])
        case "extra_addresses":
            return _few(split_addresses(definition.extra_addresses))
    return ""


def _few(names):
    if len(names) <= MOST_NAMES:
        return _(", ").join(names)
    shown = _(", ").join(names[:MOST_NAMES])
    return _("%(names)s and %(count)d more") % {"names": shown, "count": len(names) - MOST_NAMES}


def sentence(definition: Definition, names: RowNames) -> str:
    """It in words. Take it from `for_dispatch`, its named people and groups prefetched."""
    labels = dict(events.choices())
    said = {
        "people": both(list(_recipients(definition))) or pgettext("told", "nobody"),
        "events": either([str(labels.get(name, name)) for name in definition.events])
        or pgettext("told of", "nothing"),
        "channels": both([str(channel.label) for channel in channels.of(definition)]),
        "severity": definition.get_severity_display(),
    }
    asked = conditions(definition, names)
    return " ".join(
        (
            _("Tells %(people)s of: %(events)s.") % said,
            *([_("Only when %(conditions)s.") % {"conditions": "; ".join(asked)}] if asked else []),
            _("%(channels)s; severity: %(severity)s.") % said,
            *_besides(definition),
        )
    )


def _recipients(definition):
    for kind in recipients.all_kinds():
        if kind.is_used_by(definition):
            who = named(kind, definition)
            yield _("%(kind)s (%(names)s)") % {"kind": kind.label, "names": who} if who else str(kind.label)


def _besides(definition):
    for holds, text in (
        (definition.also_notify_actor, _("Whoever did it is told, too.")),
        (definition.send_out_of_office, _("It is mailed to people who are out of office, too.")),
        (definition.once_per_day, _("At most once a day for each ticket and person.")),
        (definition.critical_skips_window, _("Critical does not wait for the window.")),
        (not definition.is_valid, _("It is not valid: as it stands it tells nobody.")),
    ):
        if holds:
            yield text

"""Definitions as a file has them, read and checked but not saved yet (docs/definitions.md, the file's format)."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from yaml.nodes import Node

from notifications import channels, recipients
from notifications.choices import Frame, SeverityRule, ShowInPreferences, Validity
from notifications.facts import MODELS
from notifications.filters import CODE_FIELDS, FLAG_FIELDS, TEXT_FIELDS
from notifications.models import Definition, DefinitionText
from notifications.yaml_reading import Reading, compose, is_nothing, line_of
from opsi.models import Group, User
from opsi.roles import AgentRole, CustomerRole
from tickets import events
from tickets.choices import Channel, SenderType
from tickets.models import Ticket
from tickets.models.ticket import SNAPSHOT_FIELDS

FORMAT = "1"
PLAIN = ("comment", "tooltip", "extra_addresses")
CODES = {"validity": Validity, "show_in_preferences": ShowInPreferences, "severity": SeverityRule}
SWITCHES = ("also_notify_actor", "send_out_of_office", "once_per_day", "critical_skips_window")
FILTERS = ("ticket_filter", "changed_from", "changed_to")
ARTICLE_CODES = {"sender_type": SenderType.values, "channel": Channel.values}
NAMED = {"named_users": User, "named_groups": Group}
# In the order of the file.
KEYS = (
    "name", "comment", "validity", "severity", "events", *FILTERS, "article_filter", "recipients", *NAMED, "roles",
    "extra_addresses", *SWITCHES, "channels", "show_in_preferences", "tooltip", "texts",
)  # fmt: skip


def key_of(model):
    return "username" if model is User else "name"


def name_of(row):
    return getattr(row, key_of(type(row)))


@dataclass
class Draft:
    """A definition as the file has it; `lines` tells where each key stands."""

    line: int
    fields: dict = field(default_factory=dict)
    named: dict[str, list[int]] = field(default_factory=dict)
    texts: dict[str, DefinitionText] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.fields.get("name", "")

    def save(self, definition: Definition) -> Definition:
        for name, value in self.fields.items():
            setattr(definition, name, value)
        definition.save()
        for name in NAMED:
            getattr(definition, name).set(self.named.get(name, []))
        # Texts keep their rows, so that the history shows what became of each.
        known = {text.language: text for text in definition.texts.all()}
        for text in self.texts.values():
            kept = known.pop(text.language, None) or text
            kept.definition, kept.subject, kept.body, kept.frame = (
                definition, text.subject, text.body, text.frame,
            )  # fmt: skip
            kept.save()
        for text in known.values():
            text.delete()
        definition.publish()
        return definition


def read(data: bytes) -> list[Draft]:
    """What the file says, checked but not saved. Raises Refused."""
    root, reading = compose(data), Reading()
    whole = reading.mapping(root, ("format", "notifications"), _("the file"))
    if "format" in whole:
        reading.one_of(whole["format"], [FORMAT], "format")
    drafts: list[Draft] = []
    if "notifications" in whole:
        names = Names()
        drafts = [
            OneOfFile(reading, names, Draft(line_of(node))).read(node)
            for node in reading.items(whole["notifications"], "notifications")
        ]
        _note_twins(drafts, reading)
    if not drafts and not reading.problems:
        reading.note(root, _("There are no “notifications” in this file."))
    reading.refuse_problems()
    return drafts


def _note_twins(drafts, reading):
    seen: set[str] = set()
    for draft in drafts:
        if draft.name and draft.name in seen:
            reading.note(draft.lines["name"], _("A second one called “%(name)s”.") % {"name": draft.name})
        seen.add(draft.name)


class Names:
    """{what people call it: id} of the rows of each model, read when first asked for."""

    def __init__(self):
        self._known: dict[type[models.Model], dict[str, int]] = {}

    def find(self, model: type[models.Model], name: str) -> int | None:
        if model not in self._known:
            rows = model._default_manager.values_list(key_of(model), "pk")
            # Logins are one whatever their case.
            self._known[model] = {self._spelled(model, one): pk for one, pk in rows}
        return self._known[model].get(self._spelled(model, name))

    def _spelled(self, model, name):
        return name.lower() if model is User else name


@dataclass
class OneOfFile:
    """Reads one definition of the file into `draft`."""

    reading: Reading
    names: Names
    draft: Draft

    def read(self, node: Node) -> Draft:
        given = self.reading.mapping(node, KEYS, "notifications")
        self.draft.lines = {key: line_of(value) for key, value in given.items()}
        self._plain(given)
        self._lists(given)
        for key in FILTERS:
            self.draft.fields[key] = self._filter(given[key], key) if key in given else {}
        self.draft.fields["article_filter"] = (
            self._article_filter(given["article_filter"]) if "article_filter" in given else {}
        )
        for key, model in NAMED.items():
            items = self.reading.items(given[key], key) if key in given else []
            self.draft.named[key] = [pk for item in items if (pk := self._row(item, model, key)) is not None]
        self.draft.fields["channels"] = self._channels(given.get("channels"))
        self._texts(given.get("texts"))
        self._check()
        return self.draft

    def _plain(self, given):
        reading, fields = self.reading, self.draft.fields
        for key in ("name", *PLAIN):
            fields[key] = (reading.text(given[key], key) or "") if key in given else ""
        for key, choices in CODES.items():
            value = reading.one_of(given[key], choices.values, key) if key in given else None
            fields[key] = value or Definition._meta.get_field(key).get_default()
        for key in SWITCHES:
            fields[key] = bool(reading.flag(given[key], key)) if key in given else False

    def _lists(self, given):
        for key, known in (
            ("events", [name for name, _label in events.choices()]),
            ("recipients", [name for name, _label in recipients.choices()]),
            ("roles", [*AgentRole.values, *CustomerRole.values]),
        ):
            self.draft.fields[key] = self.reading.some_of(given[key], known, key) if key in given else []

    def _filter(self, node, what):
        changes = {event.field for event in events.all_types()} - {""}
        known = SNAPSHOT_FIELDS if what == "ticket_filter" else sorted(changes)
        found = {}
        for key, values in self.reading.mapping(node, known, what).items():
            found[key] = [self._value(one, key) for one in self.reading.items(values, key)]
        return {key: values for key, values in found.items() if values}

    def _value(self, node, field_name):
        """One value of a ticket's field, as snapshots and history have it; None is “nothing”."""
        if is_nothing(node):
            return None
        if field_name in MODELS:
            return self._row(node, MODELS[field_name], field_name)
        ticket_field = Ticket._meta.get_field(field_name)
        if ticket_field.choices:
            return self.reading.one_of(node, [code for code, _label in ticket_field.flatchoices], field_name)
        if isinstance(ticket_field, models.BooleanField):
            return self.reading.flag(node, field_name)
        return self.reading.text(node, field_name)

    def _row(self, node, model, what):
        name = self.reading.text(node, what)
        if name is None:
            return None
        pk = self.names.find(model, name)
        if pk is None:
            self.reading.note(
                node,
                _("There is no %(model)s called “%(name)s”.")
                % {"model": model._meta.verbose_name, "name": name[:100]},
            )
        return pk

    def _article_filter(self, node):
        reading, found = self.reading, {}
        known = (*CODE_FIELDS, *FLAG_FIELDS, *TEXT_FIELDS)
        for key, value in reading.mapping(node, known, "article_filter").items():
            if key in FLAG_FIELDS:
                found[key] = reading.flag(value, key)
            elif key in CODE_FIELDS:
                found[key] = reading.some_of(value, ARTICLE_CODES[key], key)
            else:
                found[key] = [reading.text(one, key) for one in reading.items(value, key)]
        return {key: value for key, value in found.items() if value not in (None, [])}

    def _channels(self, node):
        if node is None:
            return {}
        known = [name for name, _label in channels.choices()]
        found = {
            key: self.reading.flag(value, key)
            for key, value in self.reading.mapping(node, known, "channels").items()
        }
        # As the registry has them, so that two files that say the same are the same.
        return {name: bool(found[name]) for name in known if name in found}

    def _texts(self, node):
        if node is None:
            return
        languages = [code for code, _name in settings.LANGUAGES]
        for language, text in self.reading.mapping(node, languages, "texts").items():
            given = self.reading.mapping(text, ("subject", "frame", "body"), language)
            frame = self.reading.one_of(given["frame"], Frame.values, "frame") if "frame" in given else None
            said = {
                key: (self.reading.text(given[key], key) or "") if key in given else ""
                for key in ("subject", "body")
            }
            found = DefinitionText(language=language, frame=frame or Frame.DEFAULT, **said)
            self.draft.texts[language] = found
            lines = {key: line_of(value) for key, value in given.items()}
            self._refuse_invalid(found, lines, line_of(text), exclude=["definition"])

    def _check(self):
        draft = self.draft
        if not draft.fields["events"]:
            self._once(draft.lines.get("events", draft.line), _("Choose at least one event."))
        if not draft.fields["channels"]:
            self._once(draft.lines.get("channels", draft.line), _("Choose at least one channel."))
        if not draft.texts:
            self._once(draft.lines.get("texts", draft.line), _("Write the text in at least one language."))
        unsaved = Definition(**draft.fields)
        self._refuse_invalid(unsaved, draft.lines, draft.line, exclude=["events", "channels"])

    def _once(self, line, reason):
        # What is wrong with an entry has been said already.
        if all(problem.line < line for problem in self.reading.problems):
            self.reading.note(line, reason)

    def _refuse_invalid(self, row, lines, line, exclude):
        """The model's own checks: lengths, what may not be empty, addresses."""
        for check in (lambda: row.clean_fields(exclude=exclude), row.clean):
            try:
                check()
            except ValidationError as error:
                for key, reasons in error.message_dict.items():
                    for reason in reasons:
                        self.reading.note(lines.get(key, line), f"{key}: {reason}")

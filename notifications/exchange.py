"""Ticket notifications as one YAML file, to keep or to take elsewhere (docs/definitions.md).

Rows are named by what people call them (queues, groups, services, service levels and customers by name, people by
login), texts stand as they are read, and the order is that of the ids, which decides between equals.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import yaml
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from notifications import channels
from notifications.drafts import CODES, FILTERS, FORMAT, KEYS, NAMED, PLAIN, SWITCHES, name_of, read
from notifications.facts import MODELS
from notifications.models import Definition
from notifications.yaml_reading import Reading, Refused


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def _represent_text(dumper, text):
    style = None
    if {"\x85", "\u2028", "\u2029"} & set(text):
        style = '"'  # YAML takes these for the end of a line
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def export(definitions: Iterable[Definition]) -> str:
    """The file that `read` reads, of `definitions` in the order of their ids."""
    chosen = sorted(definitions, key=lambda one: one.pk)
    models.prefetch_related_objects(chosen, "texts", "named_users", "named_groups")
    names = _NamesOfRows(chosen)
    content = {"format": int(FORMAT), "notifications": [_exported(one, names) for one in chosen]}
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)


def _exported(definition, names):
    """Every key that says something; what is left out is as in a new definition."""
    said = {name: str(getattr(definition, name)) for name in ("name", *PLAIN, *CODES)}
    said |= {name: getattr(definition, name) for name in ("events", "recipients", "roles", *SWITCHES)}
    # By name, as databases keep keys in different orders: the same definition gives the same file everywhere.
    said["article_filter"] = dict(sorted(definition.article_filter.items()))
    said |= {
        name: {key: names.of(key, values) for key, values in sorted(getattr(definition, name).items())}
        for name in FILTERS
    }
    said |= {name: sorted(name_of(row) for row in getattr(definition, name).all()) for name in NAMED}
    said["channels"] = {one.name: definition.channels[one.name] for one in channels.of(definition)}
    said["texts"] = {
        text.language: {"subject": text.subject, "frame": str(text.frame), "body": text.body}
        for text in definition.texts.all()
    }
    return {key: said[key] for key in KEYS if said[key] not in ("", [], {}, False)}


class _NamesOfRows:
    """What the rows are called that the filters of some definitions name by id: one statement a model."""

    def __init__(self, definitions):
        wanted: dict[type[models.Model], set[str]] = {}
        for definition in definitions:
            for name in FILTERS:
                for key, values in getattr(definition, name).items():
                    if key in MODELS:
                        wanted.setdefault(MODELS[key], set()).update(str(value) for value in values)
        self._names = {
            model: {
                str(row.pk): name_of(row)
                for row in model._default_manager.filter(pk__in=[pk for pk in ids if pk.isdigit()])
            }
            for model, ids in wanted.items()
        }

    def of(self, key, values):
        if key not in MODELS:
            return values
        names = self._names[MODELS[key]]
        # Of a row deleted since nobody knows the name; left out, the filter might ask nothing any more.
        return [
            None if value is None else names.get(str(value), f"no. {value}, deleted since")
            for value in values
        ]


@dataclass(frozen=True)
class Imported:
    added: list[Definition]
    overwritten: list[Definition]


def import_file(data: bytes, *, overwrite: bool = False) -> Imported:
    """Lay down every definition of the file, or none. Raises Refused with the lines that are wrong.

    One whose name is taken is refused, or with `overwrite` takes the place of the one that has it, which keeps its id,
    people's choices and what was told of it.
    """
    drafts = read(data)
    try:
        with transaction.atomic():
            known = Definition.objects.select_for_update(no_key=True).in_bulk(
                [draft.name for draft in drafts], field_name="name"
            )
            if not overwrite:
                _refuse_taken(drafts, known)
            saved = [
                (draft.name in known, draft.save(known.get(draft.name) or Definition())) for draft in drafts
            ]
    except IntegrityError as error:
        reading = Reading()
        reading.note(0, _("Somebody else saved a ticket notification of the same name meanwhile: try again."))
        raise Refused(reading.problems) from error
    return Imported([one for was, one in saved if not was], [one for was, one in saved if was])


def _refuse_taken(drafts, known):
    reading = Reading()
    for draft in drafts:
        if draft.name in known:
            reading.note(
                draft.lines["name"],
                _("There is a ticket notification called “%(name)s” already.") % {"name": draft.name},
            )
    reading.refuse_problems()

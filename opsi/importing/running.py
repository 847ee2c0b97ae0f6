"""A file gone through line by line: first only looked at, then imported as it was shown, all of it or nothing.

Both ways go the same way: each line is put through the form of the admin's page. What was shown is known by its
fingerprint; if the database has changed since so that the same file would do something else, nothing is imported.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsi.importing.columns import Column, Key, one_line, plain, told_of
from opsi.importing.kinds import ImportKind
from opsi.importing.reading import MOST_LINES, Record, Refused, Table, read


class Standing(models.TextChoices):
    WRONG = "wrong", _("wrong")
    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    UNCHANGED = "unchanged", _("unchanged")


class Change(NamedTuple):
    column: str
    old: str
    new: str


class Problem(NamedTuple):
    """`column` is "" where it is about the line as a whole."""

    column: str
    reason: str


@dataclass
class Line:
    """`number`: as in the file, from 1. `name`: its key, as the file has it."""

    number: int
    name: str
    standing: Standing = Standing.UNCHANGED
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ends: str = ""


@dataclass
class Report:
    """`problems`: of the file as a whole; then there are no lines."""

    kind: ImportKind
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    encoding: str = ""
    is_imported: bool = False

    @property
    def counts(self) -> dict[Standing, int]:
        found = Counter(line.standing for line in self.lines)
        return {standing: found[standing] for standing in Standing}

    @property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.problems]

    @property
    def ending(self) -> list[Line]:
        return [line for line in self.lines if line.ends]

    @property
    def is_wrong(self) -> bool:
        return bool(self.problems or self.wrong)

    @property
    def does_something(self) -> bool:
        return any(line.changes for line in self.lines)

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anything else would be shown."""
        said = [
            [line.number, line.standing, line.changes, line.problems, line.notes, line.ends]
            for line in self.lines
        ]
        return hashlib.sha256(json.dumps([said, self.problems]).encode()).hexdigest()


def dry_run(kind: ImportKind, data: bytes, by: Any = None, most_lines: int = MOST_LINES) -> Report:
    """What importing `data` would do; nothing is written."""
    return _go_through(kind, data, by, most_lines, save=False)


def run(
    kind: ImportKind,
    data: bytes,
    by: Any = None,
    shown: str = "",
    confirmed: bool = False,
    most_lines: int = MOST_LINES,
) -> Report:
    """Import `data` in one transaction; not if a line of it is wrong, nor if it would do other than what was `shown`.

    `shown`: the fingerprint of the dry run; "" for whatever it does. What a line ends has to be `confirmed`. Returns
    what was found, `is_imported` if it was.
    """
    try:
        with transaction.atomic():
            report = _go_through(kind, data, by, most_lines, save=True)
            as_agreed = shown in ("", report.fingerprint) and (confirmed or not report.ending)
            report.is_imported = as_agreed and not report.is_wrong
            if not report.is_imported:
                transaction.set_rollback(True)
        if report.wrong:
            # Lines that follow a saved one may be blamed for it: what is wrong with the file is said as if none were.
            looked_at = dry_run(kind, data, by, most_lines)
            report = looked_at if looked_at.is_wrong else report
    except (IntegrityError, ValidationError):
        # Between looking and writing; the file says nothing wrong.
        report = Report(
            kind, problems=[gettext("Somebody else saved the same meanwhile. Nothing was imported.")]
        )
    return report


def _go_through(kind, data, by, most_lines, save):
    columns = kind.columns()
    try:
        table = read(data, lambda name: any(plain(name) in column.names for column in columns), most_lines)
        return _Passage(kind, columns, table, by, save).report()
    except Refused as refused:
        return Report(kind, problems=refused.problems)


class _Passage:
    def __init__(self, kind: ImportKind, columns: list[Column], table: Table, by: Any, save: bool):
        self.kind, self.table, self.by, self.save = kind, table, by, save
        self.labels = {column.field: str(column) for column in columns}
        self.columns = self._of_header(columns)
        self.key = next(column for column in self.columns if isinstance(column, Key))
        self.place = self.columns.index(self.key)
        self.seen: dict[str, int] = {}

    def _of_header(self, columns):
        """The column of each name in the first line. Raises Refused."""
        found, problems = [], []
        for name in self.table.header:
            column = next((one for one in columns if plain(name) in one.names), None)
            if column is None:
                problems.append(told_of(name, columns) if name else gettext("A column has no name."))
            elif column in found:
                problems.append(gettext("The column “%(name)s” is there twice.") % {"name": column})
            else:
                found.append(column)
        if columns[0] not in found:
            text = gettext("The column “%(name)s” is missing: by it the lines are told apart.")
            problems.append(text % {"name": columns[0]})
        problems += self.kind.header_problems({column.field for column in found})
        if problems:
            raise Refused(*problems)
        return found

    def report(self) -> Report:
        names = {name for record in self.table.records if (name := self._name(record))}
        self.existing = self.kind.existing(self.key, names)
        lines = [self._line(record) for record in self.table.records]
        return Report(self.kind, lines, encoding=self.table.encoding)

    def _name(self, record):
        """Its key; "" for a line without one."""
        return one_line(record.cells[self.place]) if len(record.cells) > self.place else ""

    def _line(self, record: Record) -> Line:
        line = Line(record.number, self._name(record))
        if len(record.cells) != len(self.columns):
            text = gettext("It has %(found)d cells, and the first line has %(wanted)d.")
            counts = {"found": len(record.cells), "wanted": len(self.columns)}
            line.problems.append(Problem("", text % counts))
        else:
            self._take(line, dict(zip(self.columns, record.cells, strict=True)))
        if line.problems:
            line.standing, line.notes, line.ends = Standing.WRONG, [], ""
        return line

    def _take(self, line, cells):
        instance = self._instance(line)
        is_new = instance is None
        instance = self.kind.model() if is_new else instance
        values = self._values(line, cells, instance, is_new)
        for name, reason in self.kind.line_problems(values, None if is_new else instance):
            line.problems.append(Problem(self.labels[name], reason))
        line.changes = self._changes(values, instance, is_new)
        if not is_new and not line.changes and not line.problems:
            return
        line.standing = Standing.NEW if is_new else Standing.CHANGED
        form = self.kind.form_of(self.kind.posted(instance) | values, instance, self.by)
        self._validate(line, form)
        if line.problems:
            return
        line.notes, line.ends = self.kind.notes(form), self.kind.ends(form)
        if self.save:
            self.kind.save(form, values, self.by)

    def _instance(self, line):
        """The row that the line's key means, if there is one."""
        if not line.name:
            return None
        spelling = self.key.spelling(line.name)
        if (before := self.seen.setdefault(spelling, line.number)) != line.number:
            text = gettext("“%(name)s” is on line %(line)d already.") % {"name": line.name, "line": before}
            line.problems.append(Problem(str(self.key), text))
        found = self.existing.get(spelling)
        if found is not None and self.kind.key_differs(self.key, line.name, found):
            text = gettext("There is “%(name)s” already: write it alike.")
            line.problems.append(Problem(str(self.key), text % {"name": getattr(found, self.key.field)}))
        return found

    def _values(self, line, cells, instance, is_new):
        """{field: value} of the cells that say something."""
        values = {}
        for column, text in cells.items():
            cell = text if column.may_have_lines else one_line(text)
            if (column is self.key and not is_new) or (not cell and not column.may_be_emptied):
                continue
            try:
                values[column.field] = column.read(cell)
            except ValidationError as error:
                line.problems += [Problem(str(column), message) for message in error.messages]
        return values

    def _changes(self, values, instance, is_new):
        found = []
        for column in self.columns:
            if column.field not in values:
                continue
            new, old = values[column.field], "" if is_new else column.of(instance)
            if new != old and not (is_new and new in ("", None, [])):
                said = "" if is_new else column.said(old)
                found.append(Change(str(column), said, column.said(new)))
        return found

    def _validate(self, line, form):
        """What the form refuses besides; a column is not blamed again for what could not be read."""
        blamed = {problem.column for problem in line.problems}
        for name, messages in form.errors.items():
            label = "" if name == NON_FIELD_ERRORS else self.labels.get(name)
            if label is None:
                label = capfirst(str(form.fields[name].label or name))
            if label not in blamed:
                line.problems += [Problem(label, message) for message in messages]

"""The columns of a file that can be imported: each reads a cell as a browser would post its field.

A cell that cannot be read raises ValidationError; whatever the form of the admin refuses besides, it refuses here too.
"""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from opsi.admin_site import Words

BRACKET = re.compile(r"[(（]")
LANGUAGES = ("en", "ja")  # in which the first line of a file may be written
SEPARATORS = str.maketrans("；、\n", ";;;")
TRUE = frozenset({"1", "true", "yes", "y", "on", "x", "active", "有効", "はい", "○", "〇"})
FALSE = frozenset({"0", "false", "no", "n", "off", "inactive", "無効", "いいえ", "×"})


def plain(text: str) -> str:
    """`text` as names of columns and choices are compared: case, spaces, hyphens and underscores do not count."""
    return "".join(text.casefold().translate(str.maketrans("_-　", "   ")).split())


def one_line(text: str) -> str:
    return " ".join(text.split())


def spelt(words: Words) -> set[str]:
    """`words` as they are compared, in every language of a file."""
    found = set()
    for language in LANGUAGES:
        with override(language):
            found.add(plain(str(words)))
    return found


class Column:
    """A text. `field`: of the form. `also`: further names in the first line, and `meaning` a sentence for people."""

    may_be_emptied = True
    may_have_lines = False

    def __init__(self, field: str, label: Words, meaning: Words = "", also: Iterable[str] = ()):
        self.field, self.label, self.meaning = field, label, meaning
        self.names = {plain(field), *map(plain, also), *spelt(label)}

    def __str__(self):
        return capfirst(str(self.label))

    def read(self, cell: str) -> Any:
        return cell

    def of(self, instance: models.Model) -> Any:
        """What the instance has, as `read` gives it."""
        return getattr(instance, self.field)

    def said(self, value: Any) -> str:
        return str(value)


class Lines(Column):
    """A text of several lines."""

    may_have_lines = True


class Number(Column):
    may_be_emptied = False

    def of(self, instance):
        return str(getattr(instance, self.field))


class YesNo(Column):
    may_be_emptied = False

    def read(self, cell):
        if cell.casefold() in TRUE:
            return True
        if cell.casefold() in FALSE:
            return False
        raise ValidationError(gettext("“%(cell)s” is neither yes nor no.") % {"cell": cell[:100]})

    def said(self, value):
        return gettext("Yes") if value else gettext("No")


class Choice(Column):
    """One of a model's choices, by its code or by its name in any language."""

    def __init__(
        self, *args: Any, choices: Iterable[tuple[str, Words]], may_be_emptied: bool = True, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.choices = dict(choices)
        self.may_be_emptied = may_be_emptied

    @cached_property
    def found(self):
        found = {}
        for code, label in self.choices.items():
            # "Operation Agent (itsm_user)" is as well known by what stands before its code.
            for name in {plain(code), *spelt(label)}:
                found[name] = found[BRACKET.split(name)[0]] = code
        return found

    def read(self, cell):
        if not cell:
            return ""
        if (code := self.found.get(plain(cell))) is None:
            raise ValidationError(
                gettext("“%(cell)s” is not known here: it may be %(choices)s.")
                % {"cell": cell[:100], "choices": gettext(", ").join(self.choices)}
            )
        return code

    def said(self, value):
        return str(self.choices.get(value, value))


class One(Column):
    """One row of another table, by its name."""

    def __init__(self, *args: Any, model: type[models.Model], unknown: Words, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.model, self.unknown = model, unknown

    @cached_property
    def rows(self):
        return {row.pk: row for row in self.model._default_manager.all()}

    @cached_property
    def found(self):
        """{name: row}; a name in another case finds it as long as it is one alone."""
        found: dict[str, Any] = {}
        for row in self.rows.values():
            for name in self.names_of(row):
                found[name.casefold()] = None if name.casefold() in found else row
        for row in self.rows.values():
            found.update(dict.fromkeys(self.names_of(row), row))
        return found

    def names_of(self, row):
        return [str(row)]

    def one(self, name):
        row = self.found.get(name) or self.found.get(name.casefold())
        if row is None:
            raise ValidationError(str(self.unknown) % {"name": name[:100]})
        return row

    def read(self, cell):
        return self.one(cell).pk if cell else None

    def of(self, instance):
        return getattr(instance, f"{self.field}_id")

    def said(self, value):
        return str(self.rows[value]) if value in self.rows else ""


class Some(One):
    """Some rows of another table, by name or short name, with semicolons or line breaks between them."""

    may_have_lines = True

    def names_of(self, row):
        return list({str(row), row.slug})

    def read(self, cell):
        rows, unknown = [], []
        for name in parts(cell):
            try:
                rows.append(self.one(name))
            except ValidationError as error:
                unknown += error.messages
        if unknown:
            raise ValidationError(unknown)
        return sorted({row.pk for row in rows})

    def of(self, instance):
        return sorted(row.pk for row in getattr(instance, self.field).all()) if instance.pk else []

    def said(self, value):
        return gettext(", ").join(sorted(str(self.rows[pk]) for pk in value if pk in self.rows))


class Key(Column):
    """What the lines are known by; `spelling` makes of a cell what two that are the same have alike."""

    may_be_emptied = False

    def __init__(self, *args: Any, spelling: Callable[[str], str] = str.casefold, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.spelling = spelling


def parts(cell: str) -> list[str]:
    """The names in a cell of several."""
    return [name.strip() for name in cell.replace("\r", "").translate(SEPARATORS).split(";") if name.strip()]


def told_of(header: str, columns: Iterable[Column]) -> str:
    """The sentence that says what an unknown name in the first line should be."""
    known = gettext(", ").join(str(column) for column in columns)
    return gettext("There is no column “%(name)s”. There are: %(known)s.") % {
        "name": header[:100],
        "known": known,
    }

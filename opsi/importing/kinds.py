"""What can be imported: each kind says its columns, and saves a line by the form that its page in the admin uses."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.forms.models import model_to_dict

from opsi.admin_site import Words
from opsi.importing.columns import Column, Key


class ImportKind:
    """`slug` names it in commands and addresses; `form` has a field for each column that is saved by it."""

    slug: str
    model: type[models.Model]
    form: type[forms.ModelForm]
    about: Words = ""

    def columns(self) -> list[Column]:
        """Made anew for each file: they remember the rows they have found. The first is the key."""
        raise NotImplementedError

    def existing(self, key: Key, cells: Iterable[str]) -> dict[str, Any]:
        """{spelling: instance} of the rows that `cells` of the key may mean."""
        rows = self.model._default_manager.all()
        return {key.spelling(getattr(row, key.field)): row for row in rows}

    def key_differs(self, key: Key, cell: str, instance: Any) -> bool:
        """Whether the row that was found is written otherwise, so that it may be another that is meant."""
        return getattr(instance, key.field) != cell

    def header_problems(self, fields: set[str]) -> list[str]:
        """What is wrong with these columns together."""
        return []

    def line_problems(self, values: dict[str, Any], instance: Any) -> list[tuple[str, str]]:
        """[(field, reason)] of what is wrong with these values together; may take some out, which stay as they are."""
        return []

    def posted(self, instance: Any) -> dict[str, Any]:
        """The form of `instance` as a browser would send it back untouched."""
        found = model_to_dict(instance, self.form._meta.fields)
        return {
            name: [row.pk for row in value] if isinstance(value, list) else value
            for name, value in found.items()
        }

    def form_of(self, data: dict[str, Any], instance: Any, by: Any) -> forms.ModelForm:
        return self.form(data, instance=instance)

    def save(self, form: forms.ModelForm, values: dict[str, Any], by: Any) -> None:
        form.save()

    def notes(self, form: Any) -> list[str]:
        """What an administrator should know of a line before it is imported."""
        return []

    def ends(self, form: Any) -> str:
        """What the line ends, in a sentence, and so asks to be confirmed; "" for nothing."""
        return ""

    @property
    def name(self) -> Words:
        return self.model._meta.verbose_name_plural or self.slug


kinds: dict[str, ImportKind] = {}


def register(kind: ImportKind) -> ImportKind:
    kinds[kind.slug] = kind
    return kind

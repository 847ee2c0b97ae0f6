"""Widgets for lists that grow with an installation."""

from collections.abc import Collection, Iterator
from html import escape

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import mark_safe


class LongSelect(forms.Select):
    """A select whose options, people or customers, may be a thousand: written at once and not by a template each.

    For choices without groups, whose labels are texts.
    """

    def render(self, name, value, attrs=None, renderer=None):
        options = mark_safe("".join(self._options(set(self.format_value(value)))))  # noqa: S308
        own = self.build_attrs(self.attrs, attrs) | {"name": name}
        return format_html("<select{}>{}</select>", flatatt(own), options)

    def _options(self, chosen: Collection[str]) -> Iterator[str]:
        for value, label in self.choices:
            key = "" if value is None else str(value)
            selected = " selected" if key in chosen else ""
            yield f'<option value="{escape(key)}"{selected}>{escape(str(label))}</option>'

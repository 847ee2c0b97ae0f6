"""Form fields for rows of the database that stand what Django's own break off at: ids that are none, or too long."""

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError

LONGEST_ID = 18  # digits; no database keeps longer ones


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID


class SomeRows(forms.ModelMultipleChoiceField):
    """Some rows; what is no id at all, or longer than any, is refused before the database is asked."""

    def _check_values(self, value):
        for one in value:
            if not is_id(str(one)):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": one}
                )
        return super()._check_values(value)


class FindingOne(AutocompleteSelect):
    """Finds a row by what is typed; what was refused, since it is no id, is not looked for to be shown again."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [one for one in value if not one or is_id(str(one))], attr)


class FindsOne:
    """A ModelAdmin, or inline, whose `autocomplete_fields` to one row are found by `FindingOne`."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", FindingOne(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

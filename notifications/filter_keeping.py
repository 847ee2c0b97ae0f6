"""Keeping a filter of the inbox by a name (docs/inbox.md)."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.inbox_filter import Filter
from notifications.models import InboxFilter
from notifications.models.inbox_settings import MOST_FILTERS
from opsi.models import User


class FilterForm(forms.Form):
    """A name that is used already gets the new filter."""

    name = forms.CharField(
        max_length=40, error_messages={"required": gettext_lazy("What shall the filter be called?")}
    )

    def __init__(self, data=None, *, person: User, chosen: Filter):
        super().__init__(data)
        self.person, self.chosen = person, chosen

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        kept = set(self.person.inbox_filters.values_list("name", flat=True))
        if name not in kept and len(kept) >= MOST_FILTERS:
            raise ValidationError(
                _("You have %(count)s filters already. Remove one first.") % {"count": len(kept)}
            )
        return name

    def save(self) -> None:
        InboxFilter.objects.update_or_create(
            person=self.person, name=self.cleaned_data["name"], defaults={"query": self.chosen.query()}
        )

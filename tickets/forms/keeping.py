"""Keeping a filter of the list of tickets by a name."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsi.models import User
from tickets.forms.texts import LineField
from tickets.models import ListFilter
from tickets.models.list_filter import MOST_FILTERS

TAKEN = gettext_lazy("Another filter of yours has this name.")


class KeepForm(forms.Form):
    """`kept` is renamed; without it the name is given to what the list asks for, in place of what it named before."""

    name = LineField(
        label=gettext_lazy("Name"),
        max_length=40,
        error_messages={"required": gettext_lazy("What shall the filter be called?")},
    )
    starts = forms.BooleanField(label=gettext_lazy("Begin with it"), required=False)

    def __init__(self, data=None, *, person: User, kept: ListFilter | None = None):
        super().__init__(data, auto_id=f"id_%s_{kept.pk}" if kept else "id_%s")
        self.person, self.kept = person, kept
        if kept is not None:
            self.initial = {"name": kept.name, "starts": kept.starts_since is not None}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        others = self.person.list_filters.exclude(pk=self.kept.pk if self.kept else 0)
        names = set(others.values_list("name", flat=True))
        if self.kept is not None and name in names:
            raise ValidationError(TAKEN)
        if self.kept is None and name not in names and len(names) >= MOST_FILTERS:
            raise ValidationError(
                _("You have %(count)s filters already. Remove one first.") % {"count": len(names)}
            )
        return name

    def save(self, asks: dict[str, str] | None = None) -> ListFilter | None:
        """None where its name was taken in this moment: the form has that as its error then."""
        name = self.cleaned_data["name"]
        if self.kept is not None:
            kept = self.kept
            kept.name = name
            try:
                with transaction.atomic():
                    kept.save(update_fields=["name"])
            except IntegrityError:
                # Two renamed to the same name at once: the second keeps its old one, and is told so.
                self.add_error("name", TAKEN)
                return None
        else:
            kept, _made = ListFilter.objects.update_or_create(
                person=self.person, name=name, defaults={"asks": asks or {}}
            )
        if self.cleaned_data["starts"]:
            ListFilter.objects.start_with(self.person, kept)
        elif kept.starts_since is not None:
            ListFilter.objects.start_with(self.person, None)
        return kept

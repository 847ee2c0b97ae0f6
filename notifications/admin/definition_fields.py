"""Form fields for what a definition keeps as JSON (domain §5): ticks, rows, lines of text, yes and no."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.models import Definition
from opsi.fields import SomeRows, is_id

YES_NO = (("", _("either")), ("yes", _("yes")), ("no", _("no")))


class Ticks(forms.CheckboxSelectMultiple):
    """Boxes to tick, side by side where there is room, in the groups of the choices if these have any.

    `explained(value)` says more of a choice; `found_by` labels a box to find one by, which is there with script.
    """

    def __init__(self, attrs=None, choices=(), *, explained=None, found_by=""):
        super().__init__(attrs, choices)
        self.explained, self.found_by = explained or (lambda value: ""), found_by

    def create_option(self, name, value, label, selected, index, subindex=None, attrs=None):
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        option["explanation"] = self.explained(value)
        if option["explanation"]:
            option["attrs"]["aria-describedby"] = f"{option['attrs'].get('id', name)}_explained"
        return option

    def render(self, name, value, attrs=None, renderer=None):
        # By the project's templates; those of forms know Django's own alone.
        context = self.get_context(name, value, attrs) | {"found_by": self.found_by}
        return render_to_string("admin/notifications/ticks.html", context)


def ticks(label, choices, *, explained=None, found_by="", **options):
    """Some of `choices`, as boxes to tick."""
    options.setdefault("required", False)
    widget = Ticks(explained=explained, found_by=found_by)
    return forms.MultipleChoiceField(label=label, choices=choices, widget=widget, **options)


class RowsField(SomeRows):
    """Some rows, cleaned to their ids.

    A row that was deleted since stays chosen, and is shown as such, until it is taken out: were it to vanish by itself,
    a filter that named nothing else would ask nothing any more and tell far too many.
    """

    def __init__(self, label, model, **options):
        super().__init__(model._default_manager.all(), label=label, required=False, **options)
        self.gone = []

    def keep(self, ids):
        """Have those of the stored `ids` that name no row any more stand among the choices."""
        self.gone = self._gone(ids)
        self.widget.choices = [*self.choices, *gone_choices(self.gone)]

    def _gone(self, ids):
        known = self.queryset.filter(pk__in=[pk for pk in ids if is_id(str(pk))])
        known = {str(pk) for pk in known.values_list("pk", flat=True)}
        return [pk for pk in ids if str(pk) not in known]

    def clean(self, value):
        given = value or []
        gone = [pk for pk in self.gone if str(pk) in given]
        wanted = [one for one in given if one not in {str(pk) for pk in gone}]
        return [*sorted(row.pk for row in super().clean(wanted)), *gone]


def gone_choices(ids):
    return [(pk, gettext("no. %(id)s, deleted since") % {"id": pk}) for pk in ids]


class FindingWidget(AutocompleteSelectMultiple):
    """Finds rows by what is typed; `gone`: ids of some that are chosen and deleted since."""

    gone: list[int] = []

    def build_attrs(self, base_attrs, extra_attrs=None):
        # What empties it whole would stand among the chosen, where assistive technology expects nothing else.
        return super().build_attrs(base_attrs, extra_attrs) | {"data-allow-clear": "false"}

    def optgroups(self, name, value, attrs=None):
        # The admin's own asks the database for whatever was posted.
        groups = super().optgroups(name, [one for one in value if is_id(one)], attrs)
        for pk, label in gone_choices(self.gone):
            if str(pk) in value:
                groups[0][1].append(self.create_option(name, pk, label, True, len(groups[0][1])))
        return groups


class PeopleField(RowsField):
    def __init__(self, label, model):
        field = Definition._meta.get_field("named_users")
        super().__init__(label, model, widget=FindingWidget(field, admin.site))

    def keep(self, ids):
        self.gone = self.widget.gone = self._gone(ids)


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, label):
        super().__init__(
            label=label,
            required=False,
            help_text=_("One text a line; one of them is enough."),
            widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        )

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class EitherField(forms.ChoiceField):
    """True, False, or None for either."""

    def __init__(self, label):
        super().__init__(label=label, choices=YES_NO, required=False)

    def prepare_value(self, value):
        return {True: "yes", False: "no"}.get(value, value)

    def clean(self, value):
        return {"yes": True, "no": False}.get(super().clean(value))


class YesNoField(forms.TypedMultipleChoiceField):
    """Some of True and False."""

    def __init__(self, label):
        super().__init__(
            label=label,
            choices=YES_NO[1:],
            coerce=lambda value: value == "yes",
            required=False,
            widget=Ticks,
        )

    def prepare_value(self, value):
        return [{True: "yes", False: "no"}.get(one, one) for one in value or ()]

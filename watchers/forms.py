"""The Watcher policy as one form: a row a setter, a column a kind of person, three choices a cell (domain §3)."""

import hashlib

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsi.models import User
from opsi.roles import AgentRole
from tickets.models import Ticket
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.models import PolicyCell
from watchers.presets import Preset

VERBS = ("add", "see", "remove")


def are_of_one_kind(setter: str, target: str) -> bool:
    """Whether a setter of this kind can be the person the cell is about, so that "themselves" says something."""
    match target:
        case TargetKind.AGENT:
            return setter in AgentRole.values
        case TargetKind.OWN_CUSTOMER:
            return setter in {SetterKind.CUSTOMER_MANAGER, SetterKind.CUSTOMER_USER}
        case TargetKind.REQUESTER:
            return setter == SetterKind.REQUESTER
    return False


def sensible(cell: PolicyCell, verb: str) -> list[tuple[str, str | Promise]]:
    """The extents worth offering for `verb` in this cell, and what it holds now."""
    offered = {Extent.NONE, Extent.OWN, Extent.ALL}
    if are_of_one_kind(cell.setter, cell.target):
        offered.add(Extent.SELF)
    if verb == "add":
        offered.discard(Extent.OWN)
        if cell.target == TargetKind.OTHER_CUSTOMER:
            offered = {Extent.NONE}
    return [(value, label) for value, label in Extent.choices if value in offered | {getattr(cell, verb)}]


class CellForm(forms.ModelForm):
    class Meta:
        model = PolicyCell
        fields = VERBS

    def __init__(self, *args, instance, **kwargs):
        super().__init__(
            *args, instance=instance, prefix=f"{instance.setter}-{instance.target}", auto_id="%s", **kwargs
        )
        for verb, field in self.fields.items():
            field.choices = sensible(instance, verb)
            field.widget.attrs["aria-label"] = f"{instance}: {field.label}"


class TrialForm(forms.Form):
    """Whom to try the policy as, on which ticket; `preset` tries one that is not in force."""

    who = forms.CharField(label=gettext_lazy("Login of who sets"), max_length=150)
    ticket = forms.CharField(label=gettext_lazy("Ticket number"), max_length=30)
    preset = forms.ChoiceField(
        label=gettext_lazy("Policy"),
        required=False,
        choices=[("", gettext_lazy("As it stands now")), *Preset.choices],
    )

    def clean_who(self):
        person = User.objects.active().filter(username__iexact=self.cleaned_data["who"]).first()
        if person is None:
            raise ValidationError(_("Nobody active has this login."))
        return person

    def clean_ticket(self):
        ticket = Ticket.objects.filter(number=self.cleaned_data["ticket"], deleted_at=None).first()
        if ticket is None:
            raise ValidationError(_("There is no ticket of this number."))
        return ticket

    def clean_preset(self):
        return Preset(self.cleaned_data["preset"]) if self.cleaned_data["preset"] else None


class PolicyForm:
    """`seen` in the data is what the policy was when the form was shown: nobody overwrites another's change unseen."""

    def __init__(self, data=None):
        self.cells = list(PolicyCell.objects.all())
        self.before = {cell.pk: cell.rule for cell in self.cells}
        self.forms = {(cell.setter, cell.target): CellForm(data, instance=cell) for cell in self.cells}
        self.problem = ""
        self.is_stale = data is not None and data.get("seen") != self.seen
        if self.is_stale:
            self.problem = _("Somebody else changed the policy meanwhile. Look again before you save.")

    @cached_property
    def seen(self) -> str:
        table = sorted((cell.setter, cell.target, *map(str, self.before[cell.pk])) for cell in self.cells)
        return hashlib.sha256(repr(table).encode()).hexdigest()

    @cached_property
    def basis(self) -> Preset:
        """The preset that the stored policy is nearest to."""
        return min(Preset, key=lambda preset: len(self.differing(preset)))

    def differing(self, preset: Preset) -> list[PolicyCell]:
        """The stored cells that are not as in `preset`."""
        return [cell for cell in self.cells if preset.table[cell.setter][cell.target] != self.before[cell.pk]]

    def mark(self) -> None:
        """Give each field that differs from the nearest preset what it would be there, as `field.differs`."""
        for form in self.forms.values():
            rule = self.basis.table[form.instance.setter][form.instance.target]
            for verb in VERBS:
                stored = getattr(self.before[form.instance.pk], verb)
                field = form.fields[verb]
                field.differs = getattr(rule, verb).label if stored != getattr(rule, verb) else ""
                field.is_void = stored == Extent.NONE

    @property
    def rows(self):
        """(setter, [CellForm or None, one a target])"""
        return [
            (setter, [self.forms.get((setter, target)) for target in TargetKind]) for setter in SetterKind
        ]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms.values()]
        if not all(valid) and not self.problem:
            self.problem = _("Nothing is saved yet: please mend the choices marked below.")
        return all(valid) and not self.is_stale

    @transaction.atomic
    def save(self, by) -> list[PolicyCell]:
        """Save and log what changed, old → new. Returns the cells changed."""
        changed = [form.save() for form in self.forms.values() if form.has_changed()]
        log_changes(changed, self.before, by)
        return changed


def log_changes(cells, before, by) -> None:
    """One line a cell in the admin's log, such as "add: all → self"; `before` is {cell id: Rule}."""
    for cell in cells:
        told = "; ".join(
            f"{verb}: {old} → {new}"
            for verb, old, new in zip(VERBS, before[cell.pk], cell.rule, strict=True)
            if old != new
        )
        LogEntry.objects.log_actions(by.pk, [cell], CHANGE, told, single_object=True)

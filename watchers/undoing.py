"""Taking back what was changed in the watcher policy, by the record of changes (docs/watchers.md)."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from opsi.audit_entry import Act, AuditEntry
from opsi.fields import LONGEST_ID
from opsi.models import User
from watchers.choices import Extent
from watchers.forms import VERBS, log_changes
from watchers.models import PolicyCell

SHOWN = 8


class Overtaken(Exception):
    """The cell is not what that change made it any more; the text says so."""


@dataclass(frozen=True)
class Change:
    """One change of one cell: `told` is (verb, before, after); `is_latest` while the cell is as it left it."""

    entry: AuditEntry
    told: list[tuple[str, str, str]]
    is_latest: bool


def latest() -> list[Change]:
    """The last changes, the newest first; two statements."""
    entries = list(_entries()[:SHOWN])
    cells = {
        str(cell.pk): cell
        for cell in PolicyCell.objects.filter(pk__in=[entry.object_id for entry in entries])
    }
    return [Change(entry, _told(entry), _is_latest(entry, cells.get(entry.object_id))) for entry in entries]


@transaction.atomic
def undo(pk: int, by: User) -> PolicyCell:
    """Put the cell back to what it was before the change of entry `pk`. Raises Http404 and Overtaken."""
    entry = _entries().filter(pk=pk).first() if pk < 10**LONGEST_ID else None
    if entry is None:
        raise Http404
    cell = PolicyCell.objects.select_for_update().filter(pk=entry.object_id).first()
    if cell is None or not _is_latest(entry, cell):
        raise Overtaken(_("This was changed again since: look at the table, and at the later changes."))
    before = {cell.pk: cell.rule}
    for verb, old, _new in entry.changes:
        setattr(cell, verb, old)
    try:
        cell.full_clean()
    except ValidationError as error:
        raise Overtaken(" ".join(error.messages)) from error
    cell.save()
    log_changes([cell], before, by)
    return cell


def _entries():
    return AuditEntry.objects.filter(kind="watchers.policycell", act=Act.CHANGED)


def _is_latest(entry, cell):
    known = all(verb in VERBS and old in Extent.values for verb, old, _new in entry.changes)
    return cell is not None and known and all(getattr(cell, verb) == new for verb, _old, new in entry.changes)


def _told(entry):
    def label(extent):
        return Extent(extent).label if extent in Extent.values else str(extent)

    return [
        (PolicyCell._meta.get_field(verb).verbose_name, label(old), label(new))
        for verb, old, new in entry.changes
        if verb in VERBS
    ]

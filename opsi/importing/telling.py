"""What an import found, in words: a sentence, and rows for a spreadsheet or a terminal."""

from collections.abc import Iterator

from django.utils.translation import gettext, ngettext

from opsi.importing.running import Line, Report, Standing


def counts(report: Report) -> str:
    """ "3 new, 1 changed, 12 unchanged"; what there is none of is left out."""
    found = report.counts
    texts = {
        Standing.WRONG: ngettext("%(count)d wrong", "%(count)d wrong", found[Standing.WRONG]),
        Standing.NEW: ngettext("%(count)d new", "%(count)d new", found[Standing.NEW]),
        Standing.CHANGED: ngettext("%(count)d changed", "%(count)d changed", found[Standing.CHANGED]),
        Standing.UNCHANGED: ngettext("%(count)d unchanged", "%(count)d unchanged", found[Standing.UNCHANGED]),
    }
    return gettext(", ").join(text % {"count": found[one]} for one, text in texts.items() if found[one])


def rows(report: Report) -> Iterator[tuple[object, ...]]:
    """With a header; a row for each change, problem and note, so that they can be sorted and counted."""
    yield (
        gettext("Line"), gettext("Key"), gettext("What"), gettext("Column"), gettext("Before"), gettext("After"),
        gettext("Reason"),
    )  # fmt: skip
    if report.problems:
        yield from (("", "", str(Standing.WRONG.label), "", "", "", problem) for problem in report.problems)
    for line in report.lines:
        yield from _of(line)


def _of(line: Line) -> Iterator[tuple[object, ...]]:
    begins = line.number, line.name, str(line.standing.label)
    if line.problems:
        yield from ((*begins, column, "", "", reason) for column, reason in line.problems)
        return
    notes = " ".join([*line.notes, line.ends]).strip()
    if not line.changes:
        yield (*begins, "", "", "", notes)
    for place, (column, old, new) in enumerate(line.changes):
        yield (*begins, column, old, new, "" if place else notes)

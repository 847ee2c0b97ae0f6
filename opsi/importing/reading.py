"""A CSV file as spreadsheets write it, read into lines: whatever is wrong with the file as a whole is said here."""

import codecs
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

LARGEST = 2 * 1024 * 1024  # bytes
MOST_LINES = 1_000  # somebody waits for the page, and the database for what is written
MOST_LINES_OF_COMMAND = 10_000
DELIMITERS = ",;\t"
# What may stand around a cell and is not part of it.
BLANK = " \t\r\n\u3000\u00a0"
# Control characters, which stand in every program and picture; and what Python reads bytes as that CP932 leaves out.
NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\uf8f0-\uf8f3]")


class Refused(Exception):
    """The file cannot be read as lines, for `problems` (sentences)."""

    def __init__(self, *problems: str):
        super().__init__(*problems)
        self.problems = list(problems)


@dataclass(frozen=True)
class Record:
    """`number`: the line of the file, from 1, on which it begins."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """`encoding`: how the file was read, as people call it."""

    header: list[str]
    records: list[Record]
    encoding: str


def read(data: bytes, is_known: Callable[[str], bool], most_lines: int = MOST_LINES) -> Table:
    """The header and the lines of `data`; the delimiter is the one that makes most names of the header `is_known`.

    Lines with nothing in them are left out. Raises Refused.
    """
    text, encoding = _decoded(data)
    delimiter = max(DELIMITERS, key=lambda one: _fit(_first(text, one), is_known))
    header, records = _records(text, delimiter)
    if len(records) > most_lines:
        raise Refused(
            _("The file has %(count)d lines; %(most)d are read at once. Divide it.")
            % {"count": len(records), "most": most_lines}
        )
    if not records:
        raise Refused(_("The file has a line of column names at most, and nothing beneath it."))
    return Table(header, records, encoding)


def _decoded(data):
    if not data.strip():
        raise Refused(_("The file is empty."))
    if len(data) > LARGEST:
        raise Refused(too_large())
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Refused(
            _("This is a workbook, not a CSV file: save it as “CSV UTF-8” in the spreadsheet program.")
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # Excel's “Unicode text”.
        ways = [("utf-16", "UTF-16")]
    else:
        ways = [("utf-8-sig", "UTF-8"), ("cp932", "Shift_JIS (CP932)")]
    for codec, name in ways:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if not NOT_IN_TEXT.search(text):
            return text, name
        break
    raise Refused(
        _("This is no text in UTF-8 or Shift_JIS: save it as “CSV UTF-8” in the spreadsheet program.")
    )


def _reader(text, delimiter):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _first(text, delimiter):
    """The header as this delimiter would make it; with a wrong one it may be no CSV at all."""
    try:
        return next((cells for cells in _reader(text, delimiter) if any(cells)), [])
    except csv.Error:
        return []


def _records(text, delimiter):
    """(header, lines); what stands in quotation marks may go over several lines of the file."""
    reader = _reader(text, delimiter)
    found, before = [], 0
    try:
        for cells in reader:
            cells = [cell.strip(BLANK) for cell in cells]
            if any(cells):
                found.append(Record(before + 1, cells))
            before = reader.line_num
    except csv.Error:
        raise Refused(
            _(
                "Line %(line)d is no CSV: a quotation mark is missing or one too many, or a cell is longer than any "
                "can be."
            )
            % {"line": before + 1}
        ) from None
    header, *records = found or [Record(1, [])]
    while header.cells and not header.cells[-1]:
        header.cells.pop()
    for record in records:
        while len(record.cells) > len(header.cells) and not record.cells[-1]:
            record.cells.pop()
    return header.cells, records


def _fit(header, is_known):
    return sum(is_known(name) for name in header), len(header)


def too_large() -> str:
    return _("The file is larger than %(size)d MB.") % {"size": LARGEST // 1024**2}

"""Files for spreadsheets: UTF-8 with the mark by which Excel knows it, and nothing in them that is computed."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import batched
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine
# What a spreadsheet would take for a formula; some take the wide signs of Japanese, too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LINES = 500  # worked out and sent at once

type Line = Sequence[Any]


def file_of(name: str, lines: Iterable[Line]) -> StreamingHttpResponse:
    """`lines` as a download called `name`, with the day; sent as they come, however many there are."""
    # By the time it is read, the request's language and time zone are not in force any more.
    sent = _sent(lines, translation.get_language(), timezone.get_current_timezone())
    return StreamingHttpResponse(
        sent,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'},
    )


def _sent(lines: Iterable[Line], language: str, zone: tzinfo) -> Iterator[str]:
    yield BOM
    some = batched(lines, LINES)
    while True:
        with translation.override(language), timezone.override(zone):
            if (here := next(some, None)) is None:
                return
            text = _written(here)
        yield text


def _written(lines: Iterable[Line]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([_plain(value) for value in line] for line in lines)
    return file.getvalue()


def _plain(value: object) -> str:
    """`value` as text that no spreadsheet computes."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text

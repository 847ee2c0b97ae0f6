"""Files for spreadsheets: sent as they come, as whoever asked for them reads; nothing in them is computed."""

import csv
import datetime
import io

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from opsi.spreadsheets import file_of


def read(answer):
    content = answer.getvalue()
    # With the mark by which Excel knows UTF-8.
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_it_is_a_download_with_the_day_in_its_name(time_machine):
    time_machine.move_to(datetime.datetime(2026, 11, 23, 9, tzinfo=datetime.UTC))
    answer = file_of("mails", [["a", 1]])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="mails-2026-11-23.csv"'
    assert read(answer) == [["a", "1"]]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_nothing_is_computed(sign):
    assert read(file_of("x", [[f"{sign}1", f"1{sign}"]])) == [[f"'{sign}1", f"1{sign}"]]


def test_commas_quotes_and_lines_stay_in_their_cell():
    line = ['Say "no", twice', "one\ntwo", "日本"]
    assert read(file_of("x", [line])) == [line]


def test_it_is_made_as_it_is_sent():
    made = []

    def lines():
        for number in range(1200):
            made.append(number)
            yield [number]

    parts = iter(file_of("x", lines()).streaming_content)
    assert (len(next(parts)), made) == (3, [])
    next(parts)
    assert len(made) == 500
    assert len(list(parts)) == 2


def test_language_and_time_zone_are_those_of_whoever_asked():
    def lines():
        yield [_("Yes"), timezone.get_current_timezone_name()]

    with translation.override("ja"), timezone.override("Asia/Tokyo"):
        answer = file_of("x", lines())
    assert read(answer) == [["はい", "Asia/Tokyo"]]
    assert (translation.get_language(), timezone.get_current_timezone_name()) == ("en", "UTC")

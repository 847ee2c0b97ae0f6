"""A file is read as spreadsheets of this world write it; what is no such file is said to be none."""

import pytest

from opsi.importing.reading import LARGEST, MOST_LINES, Refused, read

KNOWN = {"login", "name", "氏名"}


def table(data):
    return read(data, KNOWN.__contains__)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp932", "Shift_JIS (CP932)"), ("utf-16", "UTF-16")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_it_knows_how_it_is_written(encoding, said, delimiter, ends):
    text = ends.join([delimiter.join(line) for line in (["login", "氏名"], ["髙橋", "佐藤①"])])
    found = table(text.encode(encoding))
    assert (found.header, found.encoding) == (["login", "氏名"], said)
    assert [record.cells for record in found.records] == [["髙橋", "佐藤①"]]


def test_lines_are_counted_as_in_the_file():
    found = table(b'login,name\n\na,"one\ntwo"\n , \nb,"x; ""y"", z"\n')
    assert [(record.number, record.cells) for record in found.records] == [
        (3, ["a", "one\ntwo"]), (6, ["b", 'x; "y", z'])
    ]  # fmt: skip


def test_a_delimiter_in_the_other_ones_cells_does_not_mislead():
    assert table(b'"login";"name"\n"a";"b, c, d"\n').records[0].cells == ["a", "b, c, d"]


def test_empty_columns_at_the_end_are_none():
    found = table(b"login,name,,\na,b,,\nc,d,,e\n")
    assert found.header == ["login", "name"]
    assert [len(record.cells) for record in found.records] == [2, 4]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t", "The file is empty."),
        (b"\xef\xbb\xbf", "nothing beneath it"),
        (b"login,name\n", "nothing beneath it"),
        (b"PK\x03\x04rest of a workbook", "This is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is a workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "This is no text"),
        (b"login,name\na,\x00", "This is no text"),
        (b"login\n\xff\xfe\xfd", "This is no text"),
        (b"\xff\xfe\x00", "This is no text"),
        (b'login,name\na,b\nc,"d', "Line 3 is no CSV"),
        (b'login,name\na,"b"c\n', "Line 2 is no CSV"),
        (b"login,name\na," + b"b" * 140_000, "Line 2 is no CSV"),
        (b"x" * (LARGEST + 1), "larger than 2 MB"),
        (b"login\n" + b"a\n" * (MOST_LINES + 1), f"has {MOST_LINES + 1} lines"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_reason(data, why):
    with pytest.raises(Refused) as refused:
        table(data)
    assert why in refused.value.problems[0]

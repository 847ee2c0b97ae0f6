import json
import logging
import sys

from opsi.logs import JsonFormatter


def line(**options):
    record = logging.LogRecord(
        "opsi", logging.WARNING, __file__, 1, "%s is late", ("Uma",), options.pop("exc_info", None)
    )
    vars(record).update(options)
    return JsonFormatter().format(record)


def test_one_object_a_line_with_extras():
    written = json.loads(line(ticket="2026101400000001", request=object()))
    assert written.pop("time").endswith("+00:00")
    assert written == {
        "level": "WARNING",
        "logger": "opsi",
        "message": "Uma is late",
        "ticket": "2026101400000001",
    }


def test_exception_stays_on_the_line():
    try:
        raise ValueError("two\nlines")
    except ValueError:
        text = line(exc_info=sys.exc_info())
    assert "\n" not in text
    assert json.loads(text)["exception"].endswith("ValueError: two\nlines")

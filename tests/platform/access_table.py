"""The tables in `tests/platform/access/*.txt`, read: who gets which answer where. See docs/access-matrix.md."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, get_resolver

from tests.platform.access_world import LOGINS, NOBODY, TICKETS

FOLDER = Path(__file__).with_name("access")
TABLES = {path.stem: path for path in sorted(FOLDER.glob("*.txt"))}
METHODS = ("GET", "POST", "DELETE")
# As a form sends it: POST with `_method=delete` or `patch`, and with a `_method` that nobody knows.
FORMS_ONLY = ("deleting", "patching", "unknown")
GROUPS = {"agents": ("mika", "uma", "aiko", "vera"), "others": ("carl", "cora", "bo", "ray")}
LINE = re.compile(r"  (?P<method>\S+) +(?P<what>\S.*?) {2,}(?P<cells>.+)")


@dataclass(frozen=True)
class Row:
    """`what` is one ticket, row, token or the like; `cells` {login or "nobody": the answer}."""

    route: str
    method: str
    what: str
    cells: dict[str, str]
    place: str

    @property
    def ticket(self):
        return self.what.partition(":")[0]

    @property
    def detail(self):
        return self.what.partition(":")[2].strip()

    def __str__(self):
        return f"{self.method} {self.route} ({self.what})"


def rows_of(path: Path) -> list[Row]:
    found, route, columns = [], "", []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        place = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            route = "" if line == "/" else line.strip()
            continue
        matched = LINE.fullmatch(line)
        assert matched, f"{place}: this is no row of the table: {line}"
        cells = matched["cells"].split()
        if matched["method"] == "method":
            columns = cells
            continue
        assert matched["method"] in METHODS + FORMS_ONLY, f"{place}: no method: {line}"
        assert len(cells) == len(columns), f"{place}: {len(columns)} cells are wanted: {line}"
        answers = {}
        for column, cell in zip(columns, cells, strict=True):
            answers |= dict.fromkeys(GROUPS.get(column, (column,)), cell)
        assert set(answers) == {*LOGINS, NOBODY}, f"{place}: somebody has no column"
        for what in TICKETS if matched["what"] == "every ticket" else matched["what"].split(", "):
            found.append(Row(route, matched["method"], what, answers, place))
    return found


def routes() -> list[str]:
    """Every URL of the project, as the URLconf writes it."""
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns, prefix=""):
    for one in patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route
        else:
            yield from _walk(one.url_patterns, route)

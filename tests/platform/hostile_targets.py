"""Where hostile input is sent: every form and query of every page that a person gets, every POST of the tables."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes, urlsplit

from tests.platform.access_requests import address, data
from tests.platform.access_table import TABLES, rows_of
from tests.platform.page_forms import parameters_of, read
from tickets.forms.filtering import AgentTicketFilter

PROJECT = Path(__file__).resolve().parents[2]
IN_CODE = re.compile(r"""\.(?:GET|POST)(?:\.get(?:list)?\(|\[)\s*["'](\w+)["']""")
# Would ask servers whose names are made up here: slow, and nobody's business.
LEAVES_THE_HOUSE = {"and_test"}
NO_TARGETS = ("/admin/notifications/notificationfunction/mail_server/test/",)


@dataclass
class Target:
    """`valid` is what a browser would send, {name: [values]}; `names` all that there is to be spoiled."""

    method: str
    path: str
    names: list[str]
    valid: dict[str, list[bytes]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def __str__(self):
        return f"{self.method} {self.path}"


def names_in_code() -> list[str]:
    found = set(AgentTicketFilter.base_filters)
    for app in ("opsi", "tickets", "watchers", "notifications"):
        for path in (PROJECT / app).rglob("*.py"):
            found.update(IN_CODE.findall(path.read_text()))
    return sorted(found)


def targets_of(asker, login) -> list[Target]:
    """Each once, however many pages have it."""
    found: dict[tuple[str, str], Target] = {}
    queries: dict[str, set[str]] = {}
    anywhere = names_in_code()
    for row in [row for path in TABLES.values() for row in rows_of(path)]:
        path = address(asker.world, row)
        if row.method == "GET" and row.cells[login] in {"200", "302"}:
            _answer, body, _changed = asker.ask(row)
            queries.setdefault(path, set()).update(anywhere)
            for where, names in parameters_of(body, path).items():
                queries.setdefault(where, set()).update(names)
            for form in read(body)[0]:
                _add_form(found, form, path)
        elif row.method == "POST" and row.cells[login] in {"200", "204", "302", "303"}:
            sent = data(asker.world, row, login, asker.page)
            _add(found, path, {name: _listed(value) for name, value in sent.items() if not hasattr(value, "read")},
                 [name for name, value in sent.items() if hasattr(value, "read")])  # fmt: skip
    for path, names in queries.items():
        if path.startswith("/") and not path.startswith("/static/"):
            found["GET", path] = Target("GET", path, sorted(names | {"nonsense"}))
    return [target for target in found.values() if target.path not in NO_TARGETS]


def _add_form(found, form, page):
    if form.method == "post":
        path = urlsplit(form.action).path
        where = path if path.startswith("/") else page
        _add(
            found, where, {name: _listed(value) for name, value in form.data.items()}, form.files, form.names
        )


def _add(found, path, valid, files, names=()):
    known = found.setdefault(("POST", path), Target("POST", path, []))
    known.valid = known.valid or valid
    known.files = list(dict.fromkeys([*known.files, *files]))
    more = [*known.names, *valid, *names, *files, "_method", "version", "until", "csrfmiddlewaretoken"]
    known.names = [name for name in dict.fromkeys(more) if name not in LEAVES_THE_HOUSE]


def _listed(value):
    return [str(one).encode() for one in (value if isinstance(value, list) else [value])]


def encoded(pairs) -> bytes:
    """`pairs` of (name, bytes) as a form or a query sends them."""
    return "&".join(
        f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs
    ).encode()


def multipart(pairs, files, boundary=b"xyz") -> bytes:
    """`files` are (name, (file name, content type, content))."""
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value)
        for name, value in pairs
    ]
    parts += [
        b'Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s'
        % (name.encode(), file_name.encode(), content_type.encode(), content)
        for name, (file_name, content_type, content) in files
    ]
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary

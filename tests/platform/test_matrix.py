"""Every URL for every person: the tables in `tests/platform/access/`, held to cell by cell (docs/access-matrix.md)."""

import logging
import re

import pytest
from django.db import transaction
from django.test import Client

from tests.platform import access_world
from tests.platform.access_requests import address, data, query
from tests.platform.access_table import FORMS_ONLY, METHODS, TABLES, routes, rows_of
from tests.platform.access_world import LOGINS, NOBODY, TICKETS, UNKNOWN
from tests.platform.database_digest import Unchanging

pytestmark = pytest.mark.timeout(600)  # a thousand cells, on a busy machine

ROWS = {name: rows_of(path) for name, path in TABLES.items()}
EVERY_ROW = [row for rows in ROWS.values() for row in rows]
# What is no refusal and no change: who is refused must find everything as it was, and who only looks changes nothing.
REFUSED = {"login", "admin", "400", "403", "404", "405", "409", "410", "422"}

TOKEN = re.compile(r'name="(csrfmiddlewaretoken|csrf-token)" (value|content)="\w+"|"X-CSRFToken": "\w+"')


@pytest.fixture
def world(everyone, acme, borealis, service_desk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return access_world.build(everyone, acme, borealis, service_desk)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Thousands of refusals are meant; each would be a line, or a traceback, of the log."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


class Asker:
    """Asks as one person, each time from the same state of the world, with a session of the same."""

    def __init__(self, world, login):
        self.world, self.login = world, login
        self.client = Client(raise_request_exception=False)
        if login != NOBODY:
            self.client.force_login(world.people[login])
        self.cookies = {name: cookie.value for name, cookie in self.client.cookies.items()}
        self.unchanging = Unchanging()

    def ask(self, row, number=None):
        """(answer as the table writes it, body, tables changed)."""
        path = address(self.world, row) + query(row)
        if number is not None:
            path = path.replace(self.world.number(row.ticket), number)
        sent = data(self.world, row, self.login, self.page) if row.method not in ("GET", "DELETE") else {}
        with transaction.atomic():
            try:
                self.client.cookies.clear()
                self.client.cookies.load(self.cookies)
                method = "post" if row.method in FORMS_ONLY else row.method.lower()
                with self.unchanging.watching():
                    answer = getattr(self.client, method)(path, sent or None)
                    body = b"".join(answer) if answer.streaming else answer.content
                return as_written(answer), body.decode(errors="replace"), self.unchanging.changed()
            finally:
                transaction.set_rollback(True)

    def page(self, path):
        client = Client(raise_request_exception=False)
        with transaction.atomic():
            client.force_login(self.world.people["ada"])
            answer = client.get(path)
            html = "" if answer.streaming else answer.text
            transaction.set_rollback(True)
        return html


def as_written(answer):
    goal = answer.headers.get("Location", "")
    if answer.status_code == 302 and goal.startswith("/login/?next="):
        return "login"
    if answer.status_code == 302 and goal.startswith("/admin/login/?next="):
        return "admin"
    return str(answer.status_code)


@pytest.mark.parametrize("login", [*LOGINS, NOBODY])
@pytest.mark.parametrize("table", TABLES)
def test_each_cell_answers_as_the_table_says(table, login, world):
    asker, wrong = Asker(world, login), []
    for row in ROWS[table]:
        expected = row.cells[login]
        answered, _body, changed = asker.ask(row)
        if answered != expected:
            wrong.append(
                f"{row.place}: {row} as {login}: the table says {expected}, the answer is {answered}"
            )
        elif changed and (row.method == "GET" or answered in REFUSED):
            wrong.append(
                f"{row.place}: {row} as {login}: answered {answered} and changed {', '.join(changed)}"
            )
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.once
@pytest.mark.parametrize("login", LOGINS)
def test_a_forbidden_ticket_answers_as_an_unknown_one_does(login, world):
    readable = {
        row.ticket: row.cells[login] == "200"
        for row in ROWS["tickets"]
        if (row.route, row.method) == ("tickets/<slug:number>/", "GET")
    }
    asker, told = Asker(world, login), []
    for row in ROWS["tickets"]:
        if not readable[row.ticket] and row.ticket != "unknown":
            real, unknown = asker.ask(row), asker.ask(row, number=UNKNOWN)
            if real[0] != unknown[0] or plain(real[1], world.number(row.ticket)) != plain(
                unknown[1], UNKNOWN
            ):
                told.append(f"{row.place}: {row} as {login} shows that the ticket is there")
    assert not told, "\n" + "\n".join(told)


def plain(body, number):
    """Without what is another each time, and without the number that was asked for."""
    return TOKEN.sub("", body).replace(number, "#")


def test_every_url_has_its_rows():
    known = {(row.route, row.method) for row in EVERY_ROW}
    missing = [
        f"{route or '/'}: {', '.join(method for method in METHODS if (route, method) not in known)}"
        for route in dict.fromkeys(routes())
        if any((route, method) not in known for method in METHODS)
    ]
    assert not missing, (
        "These URLs have no row in tests/platform/access/*.txt for the methods named. Write there who gets which"
        " answer, from domain §1 and §3 (docs/access-matrix.md says how), and in tests/platform/access_requests.py"
        " what is posted:\n" + "\n".join(missing)
    )


def test_every_url_of_a_ticket_is_asked_of_every_ticket():
    asked = {(row.route, row.ticket) for row in EVERY_ROW if row.cells["mika"] not in {"405"}}
    adding = {"tickets/<slug:number>/watchers/<str:login>/"}
    missing = [
        f"{route}: {', '.join(ticket for ticket in TICKETS if (route, ticket) not in asked)}"
        for route in dict.fromkeys(routes())
        if "<slug:number>" in route and route not in adding
        if any((route, ticket) not in asked for ticket in TICKETS)
    ]
    assert not missing, "No row in access/tickets.txt asks these of:\n" + "\n".join(missing)


def test_no_row_is_about_a_url_that_is_gone():
    gone = {f"{row.place}: {row.route}" for row in EVERY_ROW if row.route not in routes()}
    assert not gone, "\n".join(sorted(gone))

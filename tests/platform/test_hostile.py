"""Hostile input to every form, query, upload and address: refused or stood, never an error, never half saved.

The same examples each time. `OPSI_HOSTILE_EXAMPLES=200` tries more of them for each form and query.
"""

import os
import re
import sys

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.platform import hostile_values as hostile
from tests.platform.access_requests import PARTS, address
from tests.platform.access_table import TABLES, rows_of
from tests.platform.access_world import NOBODY
from tests.platform.database_digest import Unchanging
from tests.platform.hostile_targets import encoded, multipart, targets_of
from tests.platform.test_matrix import Asker, quiet, world

__all__ = ["quiet", "world"]

# More examples, or a busy machine, take longer than one test usually may.
pytestmark = pytest.mark.timeout(3600)

EXAMPLES = int(os.environ.get("OPSI_HOSTILE_EXAMPLES", "3"))
PEOPLE = ("ada", "uma", "vera", "cora", "ray", NOBODY)
HARSH = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
FORM = "application/x-www-form-urlencoded"
# A page that answers a POST with itself though it did what was asked, and what only asks, by a POST.
SHOWS_WHAT_IT_DID = re.compile("/unsubscribe/|.*/(articles/audience|composing)/$")


class Attacker(Asker):
    """Sends what it likes, and notes what was wrong with the answer."""

    def __init__(self, world, login):
        super().__init__(world, login)
        # That a session ended, or a sign-in that failed was counted, is nothing half saved.
        self.unchanging = Unchanging("django_session", "axes_accessattempt")
        self.wrong = {}
        self.sent = 0

    def send(self, method, path, body=b"", content_type=FORM, query=b"", headers=None):
        raised = []

        def note(sender, **kwargs):
            raised.append(repr(sys.exc_info()[1])[:300])

        got_request_exception.connect(note)
        try:
            with transaction.atomic():
                try:
                    self.client.cookies.clear()
                    self.client.cookies.load(self.cookies)
                    with self.unchanging.watching():
                        answer = self.client.generic(
                            method, path, body, content_type, QUERY_STRING=query.decode(), headers=headers
                        )
                        text = b"" if answer.streaming else answer.content
                    changed = [] if raised else self.unchanging.changed()
                finally:
                    transaction.set_rollback(True)
        finally:
            got_request_exception.disconnect(note)
        self.sent += 1
        if problem := self._problem(method, path, answer, text, changed, raised):
            self.wrong.setdefault(
                f"{method} {path}: {problem}", f"{content_type} {query[:300]!r} {body[:600]!r}"
            )

    def _problem(self, method, path, answer, text, changed, raised):
        status = answer.status_code
        if raised or status >= 500:
            return f"{status} {' '.join(raised)}"
        if b"Traceback (most recent call last)" in text:
            return "shows a traceback"
        in_the_admin = path.startswith("/admin/")
        done = status < 400 and not (in_the_admin and status == 200)
        if changed and (method == "GET" or not done):
            return f"{status}, and yet changed {', '.join(changed)}"
        if method == "POST" and status == 200 and not in_the_admin and not SHOWS_WHAT_IT_DID.match(path):
            return "200 for a POST: refused without saying so"
        return ""

    def report(self):
        assert not self.wrong, "\n" + "\n".join(
            f"{problem}\n    {sent}" for problem, sent in list(self.wrong.items())[:30]
        )


def spoiled(draw, target):
    """(pairs, files): what a browser would send with one or some of it made hostile."""
    chosen = draw(
        st.one_of(
            st.sampled_from(target.names).map(lambda name: [name]),
            st.lists(st.sampled_from(target.names), min_size=1, max_size=6, unique=True),
            st.just(target.names),
        )
    )
    sent = target.valid | {name: draw(hostile.repeated) for name in chosen}
    files = [(name, draw(hostile.files)) for name in target.files if draw(st.booleans())]
    return [(name, value) for name, values in sent.items() for value in values], files


@pytest.mark.parametrize("login", PEOPLE)
def test_hostile_values_in_every_form_and_query(login, world):
    attacker = Attacker(world, login)
    targets = targets_of(attacker, login)
    assert {"/tickets/", "/login/"} & {target.path for target in targets}, "the forms are found"

    for target in targets:
        attack_form(attacker, target)
    attacker.report()


def attack_form(attacker, target):
    @HARSH
    @given(st.data())
    def attack(draws):
        pairs, files = spoiled(draws.draw, target)
        if target.method == "GET":
            attacker.send("GET", target.path, query=encoded(pairs))
        elif target.files or draws.draw(st.integers(0, 9)) == 0:
            body = multipart(pairs, files)
            if draws.draw(st.integers(0, 4)) == 0:
                body = body[: draws.draw(st.integers(0, len(body)))]
            attacker.send("POST", target.path, body, "multipart/form-data; boundary=xyz")
        else:
            attacker.send("POST", target.path, encoded(pairs))

    attack()


@pytest.mark.once
@pytest.mark.parametrize("login", ["ada", "cora"])
def test_bodies_that_are_no_form(login, world):
    attacker = Attacker(world, login)
    targets = [target for target in targets_of(attacker, login) if target.method == "POST"]
    # Each target some of them, all of them among all targets.
    odd = [(content_type, body) for content_type in hostile.CONTENT_TYPES for body in hostile.BODIES]
    for number, target in enumerate(targets):
        for content_type, body in odd[number % 11 :: 11]:
            attacker.send("POST", target.path, body, content_type)
    attacker.report()


@pytest.mark.parametrize("login", ["ada", "cora", NOBODY])
def test_hostile_addresses(login, world):
    attacker = Attacker(world, login)
    first = {}
    for row in [row for path in TABLES.values() for row in rows_of(path)]:
        if PARTS.search(row.route):
            first.setdefault((row.route, row.method), row)
    for row in first.values():
        attack_address(attacker, row, address(world, row))
    attacker.report()


def attack_address(attacker, row, good):
    # What the URLconf writes as a regular expression ends the address.
    places = [place for place, part in enumerate(row.route.split("/")) if part.startswith("<")] or [-1]
    method = row.method if row.method in {"GET", "POST", "DELETE"} else "POST"

    @HARSH
    @given(st.sampled_from(places), hostile.segments)
    def attack(place, segment):
        steps = good.strip("/").split("/")
        steps[place] = segment
        attacker.send(method, "/" + "/".join(steps) + "/")

    attack()


@pytest.mark.once
@pytest.mark.parametrize("login", ["ada", "uma", "cora"])
def test_the_right_data_with_a_token_twice_and_a_method_nobody_knows(login, world):
    attacker = Attacker(world, login)
    for target in targets_of(attacker, login):
        if target.method == "POST":
            pairs = [(name, value) for name, values in target.valid.items() for value in values]
            for more in (
                [("csrfmiddlewaretoken", b"a"), ("csrfmiddlewaretoken", b"b")],
                [("_method", b"brew")],
            ):
                attacker.send("POST", target.path, encoded(pairs + more))
    attacker.report()

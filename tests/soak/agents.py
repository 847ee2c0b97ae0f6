"""Agents at their browsers: each keeps the bell going, some write notes; every answer is counted."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

POLL_EVERY = 3.0  # seconds; an open page asks every 2.5
SECRET = "a" * 32  # of the form's and the cookie's token, which are to agree
TIMEOUT = 30.0


@dataclass
class Answers:
    """How long each answer took (seconds), by what was asked; how many came with which status; what went wrong."""

    took: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str, status: int, seconds: float) -> None:
        with self._lock:
            self.took.setdefault(what, []).append(seconds)
            self.statuses[what, status] += 1

    def fail(self, what: str, error: Exception) -> None:
        with self._lock:
            self.errors.append(f"{what}: {error!r}")


class Browser:
    """One agent's, who is signed in by `session`."""

    def __init__(self, port: int, session: str, answers: Answers):
        self.port, self.answers = port, answers
        self.etag = ""
        self._cookies = {"Cookie": f"opsi_session={session}; opsi_csrf={SECRET}"}

    def look_at_the_bell(self) -> None:
        headers = {"If-None-Match": self.etag} if self.etag else {}
        answer = self._ask("bell", "GET", "/inbox/badge/", headers)
        if answer is not None:
            self.etag = answer.headers["ETag"] or self.etag

    def write(self, ticket: str, text: str) -> bool:
        """Returns whether the note was taken."""
        headers = {"X-CSRFToken": SECRET, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"kind": "note", "body": text})
        answer = self._ask("note", "POST", f"/tickets/{ticket}/articles/", headers, body)
        return answer is not None and answer.status in (302, 303)

    def _ask(self, what, method, path, headers, body=None):
        began = time.perf_counter()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
            connection.request(method, path, body, self._cookies | headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            self.answers.fail(what, error)
            return None
        self.answers.add(what, answer.status, time.perf_counter() - began)
        return answer


class Steps:
    """Numbers for the notes, and which of them were taken."""

    def __init__(self) -> None:
        self.written: set[int] = set()
        self._next = 0
        self._lock = threading.Lock()

    def write(self, browser: Browser, tickets: list[str]) -> None:
        with self._lock:
            number = self._next
            self._next += 1
        if browser.write(tickets[number % len(tickets)], f"Step {number}"):
            with self._lock:
                self.written.add(number)


@contextmanager
def going_on(acts: list[tuple[float, float, Callable[[], object]]]) -> Iterator[None]:
    """Each (first, every, act) in a thread of its own: after `first` seconds, then `every` so many, for the block."""
    over = threading.Event()

    def keep(first, every, act):
        due = time.monotonic() + first
        while not over.wait(max(0.0, due - time.monotonic())):
            act()
            # Who is late does not make up for it: a browser that waits for its answer asks no second time.
            due = max(due + every, time.monotonic())

    threads = [threading.Thread(target=keep, args=one) for one in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()

"""Measures django-helpdesk by its own views; run by the Python that it is installed for, with PEER_JOB.

Reads one thing to do a line, [name, "seconds" or "statements"], and prints the number.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core import mail  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import override_settings  # noqa: E402
from helpdesk.models import FollowUp  # noqa: E402

from bench.measuring import Side  # noqa: E402
from bench.peer.helpdesk_desk import Desk  # noqa: E402

KEPT = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


class PublicFollowUp:
    """mika answers from the page of a ticket, each time of a new one; the answer comes after the last mail."""

    def __init__(self, desk: Desk, watchers: int, mailers: dict[str, Any] | None = None):
        self.desk, self.watchers = desk, min(watchers, len(desk.watchers))
        self.mailers = mailers or settings.MAILERS
        self.client = desk.client(desk.mika)

    def before(self) -> None:
        mail.outbox = []
        self.ticket = self.desk.ticket(self.watchers)
        self.fields = {
            "comment": settings.JOB["body"],
            "public": "1",
            "new_status": self.ticket.status,
            "title": self.ticket.title,
            "owner": self.ticket.assigned_to_id,
            "priority": self.ticket.priority,
            "queue": self.ticket.queue_id,
            "due_date": "",
        }

    def act(self) -> None:
        with override_settings(MAILERS=self.mailers):
            answer = self.client.post(f"/tickets/{self.ticket.pk}/update/", self.fields)
        assert answer.status_code == 302, answer.status_code  # noqa: S101

    def check(self) -> None:
        """A figure for mails that never left would be a fine one."""
        told = FollowUp.objects.get(ticket=self.ticket).email_recipients
        assert len(told) == self.watchers + 1, len(told)  # noqa: S101  (all in copy, and uma)
        assert len(mail.outbox) == (len(told) if self.mailers is KEPT else 0)  # noqa: S101


class Visit:
    """uma opens a ticket."""

    def __init__(self, desk: Desk, articles: int, watchers: int):
        self.client, self.articles = desk.client(desk.uma), articles
        self.url = f"/tickets/{desk.ticket(watchers, articles).pk}/"

    def before(self) -> None:
        pass

    def act(self) -> None:
        self.answer = self.client.get(self.url)

    def check(self) -> None:
        assert self.answer.status_code == 200, self.answer.status_code  # noqa: S101
        assert self.answer.text.count("What we tried next") == self.articles  # noqa: S101


MEASURES: dict[str, Callable[[Desk], PublicFollowUp | Visit]] = {
    "peer_fanout_1": lambda desk: PublicFollowUp(desk, 1, KEPT),
    "peer_fanout_100": lambda desk: PublicFollowUp(desk, 100, KEPT),
    "peer_fanout_1000": lambda desk: PublicFollowUp(desk, 1_000, KEPT),
    "peer_request_w0": lambda desk: PublicFollowUp(desk, 0),
    "peer_event_to_last_mail_100": lambda desk: PublicFollowUp(desk, 100),
    "peer_event_to_last_mail_1000": lambda desk: PublicFollowUp(desk, 1_000),
    "peer_zoom_10": lambda desk: Visit(desk, 10, 10),
    "peer_zoom_100": lambda desk: Visit(desk, 100, 10),
    "peer_zoom_100_w1000": lambda desk: Visit(desk, 100, 1_000),
}


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    desk = Desk(settings.JOB["watchers"])
    _say({"release": version("django-helpdesk"), "django": django.__version__})
    works: dict[str, PublicFollowUp | Visit] = {}
    for line in sys.stdin:
        name, what = json.loads(line)
        if name not in works:
            works[name] = MEASURES[name](desk)
        work = works[name]
        side = Side(name, work.act, work.before)
        number = side.once() if what == "seconds" else side.statements()
        work.check()
        _say(number)


def _say(something):
    print(json.dumps(something), flush=True)


if __name__ == "__main__":
    main()

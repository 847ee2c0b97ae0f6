"""Mail that is due, sent over SMTP; beside a loop that renders the same templates and sends the same messages."""

import smtplib
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from bench.fanout import dispatch_all
from bench.measuring import Side
from bench.world import BODY, World
from notifications import compose, letters
from notifications.choices import MailState
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, Mail, NotificationFunction
from notifications.recheck import recheck
from opsi.mailers import SMTP_POLICY

# What the templates ask of a group and of an entry.
GROUP = ("ticket", "title", "mute_url", "watch_url")
ENTRY = ("severity", "is_framed", "is_alert", "because", "url", "words", "part")


class Bag:
    """`items` notices for everyone who watches, combined into one mail each, whose windows have just closed."""

    def __init__(self, world: World, items: int):
        self.world, self.items = world, items

    def before(self) -> None:
        Mail.objects.exclude(state=MailState.SENT).update(state=MailState.SENT)
        DeliveryAttempt.objects.all().delete()
        ticket = self.world.ticket(len(self.world.watchers))
        dispatch_all()
        Mail.objects.exclude(state=MailState.SENT).update(state=MailState.SENT)
        for number in range(self.items):
            ticket.note(f"{number}: {BODY}", by=self.world.mika)
        dispatch_all()
        Mail.objects.exclude(state=MailState.SENT).exclude(address="uma@example.com").update(
            closes_at=timezone.now()
        )

    def act(self) -> None:
        sent = 0
        while number := send_due():
            sent += number
        assert sent == len(self.world.watchers), sent  # noqa: S101


class BareBag:
    """What the templates were given for those very mails, as plain values; rendered, built and sent in a loop."""

    def __init__(self, bag: Bag):
        self.bag = bag
        self.sent: list[Given] = []

    def before(self) -> None:
        if not self.sent:
            self.bag.before()
            function, now = NotificationFunction.load(), timezone.now()
            mails = list(Mail.objects.due(now))
            parts = recheck(mails, function, now)
            for mail in mails:
                with recorded() as given:
                    letter = compose.compose(mail, parts[mail.pk], settings.DEFAULT_FROM_EMAIL)
                given.letter = letter.message
                self.sent.append(given)
        Mail.objects.exclude(state=MailState.SENT).update(state=MailState.SENT)

    def act(self) -> None:
        server = urlsplit(_address())
        with smtplib.SMTP(server.hostname or "", server.port or 25) as connection:
            for given in self.sent:
                message = given.message()
                connection.sendmail(
                    message.from_email, message.to, message.message(policy=SMTP_POLICY).as_bytes()
                )


class Given:
    def __init__(self):
        self.calls: list[tuple[str, dict]] = []
        self.letter: EmailMultiAlternatives | None = None

    def message(self) -> EmailMultiAlternatives:
        ready = {}
        for name, context in self.calls:
            if name == "mail.html":
                context = context | {"sections": [ready["section.html"]]}
            with translation.override("en"):
                ready[name] = (
                    letters.render(name, context)
                    if name.endswith(".html")
                    else render_to_string(f"notifications/mail/{name}", context)
                )
        letter = self.letter
        message = EmailMultiAlternatives(
            letter.subject, ready["section.txt"], letter.from_email, letter.to, headers=letter.extra_headers
        )
        message.attach_alternative(ready["mail.html"], "text/html")
        return message


@contextmanager
def recorded():
    """What `compose` gives to its templates meanwhile."""
    given = Given()
    html = letters.render

    def render_html(name, context):
        given.calls.append((name, _plain(context)))
        return html(name, context)

    def render_text(name, context):
        given.calls.append((name.rpartition("/")[2], _plain(context)))
        return render_to_string(name, context)

    with (
        patch.object(compose.letters, "render", render_html),
        patch.object(compose, "render_to_string", render_text),
    ):
        yield given


def _plain(context):
    """`context` with every value that the templates ask for worked out."""
    if "groups" not in context:
        return context
    groups = []
    for group in context["groups"]:
        entries = [_worked_out(entry, ENTRY) for entry in group.entries]
        groups.append(SimpleNamespace(entries=entries, **vars(_worked_out(group, GROUP))))
    return context | {"groups": groups}


def _worked_out(something, names):
    return SimpleNamespace(**{name: getattr(something, name) for name in names})


def _address():
    options = settings.MAILERS["opsi"]["OPTIONS"]
    return f"smtp://{options['host']}:{options['port']}"


def sides(world: World, items: int, name: str, bare: str) -> list[Side]:
    bag = Bag(world, items)
    bare_bag = BareBag(bag)
    return [
        Side(name, bag.act, bag.before, makes=len(world.watchers), bare=bare),
        Side(bare, bare_bag.act, bare_bag.before, makes=len(world.watchers)),
    ]

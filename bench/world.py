"""The people and tickets of the bench, the same in every run: whatever is drawn by lot is drawn from SEED."""

import random

from opsi.models import User
from opsi.roles import AgentRole
from tickets.choices import Channel, SenderType
from tickets.models import Article, Queue, Ticket
from watchers.models import Watcher

SEED = 20260101
WATCHERS = 1_000
TITLE = "Connections drop in Osaka"
BODY = (
    "The gateway in Osaka drops every third connection since the update. We have restarted it twice, "
    "see https://status.example.com/incidents/1234 for what the provider says.\n\n"
    "ルーターを再起動しましたが、症状は変わりません。\n\nPlease look at the log that I attached to the first message."
)


class World:
    """A service desk: mika, who writes; uma, who reads; and 1,000 agents who watch."""

    def __init__(self, watchers: int = WATCHERS):
        self.lot = random.Random(SEED)  # noqa: S311  (nothing to guess)
        self.queue = Queue.objects.create(name="Service desk")
        self.queue.grant_shipped()
        self.mika, self.uma, *self.watchers = User.objects.bulk_create(
            [agent("mika", AgentRole.MANAGER), agent("uma")]
            + [agent(f"agent{number:04}") for number in range(watchers)]
        )

    def ticket(self, watchers: int, articles: int = 1) -> Ticket:
        """A ticket of mika's with so many watchers and articles."""
        ticket = Ticket.objects.register(
            by=self.mika, title=TITLE, queue=self.queue, owner=self.uma, body=BODY
        )
        Watcher.objects.bulk_create(
            Watcher(ticket=ticket, user=one, added_by=self.mika) for one in self.watchers[:watchers]
        )
        Article.objects.bulk_create(
            Article(
                ticket=ticket,
                number=number,
                author=self.mika if number % 2 else self.uma,
                from_address="mika@example.com",
                sender_type=SenderType.AGENT,
                channel=Channel.NOTE if number % 2 else Channel.EMAIL,
                subject=f"What we tried next ({number})",
                body=BODY,
                visible_for_customer=number % 3 == 0,
            )
            for number in range(2, articles + 1)
        )
        return ticket


def agent(login, role=AgentRole.USER):
    return User(
        username=login,
        full_name=login.capitalize(),
        email=f"{login}@example.com",
        agent_role=role,
        effective_role=role,
        password="!",  # noqa: S106  (nobody signs in by password)
    )

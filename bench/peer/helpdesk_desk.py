"""The world of bench/world.py once more, as django-helpdesk has it: watchers are CCs, articles are follow-ups."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from helpdesk.models import FollowUp, Queue, Ticket, TicketCC, UserSettings


class Desk:
    """mika, who writes; uma, who owns the tickets and reads; and agents who are in copy."""

    def __init__(self, watchers: int):
        self.queue = Queue.objects.create(
            title="Service desk",
            slug="desk",
            email_address="desk@example.com",
            enable_notifications_on_email_events=True,  # without, nobody in copy is told
        )
        self.mika, self.uma, *self.watchers = User.objects.bulk_create(
            [_agent("mika"), _agent("uma")] + [_agent(f"agent{number:04}") for number in range(watchers)]
        )
        # As its signal makes them, which bulk_create does not send.
        UserSettings.objects.bulk_create(
            UserSettings(user=one) for one in [self.mika, self.uma, *self.watchers]
        )

    def client(self, user: User) -> Client:
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        return client

    def ticket(self, watchers: int, articles: int = 0) -> Ticket:
        """A ticket of uma's with so many agents in copy and so many follow-ups."""
        now = timezone.now()
        ticket = Ticket.objects.create(
            title=settings.JOB["title"],
            queue=self.queue,
            assigned_to=self.uma,
            submitter_email=self.mika.email,
            description=settings.JOB["body"],
        )
        TicketCC.objects.bulk_create(TicketCC(ticket=ticket, user=one) for one in self.watchers[:watchers])
        FollowUp.objects.bulk_create(
            FollowUp(
                ticket=ticket,
                date=now - timedelta(minutes=articles - number),
                title=f"What we tried next ({number})",
                comment=settings.JOB["body"],
                public=number % 3 == 0,
                user=self.mika if number % 2 else self.uma,
            )
            for number in range(articles)
        )
        return ticket


def _agent(login):
    return User(username=login, email=f"{login}@example.com", is_staff=True, password="!")  # noqa: S106

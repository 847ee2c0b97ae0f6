"""`manage.py demo`: fills an empty database with people, queues and tickets to try the product with (docs/demo.md)."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from notifications.demo import threads
from notifications.demo.people import PASSWORD, PEOPLE, settle
from notifications.demo.script import read_stories
from notifications.demo.stage import Stage
from opsi.models import Customer, User
from tickets.due import let_pass
from tickets.models import Article, Ticket

QUIET_AFTERWARDS = datetime.timedelta(hours=1)


class Command(BaseCommand):
    help = "Loads the demo data into an empty database: people, queues, tickets. Nobody is notified of any of it."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if (
            User.objects.filter(is_system=False).exists()
            or Customer.objects.exists()
            or Ticket.objects.exists()
        ):
            raise CommandError(
                "The demo data goes into an empty database only, and this one has data already."
            )
        now = timezone.now()
        # What is written must not depend on the language of whoever runs the command.
        with translation.override("en"), ThreadPoolExecutor(1) as beside:
            # Hashing is slow on purpose: nine people with one password need it once, and nobody waits for it.
            password = beside.submit(make_password, PASSWORD)
            settle()
            Stage(now).play([*read_stories(now), *threads.stories(now)])
            # Nobody is to find a hundred escalations, nor have them come in while they look around for the first time.
            let_pass(now + QUIET_AFTERWARDS)
            User.objects.filter(username__in=PEOPLE).update(password=password.result())
        if options["verbosity"]:
            self.stdout.write(
                f"{Ticket.objects.count()} tickets with {Article.objects.count()} articles are there. "
                f"Sign in as {', '.join(PEOPLE)} with the password {PASSWORD!r}."
            )

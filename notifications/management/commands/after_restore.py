"""`manage.py after_restore`: between restoring a backup and starting web and workers (docs/operations.md, Backup)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.restoring import catch_up, hold_back


class Command(BaseCommand):
    help = (
        "Catches up with what was due since the backup, and decides about the mail that may have been sent since."
        " Run it before web and workers start."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument(
            "--send", action="store_true", help="such mail goes out, perhaps a second time: nothing is lost"
        )
        choice.add_argument(
            "--hold",
            action="store_true",
            help="such mail is held back as failed in the delivery log, where an administrator sends it by choice",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        mails = catch_up()
        if options["hold"]:
            self.stdout.write(f"{hold_back(mails)} mails that may have been sent already are held back.")
        else:
            self.stdout.write(f"{len(mails)} mails that may have been sent already are sent.")

"""`manage.py rotate_secrets`: after a change of OPSI_SECRET_KEY, before its fallback is dropped (docs/security.md)."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsi import secrets


class Command(BaseCommand):
    help = "Encrypts every stored secret with the current OPSI_SECRET_KEY. Safe to run twice, and while people work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        counted: Counter[str] = Counter()
        for rotated in secrets.rotate(dry_run=dry_run):
            counted[rotated.outcome] += 1
            if rotated.outcome in (secrets.UNREADABLE, secrets.CHANGED):
                self.stderr.write(f"{rotated.name}: {rotated.outcome}")
        done = "would be encrypted anew" if dry_run else "encrypted anew"
        self.stdout.write(
            f"{counted[secrets.DONE]} {done}, {counted[secrets.CURRENT]} with the current key already,"
            f" {counted[secrets.UNREADABLE]} unreadable."
        )
        if counted[secrets.CHANGED]:
            raise CommandError(
                "Some secrets were entered anew meanwhile: start again to see that none is left."
            )
        if counted[secrets.UNREADABLE]:
            raise CommandError(
                "What is unreadable was left as it is. Add the key it was saved under to OPSI_SECRET_KEY_FALLBACKS and"
                " start again, or enter it anew in the admin."
            )

"""`manage.py backup FOLDER`: what is on SQLite, copied while it runs (docs/operations.md, Backup)."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection


class Command(BaseCommand):
    help = "Copies database, attachments and secret key to a new folder, which is a data dir of its own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="it must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("This database is copied by pg_dump: see “Backup” in docs/operations.md.")
        folder = options["folder"].expanduser().absolute()
        # Under another name until it is whole, so that nobody takes a half for a backup.
        unfinished = folder.with_name(f".{folder.name}.unfinished")
        try:
            if folder.exists():
                raise CommandError(f"{folder} exists already.")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700, parents=True)
            # The database first: attachments are stored before their rows and never deleted, so none is missing then.
            self._copy_database(unfinished / "opsi.sqlite3")
            self._copy_files(unfinished)
            unfinished.rename(folder)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise CommandError(f"The backup failed: {error}") from error
        if options["verbosity"]:
            self.stdout.write(
                f"{folder} is a whole backup. It holds secrets: keep it where nobody else reads."
            )

    def _copy_database(self, copy: Path) -> None:
        try:
            with (
                closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                # One transaction's view of it; in WAL mode nobody waits for that.
                source.backup(target)
                [verdict] = target.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            raise CommandError(f"The database cannot be copied: {error}.") from error
        if verdict != "ok":
            raise CommandError(f"The database is damaged: {verdict}.")
        copy.chmod(0o600)

    def _copy_files(self, folder: Path) -> None:
        media, secret = Path(settings.MEDIA_ROOT), settings.OPSI_DATA_DIR / "secret_key"
        if media.exists():
            shutil.copytree(media, folder / "media")
        if secret.exists():
            shutil.copy2(secret, folder / secret.name)

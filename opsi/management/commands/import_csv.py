"""`manage.py import_csv customers|people|queues FILE [--dry-run]`: what the import's page does (docs/first-hour.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsi.importing import telling
from opsi.importing.kinds import kinds
from opsi.importing.reading import LARGEST, MOST_LINES_OF_COMMAND, too_large
from opsi.importing.running import Report, dry_run, run


class Command(BaseCommand):
    help = "Imports customers, people or queues from a CSV file: all of it, or nothing if a line is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(kinds))
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what each line would do, and change nothing"
        )
        parser.add_argument(
            "--switch-customers",
            action="store_true",
            help="switch people to another customer although that ends what they watch",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kind, data = kinds[options["kind"]], self._data(options["file"])
        most = MOST_LINES_OF_COMMAND
        if options["dry_run"]:
            report = dry_run(kind, data, most_lines=most)
        else:
            report = run(kind, data, confirmed=options["switch_customers"], most_lines=most)
        self._tell(report)
        if report.is_wrong:
            raise CommandError(f"Nothing was imported: {telling.counts(report) or 'the file is refused'}.")
        if not options["dry_run"] and not report.is_imported:
            raise CommandError(
                "Nothing was imported: a switch of customers ends watches; see --switch-customers."
            )
        self.stdout.write(
            f"{'Imported' if report.is_imported else 'Would import'}: {telling.counts(report)}."
        )

    def _data(self, file: Path) -> bytes:
        try:
            with file.open("rb") as opened:
                data = opened.read(LARGEST + 1)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from error
        if len(data) > LARGEST:
            raise CommandError(too_large())
        return data

    def _tell(self, report: Report) -> None:
        """A line for each column of each line of the file; terminals get no control characters of somebody else's."""
        out = self.stderr if report.is_wrong else self.stdout
        for problem in report.problems:
            out.write(_printed(problem))
        for line in report.lines:
            if report.is_wrong and not line.problems:
                continue
            begins = f"Line {line.number}, {line.name or '–'}: {line.standing.label}"
            said = [f"{column}: {old or '–'} → {new or '–'}" for column, old, new in line.changes]
            if line.problems:
                said = [f"{column}: {reason}" if column else reason for column, reason in line.problems]
            out.write(_printed("; ".join([begins, *said, *line.notes, *filter(None, [line.ends])])))


def _printed(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)

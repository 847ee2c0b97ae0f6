"""`manage.py doctor`: what is wrong with this installation and what to do, a line each (docs/operations.md)."""

import json
import sys
from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from opsi.doctor import Asked, Finding, Verdict, examine


class Command(BaseCommand):
    help = "Says what is wrong with this installation, and what to do. Exit status 1 where something is bad."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mail-to", metavar="ADDRESS", default="", help="send a test mail there, too")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine(Asked(mail_to=_checked(options["mail_to"]))):
            findings.append(finding)
            if not options["json"]:
                self._say(finding)
        counts = Counter(finding.verdict for finding in findings)
        if options["json"]:
            found = [finding._asdict() for finding in findings]
            self.stdout.write(
                json.dumps({"well": not counts[Verdict.BAD], "findings": found}, ensure_ascii=False)
            )
        else:
            self.stdout.write(f"\n{counts[Verdict.BAD]} bad, {counts[Verdict.WARNING]} to think about.")
        if counts[Verdict.BAD]:
            sys.exit(1)

    def _say(self, finding: Finding) -> None:
        styles = {
            Verdict.OK: self.style.SUCCESS,
            Verdict.WARNING: self.style.WARNING,
            Verdict.BAD: self.style.ERROR,
        }
        self.stdout.write(
            f"{styles[finding.verdict](f'{finding.verdict:<8}')} {finding.part:<15} {finding.words}"
        )
        self.stdout.flush()


def _checked(address: str) -> str:
    try:
        if address:
            validate_email(address)
    except ValidationError:
        raise CommandError(f"--mail-to is {address!r}, but must be a mail address.") from None
    return address

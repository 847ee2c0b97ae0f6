"""`manage.py settings_page`: docs/settings.md as the code says, on stdout or, with `--write`, in its place."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from opsi.setting_table import SECTIONS, Setting

PAGE = settings.BASE_DIR / "docs" / "settings.md"
HEAD = """# Settings

What an installation is told by environment variables. A wrong value stops the start with one sentence. Empty counts as
unset, and blanks around a value do not count. `manage.py doctor` names variables that are set but are no settings
([operations](operations.md#what-is-wrong-managepy-doctor)).

Made of [opsi/setting_table.py](../opsi/setting_table.py) by `manage.py settings_page --write`.
"""


class Command(BaseCommand):
    help = "Prints docs/settings.md as the code says; --write puts it there."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="bring docs/settings.md up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            PAGE.write_text(page())
        else:
            self.stdout.write(page(), ending="")


def page() -> str:
    return HEAD + "".join(
        f"\n## {heading}\n\n" + "".join(f"{line}\n" for line in _table(of_section))
        for heading, of_section in SECTIONS.items()
    )


def _table(of_section: tuple[Setting, ...]) -> Iterator[str]:
    yield "| variable | default | meaning | example |"
    yield "|---|---|---|---|"
    for one in of_section:
        default = f"`{one.default}`" if one.default else one.unset
        yield f"| `{one.name}` | {default} | {one.meaning} | `{one.example}` |"

"""docs/notifications.md names every event, recipient kind, tag and shipped definition there is."""

from pathlib import Path

import pytest

from notifications import recipients
from notifications.shipped import SHIPPED
from notifications.tags import all_tags
from tickets import events

TEXT = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
ROWS = [
    *(f"| `{event.name}` | {event.label} |" for event in events.all_types()),
    *(f"| `{kind.name}` | {kind.label} |" for kind in recipients.all_kinds()),
    *(f"| `{{{{{tag.name}}}}}` | {tag.label} |" for tag in all_tags()),
    *(f"| {one['name']} | {', '.join(one['events'])} | {', '.join(one['recipients'])} |" for one in SHIPPED),
]


@pytest.mark.parametrize("row", ROWS)
def test_it_stands_in_the_tables(row):
    assert row in TEXT


def test_nothing_else_does():
    lines = [line for line in TEXT.split("## Events")[1].splitlines() if line.startswith("| ")]
    assert len(lines) == len(ROWS) + 4  # and the heads of the four tables

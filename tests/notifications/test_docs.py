"""The tables of docs/notifications.md say what the registries say. To have them written anew:

OPSI_RENEW_DOCS=1 bin/test tests/notifications/test_docs.py
"""

import os
import re
from pathlib import Path

import pytest

from notifications import channels, recipients
from notifications.drafts import KEYS
from notifications.shipped import SHIPPED
from notifications.tags import all_tags
from tickets import events

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "notifications.md"
RENEW = bool(os.environ.get("OPSI_RENEW_DOCS"))
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def table(*rows):
    head, *others = [f"| {' | '.join(row)} |".replace("|  |", "|  |") for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *others]) + "\n"


TABLES = {
    "Events": table(
        ("event", "shown as", "article", "old → new"),
        *(
            (
                f"`{event.name}`",
                str(event.label),
                "yes" if event.has_article else "",
                f"`{event.field}`" if event.field else "",
            )
            for event in events.all_types()
        ),
    ),
    "Recipients": table(
        ("kind", "shown as"), *((f"`{kind.name}`", str(kind.label)) for kind in recipients.all_kinds())
    ),
    "Channels": table(
        ("channel", "shown as", "goes to"),
        *(
            (f"`{channel.name}`", str(channel.label), "an address" if channel.is_mail else "a person")
            for channel in channels.all_channels()
        ),
    ),
    "Tags": table(
        ("tag", "what it says"), *((f"`{{{{{tag.name}}}}}`", str(tag.label)) for tag in all_tags())
    ),
    "Shipped definitions": table(
        ("notification", "events", "recipients"),
        *((str(one["name"]), ", ".join(one["events"]), ", ".join(one["recipients"])) for one in SHIPPED),
    ),
}


def place_of(heading, text):
    """Where the table under `heading` begins and ends."""
    found = TABLE.search(text, text.index(f"\n## {heading}\n"))
    assert found
    return found.span()


@pytest.mark.parametrize("heading", TABLES)
def test_the_table_says_what_the_registry_says(heading):
    text = PAGE.read_text()
    begins, ends = place_of(heading, text)
    if RENEW:
        PAGE.write_text(text[:begins] + TABLES[heading] + text[ends:])
        text = PAGE.read_text()
        begins, ends = place_of(heading, text)
    assert text[begins:ends] == TABLES[heading]


def test_every_key_of_the_file_is_explained():
    text = (DOCS / "definitions.md").read_text()
    assert [key for key in KEYS if f"`{key}`" not in text] == []

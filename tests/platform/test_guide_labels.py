"""The guides name what stands on the screen, and each says in Japanese what it says in English.

Bold there means: this is written so on the screen. So nothing else is bold, every bold label is in the catalogue, and
the Japanese page has its translation in the same section.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import polib
import pytest
from django.conf import settings

pytestmark = pytest.mark.once  # asks no database

GUIDES = settings.BASE_DIR / "docs/guide"
READERS = ["agent", "customer"]
HEADING = re.compile(r"(#+) (.+)")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)]+)\)")


@dataclass
class Section:
    level: int
    heading: str
    text: str = ""

    @property
    def labels(self) -> set[str]:
        return {" ".join(label.split()) for label in BOLD.findall(self.text)}

    @property
    def links(self) -> list[str]:
        return LINK.findall(self.text)


def sections_of(page: Path) -> list[Section]:
    found: list[Section] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            found.append(Section(len(heading[1]), heading[2]))
        else:
            found[-1].text += line + "\n"
    return found


def pairs_of(reader: str):
    """(English, Japanese) of each section."""
    pages = GUIDES / f"{reader}.md", GUIDES / f"ja/{reader}.md"
    return zip(*map(sections_of, pages), strict=True)


def targets(section: Section, folder: Path) -> list[Path | None]:
    """The files its links lead to, None for another part of the page itself."""
    files = [link.partition("#")[0] for link in section.links]
    return [(folder / file).resolve() if file else None for file in files]


@pytest.fixture(scope="module")
def translations():
    """{English: what it may read in Japanese}; one text may have several by its context."""
    found = defaultdict(set)
    for entry in polib.pofile(str(settings.BASE_DIR / "locale/ja/LC_MESSAGES/django.po")):
        if not entry.obsolete:
            found[entry.msgid].add(entry.msgstr or entry.msgstr_plural[0])
    return dict(found)


@pytest.mark.parametrize("reader", READERS)
def test_the_japanese_page_has_the_same_sections(reader):
    for english, japanese in pairs_of(reader):
        assert english.level == japanese.level, japanese.heading


@pytest.mark.parametrize("reader", READERS)
def test_the_japanese_page_has_the_same_links_and_pictures(reader):
    for english, japanese in pairs_of(reader):
        assert targets(japanese, GUIDES / "ja") == targets(english, GUIDES), japanese.heading


@pytest.mark.parametrize("reader", READERS)
def test_every_bold_label_is_on_the_screen(reader, translations):
    labels = {label for one in sections_of(GUIDES / f"{reader}.md") for label in one.labels}
    assert len(labels) > 50
    assert sorted(labels - translations.keys()) == []


@pytest.mark.parametrize("reader", READERS)
def test_the_japanese_page_names_the_same_labels_section_by_section(reader, translations):
    for english, japanese in pairs_of(reader):
        expected = [translations[label] for label in english.labels]
        assert sorted(japanese.labels - set().union(*expected)) == [], japanese.heading
        left_out = [sorted(words) for words in expected if words.isdisjoint(japanese.labels)]
        assert left_out == [], japanese.heading

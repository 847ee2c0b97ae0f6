"""The Japanese catalogue is whole, keeps every placeholder, and its compiled file is the one that is read."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation import gettext, ngettext, override

FOLDER = Path(settings.LOCALE_PATHS[0]) / "ja" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%?[sd]|\{\w*\}|</?\w+")


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(FOLDER / "django.po"))


def texts(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_everything_is_translated(catalogue):
    missing = [
        entry.msgid
        for entry in catalogue
        if entry.fuzzy or entry.obsolete or not all(map(str.strip, texts(entry)))
    ]
    assert missing == []


def test_every_placeholder_is_kept(catalogue):
    wrong = [
        entry.msgid
        for entry in catalogue
        for text in texts(entry)
        if sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(text))
        and sorted(PLACEHOLDER.findall(entry.msgid_plural)) != sorted(PLACEHOLDER.findall(text))
    ]
    assert wrong == []


def test_the_compiled_file_says_the_same(catalogue):
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    assert {(entry.msgctxt, entry.msgid): texts(entry) for entry in compiled} == {
        (entry.msgctxt, entry.msgid): texts(entry) for entry in catalogue
    }, "run bin/messages --compile"


def test_pages_find_it():
    with override("ja"):
        assert gettext("Watch") == "ウォッチ"
        assert ngettext("%(count)s unread", "%(count)s unread", 3) % {"count": 3} == "未読 3 件"

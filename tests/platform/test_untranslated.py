"""No page shows a word that no catalogue can translate: every page is asked for in a language that marks its texts.

`test_extraction` finds texts that were marked for translation and left out of the catalogue; this finds those that
nobody marked. What a text's translation gives stands between ⟦ and ⟧. Whatever letters are left on a page then, once
people's own words (any value of the database) are taken out, were written for one language alone.
"""

import re
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.conf import settings as project
from django.test import Client
from django.utils import translation

from opsi import help
from tests.platform import access_world
from tests.platform.access_requests import address
from tests.platform.access_table import TABLES, rows_of

pytestmark = [pytest.mark.timeout(300), pytest.mark.once]

SAID = ("title", "aria-label", "aria-roledescription", "placeholder", "alt", "label", "data-failed")
OF_DOCS = "of-docs"  # what stands in docs/ has a language of its own
SILENT = {"script", "style", "template", "code", "kbd", "pre", "iframe", OF_DOCS}
NAMES = re.compile(
    # What Django and django-axes write in English alone: what a picture says, how a row is called.
    r"True|False|None|Axes|Attempted Access: [\d :.+-]+"
    # The same in every language.
    r"|Ops I|Django|Ticket#|SMTPS?|STARTTLS|OAuth2?|XOAUTH2|TLS|YAML|CSV|HTML|URL|UTC|QR|PDF|SLA|English|日本語"
    r"|[A-Z]\w+/[A-Z][\w/+ -]+"  # time zones
    r"|[0-9a-f]{8}(-[0-9a-f]{4,12}){4}|locmem"
    r"|[\w.+-]+@[\w.-]+|https?://\S+|\{\{[^}]*\}\}|OPSI_\w+|\b[a-z]+(_[a-z]+)+\b|\b(kB|KB|MB|GB)\b"
)
TAG = re.compile(r"\{\{[^}]*\}\}")  # of a ticket notification's text
LETTERS = re.compile(r"[^\W\d_]{2,}")
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")


class Words(HTMLParser):
    """(where, text) of everything a page says, seen or read out, outside of what its translations give."""

    def __init__(self, html):
        super().__init__()
        # A translation may hold elements, so its end may stand in another one than its beginning.
        self.path, self.found, self.depth = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in {"meta", "link", "input", "br", "img", "hr", "col", "source", "wbr", "path", "use"}:
            self.path.append(self._kind(tag, given))
        for name in SAID:
            if given.get(name) and OF_DOCS not in self.path:
                self.found.append((f"{tag}[{name}]", given[name]))
        if tag == "input" and given.get("type") in {"submit", "button", "reset"} and given.get("value"):
            self.found.append(("input[value]", given["value"]))

    def _kind(self, tag, given):
        classes = (given.get("class") or "").split()
        return "code" if "avatar" in classes else OF_DOCS if OF_DOCS in classes else tag

    def handle_endtag(self, tag):
        if self.path:
            self.path.pop()

    def handle_data(self, text):
        if SILENT.intersection(self.path):
            return
        outside = ""
        for character in text:
            self.depth += (character == "⟦") - (character == "⟧")
            outside += character if not self.depth and character != "⟧" else " "
        if outside.strip():
            self.found.append((" > ".join(self.path[-2:]), " ".join(outside.split())))


@pytest.fixture
def marked(monkeypatch):
    """Every translated text stands between ⟦ and ⟧."""
    real = translation._trans
    mark = "⟦{}⟧".format
    monkeypatch.setattr(real, "gettext", lambda text: mark(text) if text else text, raising=False)
    monkeypatch.setattr(real, "pgettext", lambda context, text: mark(text), raising=False)
    monkeypatch.setattr(real, "ngettext", lambda one, many, n: mark(one if n == 1 else many), raising=False)
    monkeypatch.setattr(
        real, "npgettext", lambda context, one, many, n: mark(one if n == 1 else many), raising=False
    )


def own_words():
    """Every text that somebody wrote, longest first: as one expression."""
    found = set()
    for model in apps.get_models():
        for row in model._default_manager.values():
            found.update(texts_in(row.values()))
    found.update(help.library(project.OPSI_DOCS_DIR).titles.values())
    words = {" ".join(text.split()) for text in found if LETTERS.search(text)}
    # Whole words alone: a short one in a longer would hide it.
    by_length = sorted(words, key=len, reverse=True)
    return re.compile(
        "|".join(rf"{_edge(word[0], '<')}{re.escape(word)}{_edge(word[-1], '')}" for word in by_length)
    )


def _edge(character, before):
    return rf"(?{before}!\w)" if character.isalnum() else ""


def texts_in(values):
    for value in values:
        if isinstance(value, str):
            yield value
            for line in value.splitlines():
                yield from TAG.split(line)
        elif isinstance(value, dict):
            yield from texts_in([*value, *value.values()])
        elif isinstance(value, list | tuple):
            yield from texts_in(value)


def left_over(text, own):
    while INNERMOST.search(text):
        text = INNERMOST.sub(" ", text)
    return LETTERS.search(NAMES.sub(" ", own.sub(" ", text)))


@pytest.mark.parametrize("table", TABLES)
def test_every_word_of_every_page_can_be_translated(
    table, everyone, acme, borealis, service_desk, settings, tmp_path, marked
):
    settings.MEDIA_ROOT = tmp_path
    world = access_world.build(everyone, acme, borealis, service_desk)
    own, found, pages = own_words(), {}, 0
    clients = {login: Client() for login in ("ada", "uma", "cora")}
    for login, client in clients.items():
        client.force_login(everyone[login])
    for row in rows_of(TABLES[table]):
        for login, client in clients.items():
            if row.method != "GET" or row.cells[login] != "200" or row.route.endswith("/formatted/"):
                continue
            answer = client.get(address(world, row))
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            pages += 1
            for where, text in Words(answer.content.decode()).found:
                if left_over(text, own):
                    found.setdefault((where, text), f"{row.route} ({row.what}) as {login}")
    assert pages > 10
    assert not found, "\n" + "\n".join(f"{place}: {where}: {text}" for (where, text), place in found.items())


def test_it_sees_a_word_nobody_marked(marked):
    own = re.compile("Toner")
    assert left_over("Save", own)
    assert left_over("⟦%(name)s watches ⟦Toner⟧⟧ now", own)
    assert not left_over("⟦Save ⟦it⟧⟧ Toner 12", own)
    html = '<p title="Close">⟦x⟧</p><script>var a</script><input type="submit" value="Go">'
    assert Words(html).found == [("p[title]", "Close"), ("input[value]", "Go")]
    assert Words("<p>⟦Since <b>now</b>, it⟧ is</p>").found == [("p", "is")]

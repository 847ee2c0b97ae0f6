"""Every text of code and templates is in the Japanese catalogue: none can be added and forgotten."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("opsi", "tickets", "watchers", "notifications")
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
# What `templatize` makes of a template's tags: calls in a text that is no Python otherwise.
IN_TEMPLATE = re.compile(
    r"""(?<![\w.])(n?p?gettext|_)\(\s*((?:u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\s*,?\s*)+)"""
)


def in_python(source):
    """(context, text) of each call that is given texts as they stand."""
    for call in ast.walk(ast.parse(source)):
        name = getattr(getattr(call, "func", None), "id", None) or getattr(
            getattr(call, "func", None), "attr", None
        )
        if isinstance(call, ast.Call) and name in CALLS:
            texts = [
                one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            yield from of_call(name, texts)


def in_template(source):
    for name, arguments in IN_TEMPLATE.findall(templatize(source)):
        yield from of_call(name, list(ast.literal_eval(f"({arguments.rstrip().rstrip(',')},)")))


def of_call(name, texts):
    if "pgettext" in name and len(texts) > 1:
        yield texts[0], texts[1]
    elif texts:
        yield None, texts[0]


@pytest.fixture(scope="module")
def known():
    catalogue = polib.pofile(str(PROJECT / "locale/ja/LC_MESSAGES/django.po"))
    return {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}


def missing(files, extract, known):
    return {
        f"{file.relative_to(PROJECT)}: {text}"
        for file in files
        for context, text in extract(file.read_text())
        if text and (context, text) not in known
    }


def test_of_the_code(known):
    files = [file for app in APPS for file in (PROJECT / app).rglob("*.py") if "migrations" not in file.parts]
    assert len(files) > 100
    assert missing(files, in_python, known) == set(), "run bin/messages and translate"


def test_of_the_templates(known):
    files = [file for file in (PROJECT / "templates").rglob("*") if file.suffix in {".html", ".txt"}]
    assert len(files) > 50
    assert missing(files, in_template, known) == set(), "run bin/messages and translate"


def test_it_sees_every_kind_of_call():
    python = 'x = _("one" " two"), ngettext("a", "b", n), pgettext("month", "May"), other("no"), _(variable)'
    assert set(in_python(python)) == {(None, "one two"), (None, "a"), ("month", "May")}
    template = (
        '{% load i18n %}{% translate "One" %}{% translate \'It is "so"\' as x %}{{ _("Two") }}'
        "{% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
        '{% translate "May" context "month" %}'
    )
    found = set(in_template(template))
    assert found >= {(None, "One"), (None, "%(n)s row"), ("month", "May")}

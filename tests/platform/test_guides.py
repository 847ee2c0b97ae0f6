"""What the guides and the decisions name is there; their links are followed in test_help.py."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from opsi.setting_table import SETTINGS

pytestmark = pytest.mark.once  # asks no database

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
OPERATOR = (DOCS / "guide" / "operator.md").read_text()
MOST_LINES = 45
SAID = ["To decide", "Decided", "Why", "Given up", "In the code"]

FOLDERS = "opsi|tickets|watchers|notifications|templates|static|tests|bench|deploy"
NAMED_FILE = re.compile(rf"`((?:{FOLDERS})/[\w./-]*|[\w-]+\.toml)`")
NAMES_OF_FILE = re.compile(r"`([\w/]+\.py)`\s+\((`\w+`(?:,\s+`\w+`)*)\)")
NAME_IN_FILE = re.compile(r"`(\w+)`\s+in\s+`([\w/]+\.py)`")
COMMAND = re.compile(r"(?:\bmanage|manage\.py|opsi-manage|bin/manage) ([a-z_]+)")
METRIC = re.compile(r"\bopsi_[a-z0-9_]+")
LABELLED = re.compile(r'\b(opsi_[a-z0-9_]+)\{(\w+)="(\w+)"\}')


def told(document):
    return document.read_text()


def named(document):
    return document.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("document", DECISIONS, ids=named)
def test_a_decision_is_short_and_says_what_was_given_up(document):
    text = told(document)
    assert len(text.splitlines()) <= MOST_LINES
    assert re.findall(r"^\*\*([\w ]+)\.\*\*", text, re.MULTILINE) == SAID
    assert text.startswith(f"# {document.name[:2]} ")


@pytest.mark.parametrize("document", DECISIONS, ids=named)
def test_the_files_that_a_decision_names_are_there(document):
    files = NAMED_FILE.findall(told(document))
    assert len(files) >= 3
    assert [file for file in files if not (PROJECT / file).exists()] == []


@pytest.mark.parametrize("document", DECISIONS, ids=named)
def test_what_a_decision_names_in_a_file_is_in_it(document):
    text = told(document)
    pairs = [
        (file, name) for file, names in NAMES_OF_FILE.findall(text) for name in re.findall(r"\w+", names)
    ]
    pairs += [(file, name) for name, file in NAME_IN_FILE.findall(text)]
    assert [(file, name) for file, name in pairs if not is_in(PROJECT / file, name)] == []


def is_in(file, name):
    return bool(re.search(rf"\b{name}\b", file.read_text()))


def test_the_list_of_decisions_has_each_once_with_its_title():
    row = re.compile(r"^\| (\d\d) \| \[(.+)\]\((.+)\) \|$", re.MULTILINE)
    listed = row.findall(told(DOCS / "decisions" / "README.md"))
    titles = [
        told(document).splitlines()[0].removeprefix(f"# {document.name[:2]} ") for document in DECISIONS
    ]
    there = [
        (document.name[:2], title, document.name) for document, title in zip(DECISIONS, titles, strict=True)
    ]
    assert listed == there
    assert [number for number, _title, _page in there] == [f"{n:02}" for n in range(1, len(there) + 1)]


def texts_in(file):
    tree = ast.parse(file.read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_metrics_of_the_operators_guide_are_measured():
    known = texts_in(PROJECT / "notifications" / "metrics.py")
    # Every one of them is worth a look, and none is made up.
    assert set(METRIC.findall(OPERATOR)) == {text for text in known if METRIC.fullmatch(text)}
    labelled = LABELLED.findall(OPERATOR)
    assert len(labelled) > 5
    assert [one for one in labelled if not known.issuperset(one)] == []


def test_its_rules_are_rules():
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", OPERATOR, re.DOTALL)]
    [rules] = [group["rules"] for block in blocks for group in block.get("groups", ())]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 5
    assert all(METRIC.search(rule["expr"]) for rule in rules)


def test_the_commands_and_settings_of_the_guides_are_there():
    for document in (DOCS / "guide").glob("*.md"):
        text = told(document)
        assert set(COMMAND.findall(text)) <= get_commands().keys(), document.name
        assert set(re.findall(r"\bOPSI_[A-Z_]*[A-Z]\b", text)) <= SETTINGS.keys(), document.name
    assert {"doctor", "after_restore", "rotate_secrets"} <= set(COMMAND.findall(OPERATOR))

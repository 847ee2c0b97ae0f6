"""Rules of the whole house that tools check, run with the tests so that nobody forgets them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once  # asks no database

PROJECT = Path(__file__).resolve().parents[2]


def lint_imports(folder):
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_imports_point_down():
    done = lint_imports(PROJECT)
    assert done.returncode == 0, done.stdout


def test_an_import_that_points_up_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text())
    for package in ("opsi", "tickets", "watchers", "notifications"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "opsi" / "urls.py").write_text("import notifications\n")
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / "tickets" / "events.py").write_text("def late():\n    import watchers\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "tickets is not allowed to import watchers" in done.stdout


def test_the_tests_that_the_docs_name_are_there():
    """A table of what is tested is true only as long as its tests are."""
    named = {
        found
        for page in (PROJECT / "docs").rglob("*.md")
        for found in re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", page.read_text())
    }
    assert len(named) > 40
    assert sorted((file, test) for file, test in named if test not in _tests_of(PROJECT / file)) == []


def _tests_of(file):
    """The names of its tests and of its classes, a class's tests after the class's name."""
    if not file.is_file():
        return set()
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


def test_what_belongs_together_runs_in_one_process(tmp_path):
    """What starts servers does so once, and tests that go on from each other meet (xdist's groups)."""
    (tmp_path / "test_four.py").write_text(
        "import pytest\n"
        "@pytest.mark.xdist_group('one')\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_four(number, worker_id):\n"
        "    open(worker_id, 'a')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len(list(tmp_path.glob("gw*"))) == 1

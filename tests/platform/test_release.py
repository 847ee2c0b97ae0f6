"""One version, and what is written about it: CHANGELOG.md, LICENSE, and who is shown which one runs."""

import datetime
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import pytest

from opsi import __version__
from opsi.doctor import Asked, surroundings
from tests.deployed import DEPLOY, PROJECT, WRITTEN, containerfile, run

once = pytest.mark.once  # asks no database
# https://semver.org, "Is there a suggested regular expression": without build metadata, which tell no versions apart.
NUMBER = r"(?:0|[1-9]\d*)"
SEMANTIC = rf"{NUMBER}\.{NUMBER}\.{NUMBER}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
FOOT = f"Ops I {__version__}"


def project():
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())


def entries():
    """[(version, day)] of the changelog, as it stands there."""
    headings = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(), re.M)
    found = [re.fullmatch(rf"\[({SEMANTIC})\] - (\d{{4}}-\d\d-\d\d)", heading) for heading in headings]
    assert all(found), headings
    return [(one[1], datetime.date.fromisoformat(one[2])) for one in found]


@once
class TestTheVersion:
    def test_it_is_a_semantic_one(self):
        assert re.fullmatch(SEMANTIC, __version__)

    def test_it_stands_in_one_place_and_in_the_changelog(self):
        tracked = run("git", "ls-files", "-z", cwd=PROJECT).split("\0")
        whole = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.]*\d)")
        found = set()
        for name in filter(None, tracked):
            try:
                if name != "uv.lock" and whole.search(
                    (PROJECT / name).read_text()
                ):  # other packages' are there
                    found.add(name)
            except UnicodeDecodeError:
                continue
        assert found == {"opsi/__init__.py", "CHANGELOG.md"}

    def test_it_is_read_from_there(self):
        assert project()["project"]["dynamic"] == ["version"]
        assert project()["tool"]["setuptools"]["dynamic"] == {"version": {"attr": "opsi.__version__"}}
        # Read without importing, as setuptools does: a plain text at the top of the module.
        written = re.findall(r'^__version__ = "(.+?)"', (PROJECT / "opsi" / "__init__.py").read_text(), re.M)
        assert written == [__version__]

    def test_the_newest_entry_of_the_changelog_is_about_it(self):
        versions, days = zip(*entries(), strict=True)
        assert versions[0] == __version__
        numbers = [tuple(map(int, version.partition("-")[0].split("."))) for version in versions]
        assert numbers == sorted(numbers, reverse=True)
        assert list(days) == sorted(days, reverse=True)
        assert len(set(versions)) == len(versions)

    def test_the_image_is_labelled_with_it(self):
        [labels] = [rest for word, rest in containerfile() if word == "LABEL"]
        said = dict(label.split("=", 1) for label in shlex.split(labels))
        assert said == {
            "org.opencontainers.image.title": "Ops I tickets",
            "org.opencontainers.image.description": project()["project"]["description"],
            "org.opencontainers.image.licenses": project()["project"]["license"],
            "org.opencontainers.image.version": "$VERSION",
        }
        # As docs/deploy.md has the version found in the folder deploy.
        [asked] = set(re.findall(r'--build-arg VERSION="\$\((.+?)\)"', WRITTEN))
        assert run("sh", "-c", asked, cwd=DEPLOY) == f"{__version__}\n"

    def test_the_doctor_names_it(self):
        [said] = surroundings.version(Asked())
        assert said.words.startswith(f"Ops I tickets {__version__}, Django ")


@once
class TestWhatIsWritten:
    def test_the_licence_is_the_one_that_is_named(self):
        assert project()["project"]["license"] == "Apache-2.0"
        assert project()["project"]["license-files"] == ["LICENSE"]
        text = (PROJECT / "LICENSE").read_text()
        assert re.match(r"\s+Apache License\s+Version 2\.0, January 2004\n", text)
        assert "END OF TERMS AND CONDITIONS" in text
        assert "(Apache-2.0)" in (PROJECT / "README.md").read_text()

    def test_the_versions_that_get_fixes_are_those_of_today(self):
        supported = re.findall(r"^\| (\d+\.\d+)\.x \| yes", (PROJECT / "SECURITY.md").read_text(), re.M)
        assert supported == [__version__.rpartition(".")[0]]


@once
class TestUvLock:
    """It goes with pyproject.toml: bin/test installs with --locked, which ends where it does not."""

    @pytest.fixture
    def folder(self, tmp_path):
        for name in ("pyproject.toml", "uv.lock"):
            shutil.copy(PROJECT / name, tmp_path)
        return tmp_path

    def check(self, folder):
        uv = shutil.which("uv") or str(PROJECT / ".uv" / "bin" / "uv")
        command = [uv, "lock", "--check", "--offline", "--python", sys.executable]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode

    def test_it_is_found_to_go_without_a_network_and_without_the_code(self, folder):
        assert self.check(folder) == 0

    def test_it_is_found_not_to(self, folder):
        file = folder / "pyproject.toml"
        file.write_text(re.sub(r'^    "nh3>=.*\n', "", file.read_text(), flags=re.M))
        assert self.check(folder) != 0


@pytest.mark.django_db
class TestWhoIsShownIt:
    @pytest.mark.parametrize("login", ["mika", "uma", "vera", "carl", "cora", "ray"])
    def test_whoever_is_signed_in(self, everyone, signed_in, login):
        page = signed_in(everyone[login]).get("/tickets/").content.decode()
        assert page.count(f"{FOOT}</footer>") == 1

    @pytest.mark.parametrize("page", ["/admin/", "/admin/opsi/user/", "/admin/notifications/mail/health/"])
    def test_administrators_in_the_admin(self, ada, signed_in, page):
        assert FOOT in signed_in(ada).get(page).content.decode()

    def test_no_frame_or_popup_repeats_it(self, ada, signed_in):
        assert FOOT not in signed_in(ada).get("/admin/opsi/customer/add/?_popup=1").content.decode()

    @pytest.mark.parametrize(
        "page",
        [
            "/login/",
            "/admin/login/",
            "/tickets/",
            "/nothing/",
            "/unsubscribe/none/",
            "/healthz",
            "/readyz",
            "/metrics",
        ],
    )
    def test_nobody_else(self, client, page):
        answer = client.get(page, follow=True)
        assert __version__ not in answer.content.decode()
        assert __version__ not in str(answer.headers)

    def test_nobody_who_signed_out(self, uma, signed_in):
        client = signed_in(uma)
        assert __version__ not in client.post("/logout/", follow=True).content.decode()

"""The Chromium that browser tests drive: an installed one, else Playwright's download, else Debian's package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

VARIABLE = "OPSI_TEST_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
INSTALL_LIMIT = 600  # seconds


def find() -> str:
    """The executable's path; "" where there is none."""
    for candidate in (*map(shutil.which, NAMES), str(MAC_CHROME)):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    return downloaded if Path(downloaded).exists() and _starts(downloaded) else ""


def find_or_install() -> str:
    """As `find`, fetching one where there is none; says loudly on stderr when none can be had."""
    found = find()
    if not found:
        print("No Chromium or Chrome is installed: downloading Playwright's …", file=sys.stderr)
        _run(sys.executable, "-m", "playwright", "install", "chromium")
        found = find()
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's chromium …", file=sys.stderr)
        if _run("apt-get", "update", "-q"):
            _run("apt-get", "install", "-qy", "--no-install-recommends", "chromium", "fonts-noto-cjk")
        found = find()
    if not found:
        print(
            "=" * 78,
            "NO BROWSER: every browser test is left out. Install chromium.",
            "=" * 78,
            sep="\n",
            file=sys.stderr,
        )
    return found


def _run(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return (
            subprocess.run(
                command, env=environment, stdout=sys.stderr, timeout=INSTALL_LIMIT, check=False
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


def _starts(executable: str) -> bool:
    # Playwright's download comes without the system libraries it needs.
    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"]).close()
    except Error:
        return False
    return True


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    executable = os.environ[VARIABLE] if VARIABLE in os.environ else find()
    if not executable:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no Chromium or Chrome is installed")
    return {**browser_type_launch_args, "executable_path": executable, "args": ["--no-sandbox"]}

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings

# Playwright's synchronous interface runs inside an event loop, where Django would refuse to touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytest_plugins = [
    "tests.people",
    "tests.browser",
    "tests.broker",
    "tests.mail_provider",
    "tests.smtp",
    "tests.waiting",
]
WITH_SERVERS = bool(os.environ.get("OPSI_TEST_SERVICES"))
collect_ignore = [] if WITH_SERVERS else ["services"]
RUNNING_STACKS = {"start_stack", "demo_stack"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not RUNNING_STACKS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.stack)
            item.add_marker(pytest.mark.xdist_group("stack"))
        if WITH_SERVERS and item.get_closest_marker("once"):
            item.add_marker(pytest.mark.skip(reason="says the same on every database"))
    # The longest first, so that two workers end at about the same time.
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, help="how many workers tests/faults kills ; prints a table")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Workers are killed only where that is asked for."""
    kills = collection_path.name == "test_crashes.py" and collection_path.parent.name == "faults"
    return True if kills and not config.getoption("--kills") else None


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(settings.OPSI_DATA_DIR, ignore_errors=True)

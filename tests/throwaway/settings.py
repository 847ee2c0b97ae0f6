"""The suite's settings with the throw-away app: for the process of tests/platform/test_extending.py alone."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.throwaway.apps.ThrowawayConfig"]

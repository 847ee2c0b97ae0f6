"""The product's own settings as it runs in production, with the addresses of the bare twins beside the product's."""

from pathlib import Path

from opsi.settings import *  # noqa: F403
from opsi.settings import LOGGING, TEMPLATES

ROOT_URLCONF = "bench.urls"
TEMPLATES[0]["DIRS"].append(Path(__file__).parent / "templates")
LOGGING["root"]["level"] = "ERROR"

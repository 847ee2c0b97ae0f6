"""The settings of the suite: the product's own, in a data dir of its own, with what would only cost time taken out."""

import os
import tempfile

# One a process: parallel pytest workers share neither a database file nor a queue.
os.environ["OPSI_DATA_DIR"] = tempfile.mkdtemp(prefix="opsi-tests-")
os.environ["OPSI_SECRET_KEY"] = "for-tests-only"
os.environ["OPSI_MAIL_URL"] = "file:"
os.environ["OPSI_BASE_URL"] = "http://testserver"
# The servers of the tests are on loopback; tests/notifications/test_mail_hosts.py takes this back.
os.environ["OPSI_MAIL_SERVER_PRIVATE"] = "on"
os.environ["OPSI_MAIL_SERVER_PORTS"] = "any"
for name in (
    "OPSI_DEBUG",
    "OPSI_ALLOWED_HOSTS",
    "OPSI_WINDOW_SECONDS",
    "OPSI_MAIL_FROM",
    "OPSI_LOG_FORMAT",
    "OPSI_METRICS_TOKEN",
):
    os.environ.pop(name, None)

from opsi.settings import *  # noqa: E402, F403
from opsi.settings import DATABASES, OPSI_DATA_DIR, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True  # no scan of every static file at the start of each test client
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file and not memory: only a file has the locks that two threads meet in production.
    DATABASES["default"]["TEST"] = {"NAME": str(OPSI_DATA_DIR / "test.sqlite3")}

"""Static files, collected and hashed under the data dir when something about them has changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Every file under a name that changes with its content, the modules that our own modules import included."""

    support_js_module_import_aggregation = True


def collect() -> None:
    """Run collectstatic unless what it would read is as it was after the last run."""
    stamp = settings.STATIC_ROOT / ".collected"
    current = _fingerprint()
    if not (stamp.exists() and stamp.read_text() == current):
        call_command("collectstatic", interactive=False, verbosity=0, clear=True, skip_checks=True)
        stamp.write_text(current)


def _fingerprint() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{storage.path(name)} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()

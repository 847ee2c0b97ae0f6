"""What runs here, and what it stands on besides the database: disk, static files, broker."""

import errno
import filecmp
import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage

from opsi import __version__
from opsi.celery import app
from opsi.doctor import Asked, Said, bad, ok, one_line, warning
from opsi.doctor.settings import reason

MIB = 1024 * 1024
LITTLE, TOO_LITTLE = 1024 * MIB, 100 * MIB  # bytes free
FEW_FILES = 1_000
ANSWER = 2.0  # seconds that workers have for it


def version(_asked: Asked) -> Iterator[Said]:
    """What to name when asking somebody for help."""
    yield ok(f"Ops I tickets {__version__}, Django {django.__version__}, Python {platform.python_version()}.")


def disk(_asked: Asked) -> Iterator[Said]:
    """Whether what is kept in files can be kept; folders on one disk are named together."""
    problems = []
    least = None
    for folder in _folders():
        if problem := _cannot_write(folder):
            problems.append(
                bad(f"{folder} cannot be written to ({problem}): give it to the account that runs this.")
            )
    for disk_folder in {os.stat(folder).st_dev: folder for folder in reversed(_folders())}.values():
        free = shutil.disk_usage(disk_folder).free
        least = free if least is None else min(free, least)
        if free < LITTLE:
            said = bad if free < TOO_LITTLE else warning
            problems.append(said(f"{free // MIB} MiB are free where {disk_folder} is: make room."))
        files = os.statvfs(disk_folder)
        if files.f_files and files.f_favail < FEW_FILES:
            problems.append(bad(f"{files.f_favail} more files fit where {disk_folder} is: delete some."))
    key = settings.OPSI_DATA_DIR / "secret_key"
    if key.exists() and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        problems.append(warning(f"Others on this machine may read {key}: chmod 600 it."))
    yield from problems or [
        ok(f"{settings.OPSI_DATA_DIR} can be written to, {(least or 0) // MIB:,} MiB are free.")
    ]


def _folders() -> list[Path]:
    """Those that are used and exist; each is made in the data dir once it is needed."""
    data = settings.OPSI_DATA_DIR
    used = [data, Path(settings.MEDIA_ROOT)]
    if settings.OPSI_MAIL_REACHES_NOBODY:
        used.append(data / "mail")
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        used.append(data / "queue")
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        used.append(Path(settings.DATABASES["default"]["NAME"]).absolute().parent)
    return [folder for folder in dict.fromkeys(used) if folder.is_dir()]


def _cannot_write(folder: Path) -> str:
    """Why a file cannot be made there, and filled; "" where it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0" * 4096)
            file.flush()
    except OSError as error:
        return os.strerror(error.errno) if error.errno not in (None, errno.EIO) else one_line(error)
    return ""


def static_files(_asked: Asked) -> Iterator[Said]:
    """Whether what browsers are to load was collected as it stands in the program."""
    advice = "run manage.py collectstatic, and start the web processes anew."
    if settings.DEBUG:
        yield ok("With debug on they are served as they stand in the program.")
        return
    root = Path(settings.STATIC_ROOT)
    manifest = getattr(staticfiles_storage, "manifest_name", "")
    if not root.is_dir() or (manifest and not (root / manifest).exists()):
        yield bad(f"They are not collected in {root}: {advice}")
        return
    count, changed = 0, []
    for finder in get_finders():
        for name, storage in finder.list([]):
            count += 1
            if not _is_same(Path(storage.path(name)), root / name):
                changed.append(name)
    if changed:
        yield bad(f"{len(changed)} of {count} are not as collected, such as {changed[0]}: {advice}")
    else:
        yield ok(f"All {count} are collected.")


def _is_same(source: Path, collected: Path) -> bool:
    return collected.is_file() and filecmp.cmp(source, collected, shallow=False)


def broker(_asked: Asked) -> Iterator[Said]:
    """As a page connects that wakes a worker up, with as little patience."""
    connection = app.connection_for_write()
    where = connection.as_uri()
    try:
        with connection:
            connection.ensure_connection(max_retries=0, timeout=1)
    except Exception as error:  # each transport raises its own
        yield bad(
            f"{where} cannot be used ({_why(error)}): start the broker, or correct CELERY_BROKER_URL; until then"
            " nobody is told of anything."
        )
    else:
        yield ok("A folder of files." if where.startswith("filesystem") else f"{where} answers.")


def queues(_asked: Asked) -> Iterator[Said]:
    """Whether a worker answers for each: one that nobody reads is seen in the tables only when something is late."""
    if app.conf.broker_url.startswith("filesystem"):
        yield ok("One worker reads them all.")
        return
    try:
        answers = app.control.inspect(timeout=ANSWER).active_queues() or {}
    except Exception:  # what is wrong with the broker is said above
        yield warning("Nobody was asked, since the broker cannot be used.")
        return
    read = {queue["name"] for of_worker in answers.values() for queue in of_worker}
    if unread := [queue.name for queue in app.conf.task_queues if queue.name not in read]:
        yield warning(
            f"No worker answers that reads {', '.join(unread)}: start one (celery -A opsi worker -Q"
            f" {','.join(unread)}), or ask again if they are busy."
        )
    else:
        yield ok(f"Workers that read them: {len(answers)}.")


def _why(error: BaseException) -> str:
    # Only here: every process knows its doctor, and few have need of all that these bring with them.
    from amqp.exceptions import AMQPError
    from redis.exceptions import RedisError

    causes = [error]
    while (deeper := causes[-1].__cause__ or causes[-1].__context__) is not None and deeper not in causes:
        causes.append(deeper)
    for cause in reversed(causes):
        if isinstance(cause, AMQPError | RedisError) and not isinstance(cause, OSError):
            return one_line(cause)
        if isinstance(cause, OSError):
            return reason(cause)
    return one_line(error)

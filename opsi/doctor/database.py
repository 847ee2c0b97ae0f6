"""The database: whether it answers, is one that fits, and is as the code knows it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, NotSupportedError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from opsi import secrets
from opsi.doctor import Asked, Said, bad, ok, one_line, warning
from opsi.models import User

EXTENSION = "pg_trgm"
APART, FAR_APART = timedelta(seconds=2), timedelta(seconds=30)


def database(_asked: Asked) -> Iterator[Said]:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(name).exists():
        # To ask would make an empty one.
        yield bad(f"There is no database yet in {name}: run manage.py migrate.")
        return
    try:
        with closing(_alone()) as alone:
            alone.ensure_connection()
            alone.check_database_version_supported()
            yield from _of_postgresql(alone) if alone.vendor == "postgresql" else _of_sqlite(alone)
    except NotSupportedError as error:
        yield bad(f"The database is too old ({one_line(error)}): put a newer one in place.")
    except DatabaseError as error:
        yield bad(
            f"The database cannot be used ({one_line(error)}): start it, make it, or correct DATABASE_URL."
        )


def _alone():
    """A connection outside any pool, which would wait and then say less of what is wrong."""
    usual = connections["default"]
    options = {name: value for name, value in usual.settings_dict["OPTIONS"].items() if name != "pool"}
    return type(usual)({**usual.settings_dict, "OPTIONS": options}, alias="default")


def _of_postgresql(alone) -> Iterator[Said]:
    with alone.cursor() as cursor:
        cursor.execute("SET statement_timeout = '10s'")
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('server_encoding'),"
            " EXISTS (SELECT FROM pg_extension WHERE extname = %s),"
            " EXISTS (SELECT FROM pg_available_extensions WHERE name = %s),"
            " pg_is_in_recovery(), has_database_privilege(current_database(), 'CREATE')",
            [EXTENSION, EXTENSION],
        )
        version, encoding, installed, available, read_only, may_create = cursor.fetchone()
    problems = []
    if encoding != "UTF8":
        problems.append(
            bad(
                f"The database keeps texts in {encoding}: make it anew with ENCODING 'UTF8', and load it again."
            )
        )
    if read_only:
        problems.append(bad("The database is a read-only copy: name the first one in DATABASE_URL."))
    if not installed and not available:
        problems.append(
            bad(f"The extension {EXTENSION} is not there: install postgresql-contrib on the database's host.")
        )
    elif not installed and not may_create:
        problems.append(
            bad(
                f"The extension {EXTENSION} is missing: have an administrator run CREATE EXTENSION {EXTENSION} in it."
            )
        )
    yield from problems or [ok(f"PostgreSQL {version.split()[0]} answers.")]


def _of_sqlite(alone) -> Iterator[Said]:
    with alone.cursor() as cursor:
        # One that is damaged, or no database at all, says so at the first look into it.
        cursor.execute("SELECT count(*) FROM sqlite_master")
        cursor.execute("SELECT sqlite_version()")
        [version] = cursor.fetchone()
        cursor.execute("PRAGMA journal_mode")
        [mode] = cursor.fetchone()
    if mode != "wal":
        yield warning(
            f"SQLite does not keep a write-ahead log here ({mode}), so that readers and writers wait for each other:"
            " have the data dir on a disk of this machine."
        )
    else:
        yield ok(f"SQLite {version} answers.")


def migrations(asked: Asked) -> Iterator[Said]:
    if not asked.tables:
        yield warning("Not looked at: it reads the database, which has to be put right first.")
        return
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    own = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    newer = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations.keys() - executor.loader.disk_migrations.keys()
        if app in own
    )
    if newer:
        yield bad(
            f"The database was migrated by newer code ({newer[-1]}): run that, or restore the backup before it."
        )
    if waiting:
        yield bad(f"{len(waiting)} migrations are waiting: run manage.py migrate.")
    if not newer and not waiting:
        yield ok("None is waiting.")


def clock(asked: Asked) -> Iterator[Said]:
    """The database's time against this machine's: each says when what is due."""
    if connection.vendor != "postgresql":
        yield ok("Database and program go by one clock.")
        return
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        [theirs] = cursor.fetchone()
        after = timezone.now()
    apart = abs(theirs - (before + (after - before) / 2)) - (after - before) / 2
    seconds = max(apart.total_seconds(), 0)
    words = f"The clocks of database and program are {seconds:.1f} s apart"
    if apart > APART:
        said = bad if apart > FAR_APART else warning
        yield said(f"{words}: have both set by a time server (NTP).")
    else:
        yield ok(f"{words}.")


def saved_secrets(_asked: Asked) -> Iterator[Said]:
    """Whether the keys read what was encrypted with them."""
    counted = Counter(one.outcome for one in secrets.rotate(dry_run=True))
    if unreadable := counted[secrets.UNREADABLE]:
        yield bad(
            f"{unreadable} saved passwords or keys cannot be read: add the OPSI_SECRET_KEY they were saved under to"
            " OPSI_SECRET_KEY_FALLBACKS, or enter them anew."
        )
    if former := counted[secrets.DONE]:
        yield warning(
            f"{former} are saved under a former key: run manage.py rotate_secrets before you drop it."
        )
    if not unreadable and not former:
        yield ok(f"{counted.total()} can be read." if counted else "None is saved.")


def administrators(_asked: Asked) -> Iterator[Said]:
    number = User.objects.administrators().count()
    if number:
        yield ok(f"{number} can sign in.")
    else:
        yield warning(
            "Nobody reaches the admin: make the first administrator with manage.py createsuperuser."
        )

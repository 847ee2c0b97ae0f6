"""The environment variables that name other services: database, broker, mail (plain ones: `opsi.variables`).

`opsi.settings` is the reader; docs/settings.md, made of `opsi.setting_table`, lists the variables.
"""

import ipaddress
import os
import pkgutil
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

from opsi.setting_table import PROVIDERS, entry
from opsi.variables import BadSetting, Variables, is_service_host, shown

SMTP_TIMEOUT = 20  # seconds
SMTP_SCHEMES: dict[str, tuple[int, dict[str, bool]]] = {
    "smtp": (25, {}),
    "smtps": (465, {"use_ssl": True}),
    "smtp+tls": (587, {"use_tls": True}),
}
BROKER_TIMEOUT = 0.5  # seconds: what a page may lose to a broker that does not answer
POOL_TIMEOUT = 10  # seconds: who waits longer for a connection gets an error
MOST_CONNECTIONS = 1_000
NO_RETRY = {"max_retries": 0}  # a wake-up that fails is made up for by the sweep
# A host that vanished is given up, here as there, instead of being waited for by the hour.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# Nobody waits for ever for somebody else's lock, nor does a process that hangs or is cut off keep its own.
POSTGRESQL_LIMITS = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=2min"
LONGEST_DATABASE_NAME = 63  # of PostgreSQL
# What django-anymail has beside its providers.
NO_PROVIDERS = {"base", "base_requests", "console", "test"}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


class Environment(Variables):
    """Typed reading of the variables, usually `os.environ`."""

    def mailbox(self, name: str) -> str:
        """A sender such as `Ops I <ops@example.com>`."""
        value = self.text(name)
        problem = BadSetting(
            f"{name} is {shown(value)}, but must be one mail address such as Ops I <ops@example.com>."
        )
        display_name, address = parseaddr(value)
        # What is left out when addresses are read was never meant to be one: `ops@exa mple.com`.
        if not address or address not in value or "," in value.replace(display_name, ""):
            raise problem
        try:
            parsed = Address(display_name, addr_spec=address)
        except (ValueError, IndexError) as error:
            raise problem from error
        if not parsed.username.isascii() or not parsed.username or not is_service_host(parsed.domain):
            raise problem
        return value

    def database(self, name: str, default: Path) -> dict[str, Any]:
        """One entry of Django's DATABASES; SQLite at `default` where unset."""
        pool = self._pool("OPSI_DATABASE_POOL")
        value = self.text(name) or f"sqlite:///{default}"
        url = self.split(name, value)
        if url.scheme in ("postgres", "postgresql") and url.path.strip("/") and not url.fragment:
            return _connecting(_postgresql(name, value), pool)
        if url.scheme == "sqlite" and url.path.strip("/") and not url.netloc:
            path = _sqlite_file(name, unquote(url.path[1:]))
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": dict(SQLITE_OPTIONS)}
        # The value may hold a password: name its scheme only.
        raise BadSetting(
            f"{name} starts with {url.scheme or 'something unknown'!r}, but must look like "
            "postgresql://user:password@host:5432/name or sqlite:////folder/file.sqlite3."
        )

    def _pool(self, name: str) -> int | str:
        value = self.text(name)
        if value in ("", "external"):
            return value
        if not (value.isascii() and value.isdigit() and 0 < int(value[:6]) <= MOST_CONNECTIONS):
            raise BadSetting(
                f"{name} is {shown(value)}, but must be how many connections a process may have"
                f" (1 to {MOST_CONNECTIONS}), or external where a pooler such as PgBouncer stands before the database."
            )
        return int(value)

    def broker(self, name: str, folder: Path) -> tuple[str, dict[str, Any]]:
        """A Celery broker URL and its transport's options; a queue of files in `folder` where unset."""
        value = self.text(name) or "filesystem://localhost"
        url = self.split(name, value)
        is_served = is_service_host(url.hostname) and not url.fragment
        match url.scheme:
            case "filesystem":
                folders = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
                folders["control_folder"] = str(folder / "control")
                return value, {**folders, "polling_interval": 0.5, **NO_RETRY}
            case "redis" | "rediss" if is_served and _is_number_or_nothing(url.path.strip("/")):
                return value, {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": 2, **NO_RETRY}
            case "amqp" | "amqps" if is_served:
                return value, {"connect_timeout": BROKER_TIMEOUT, **NO_RETRY}
        raise BadSetting(
            f"{name} starts with {url.scheme or 'something unknown'!r}, but must look like "
            "redis://host:6379/0 or amqp://user:password@host:5672/vhost."
        )

    def mailer(self, name: str, folder: Path) -> dict[str, Any]:
        """One entry of Django's MAILERS; `file:` keeps mails in `folder`."""
        value = self.required(
            name, "say how mail leaves: smtp://host:25, anymail:<provider>, or file: to only keep it"
        )
        if value == "file:":
            return {"BACKEND": "opsi.mailers.EmlFileBackend", "OPTIONS": {"file_path": str(folder)}}
        if value.startswith("anymail:"):
            return _anymail(name, value.removeprefix("anymail:"))
        url = self.split(name, value)
        nothing_behind = not (url.path.strip("/") or url.query or url.fragment)
        if url.scheme not in SMTP_SCHEMES or not is_service_host(url.hostname) or not nothing_behind:
            # The value may hold a password: name its scheme only.
            raise BadSetting(
                f"{name} starts with {url.scheme or 'something unknown'!r}, but must look like "
                "smtp://user:password@host:25, smtps://…, smtp+tls://…, anymail:<provider> or file:."
            )
        if bool(url.username) != bool(url.password):
            raise BadSetting(
                f"{name} names an account without a password, or the other way round: write user:password@ before the"
                " host, or neither."
            )
        port, security = SMTP_SCHEMES[url.scheme]
        if url.port == 0:
            raise BadSetting(
                f"{name} names the port 0, but must name one from 1 to 65535, or none for {port}."
            )
        options: dict[str, Any] = {
            "host": url.hostname,
            "port": url.port or port,
            "timeout": SMTP_TIMEOUT,
            **security,
        }
        if url.username:
            options |= {"username": unquote(url.username), "password": unquote(url.password or "")}
        return {"BACKEND": "opsi.smtp.EmailBackend", "OPTIONS": options}

    def anymail_options(self) -> dict[str, Any]:
        """Django's ANYMAIL: every ANYMAIL_<X> variable as <X>; of the webhook's secret as many as there are."""
        name = "ANYMAIL_WEBHOOK_SECRET"
        secrets = self.names(name)
        if any(not all(secret.partition(":")) for secret in secrets):
            raise BadSetting(f"{name} must look like user:password, both long and random.")
        prefix = entry(PROVIDERS).name.removesuffix("<X>")
        options: dict[str, Any] = {
            key.removeprefix(prefix): self._given(key)
            for key, value in self._variables.items()
            if key.startswith(prefix) and key != name and value
        }
        return options | ({"WEBHOOK_SECRET": secrets} if secrets else {})


def _postgresql(name: str, value: str) -> dict[str, Any]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    config = environ.Env.db_url_config(value) | {"CONN_HEALTH_CHECKS": True}
    try:
        make_conninfo(**config.get("OPTIONS", {}))
    except ProgrammingError as error:
        reason = " ".join(str(error).split())
        raise BadSetting(
            f"{name} has an option behind its ? that PostgreSQL does not know: {reason}."
        ) from None
    if len(config["NAME"]) > LONGEST_DATABASE_NAME:
        raise BadSetting(f"{name} names a database with more than {LONGEST_DATABASE_NAME} characters.")
    return config


def _connecting(config: dict[str, Any], pool: int | str) -> dict[str, Any]:
    """`config` with how a process holds its connections to PostgreSQL, and what it bears there."""
    given = config.get("OPTIONS", {})
    if pool == "external":
        # A pooler that hands a server's connection on after each transaction knows no cursors that outlive one, and
        # refuses limits for one of its clients.
        options = POSTGRESQL_OPTIONS | given
        return config | {"CONN_MAX_AGE": 60, "DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": options}
    options = POSTGRESQL_OPTIONS | {"options": POSTGRESQL_LIMITS} | given
    if not pool:
        return config | {"CONN_MAX_AGE": 60, "OPTIONS": options}
    options["pool"] = {"min_size": 1, "max_size": pool, "timeout": POOL_TIMEOUT}
    return config | {"CONN_MAX_AGE": 0, "OPTIONS": options}


def _sqlite_file(name: str, path: str) -> str:
    """`path`, where SQLite can keep a database: beside the file it writes others."""
    file = Path(path)
    for place, kind, is_one in (
        (file.parent, "folder", file.parent.is_dir()),
        (file, "file", file.is_file() or not file.exists()),
    ):
        if not is_one or (place.exists() and not os.access(place, os.R_OK | os.W_OK)):
            raise BadSetting(
                f"{name} needs {shown(str(place))} to be a {kind} that this program may read and write: make it one,"
                " or name another."
            )
    return path


def _is_number_or_nothing(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit())


def _anymail(name: str, provider: str) -> dict[str, Any]:
    import anymail.backends

    backends = {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)}
    if provider not in (known := backends - NO_PROVIDERS):
        raise BadSetting(
            f"{name} names the mail provider {shown(provider)}, but must name one of {', '.join(sorted(known))}."
        )
    return {"BACKEND": f"anymail.backends.{provider}.EmailBackend"}


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

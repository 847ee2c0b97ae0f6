"""Settings read from environment variables: each typed, each wrong value explained in one sentence.

`opsi.settings` is the only reader; docs/operations.md lists the variables.
"""

import importlib.util
import ipaddress
from collections.abc import Mapping
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Any, overload
from urllib.parse import SplitResult, unquote, urlsplit

import environ

SMTP_TIMEOUT = 20  # seconds
SMTP_SCHEMES: dict[str, tuple[int, dict[str, bool]]] = {
    "smtp": (25, {}),
    "smtps": (465, {"use_ssl": True}),
    "smtp+tls": (587, {"use_tls": True}),
}
BROKER_TIMEOUT = 0.5  # seconds: what a page may lose to a broker that does not answer
POOL_TIMEOUT = 10  # seconds: who waits longer for a connection gets an error
MOST_CONNECTIONS = 1_000
SHORTEST_TOKEN = 16
NO_RETRY = {"max_retries": 0}  # a wake-up that fails is made up for by the sweep
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
# A host that vanished is given up, here as there, instead of being waited for by the hour.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# Nobody waits for ever for somebody else's lock, nor does a process that hangs or is cut off keep its own.
POSTGRESQL_LIMITS = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=2min"
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


class BadSetting(Exception):
    """An environment variable is missing or wrong; the message is one sentence for whoever starts the program."""


class Environment:
    """Typed reading of `variables`, usually `os.environ`. A variable set to "" counts as unset."""

    def __init__(self, variables: Mapping[str, str]):
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        return self._variables.get(name, "").strip() or default

    def required(self, name: str, reason: str) -> str:
        value = self.text(name)
        if not value:
            raise BadSetting(f"{name} is not set: {reason}.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name, str(default)).lower()
        if value not in YES + NO:
            raise BadSetting(f"{name} is {value!r}, but must be one of {', '.join(YES + NO)}.")
        return value in YES

    @overload
    def whole_number(self, name: str) -> int | None: ...

    @overload
    def whole_number(self, name: str, default: int) -> int: ...

    def whole_number(self, name: str, default: int | None = None) -> int | None:
        """A number of 0 or more; `default` where unset."""
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit()):
            raise BadSetting(f"{name} is {value!r}, but must be a whole number of 0 or more.")
        return int(value)

    def number_above_zero(self, name: str, default: int) -> int:
        value = self.whole_number(name)
        if value == 0:
            raise BadSetting(f"{name} is '0', but must be a whole number above 0.")
        return value or default

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of `choices`; the first where unset."""
        value = self.text(name, choices[0])
        if value not in choices:
            raise BadSetting(f"{name} is {value!r}, but must be one of {', '.join(choices)}.")
        return value

    def names(self, name: str) -> list[str]:
        """A list separated by commas."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def ports(self, name: str) -> frozenset[int] | None:
        """Port numbers separated by commas; None for `any`."""
        names = self.names(name)
        if names == ["any"]:
            return None
        if wrong := [
            one for one in names if not (one.isascii() and one.isdigit() and 0 < int(one[:6]) < 65536)
        ]:
            raise BadSetting(f"{name} names {wrong[0]!r}, but must be ports separated by commas, or any.")
        return frozenset(map(int, names))

    def folder(self, name: str, default: Path) -> Path:
        """The absolute path of a folder, made where it is missing."""
        path = Path(self.text(name, str(default))).expanduser().absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(
                f"{name} is {str(path)!r}, which cannot be made a folder: {error.strerror}."
            ) from error
        return path

    def base_url(self, name: str, default: str) -> SplitResult:
        """The address people reach the pages at: scheme and host, optionally a port, nothing behind."""
        value = self.text(name, default).rstrip("/")
        url = self._split(name, value)
        if url.scheme not in ("http", "https") or not url.hostname or url.path or url.query or url.fragment:
            raise BadSetting(
                f"{name} is {value!r}, but must look like https://tickets.example.com, without a path."
            )
        return url

    def address(self, name: str) -> SplitResult:
        """The address of another service: scheme and host, perhaps a path, nothing behind."""
        value = self.text(name).rstrip("/")
        url = self._split(name, value)
        if (
            url.scheme not in ("http", "https")
            or not url.hostname
            or url.query
            or url.fragment
            or url.username
        ):
            raise BadSetting(
                f"{name} is {value!r}, but must look like https://login.example.com/realms/desk."
            )
        return url

    def token(self, name: str) -> str:
        """A long random text by which another program is known; "" where unset."""
        value = self.text(name)
        if value and (len(value) < SHORTEST_TOKEN or not value.isascii() or not value.isprintable()):
            raise BadSetting(
                f"{name} must be at least {SHORTEST_TOKEN} plain characters, such as openssl rand -hex 24 makes."
            )
        return value

    def pairs(self, name: str) -> dict[str, str]:
        """`one=this,two=that` as a dict; what stands before the last = may hold others."""
        pairs = [part.rpartition("=") for part in self.names(name)]
        if any(not key.strip() or not value.strip() for key, _equals, value in pairs):
            raise BadSetting(f"{name} must look like value=meaning,value=meaning.")
        return {key.strip(): value.strip() for key, _equals, value in pairs}

    def mailbox(self, name: str, default: str) -> str:
        """A sender such as `Ops I <ops@example.com>`."""
        value = self.text(name, default)
        problem = BadSetting(
            f"{name} is {value!r}, but must be one mail address such as Ops I <ops@example.com>."
        )
        display_name, address = parseaddr(value)
        if not address or "," in value.replace(display_name, ""):
            raise problem
        try:
            parsed = Address(display_name, addr_spec=address)
        except (ValueError, IndexError) as error:
            raise problem from error
        if not parsed.username or not parsed.domain:
            raise problem
        return value

    def database(self, name: str, default: Path) -> dict[str, Any]:
        """One entry of Django's DATABASES; SQLite at `default` where unset."""
        value = self.text(name, f"sqlite:///{default}")
        url = self._split(name, value)
        if url.scheme in ("postgres", "postgresql") and url.path.strip("/"):
            config = environ.Env.db_url_config(value) | {"CONN_HEALTH_CHECKS": True}
            return self._connecting("OPSI_DATABASE_POOL", config)
        if url.scheme == "sqlite" and url.path.strip("/") and not url.netloc:
            path = unquote(url.path[1:])
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": dict(SQLITE_OPTIONS)}
        raise BadSetting(
            f"{name} starts with {url.scheme or value[:20]!r}, but must look like "
            "postgresql://user:password@host:5432/name or sqlite:////folder/file.sqlite3."
        )

    def _connecting(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        """`config` with how a process holds its connections to PostgreSQL, and what it bears there."""
        value = self.text(name)
        given = config.get("OPTIONS", {})
        if value == "external":
            # A pooler that hands a server's connection on after each transaction knows no cursors that outlive one, and
            # refuses limits for one of its clients.
            options = POSTGRESQL_OPTIONS | given
            return config | {"CONN_MAX_AGE": 60, "DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": options}
        options = POSTGRESQL_OPTIONS | {"options": POSTGRESQL_LIMITS} | given
        if not value:
            return config | {"CONN_MAX_AGE": 60, "OPTIONS": options}
        if not (value.isascii() and value.isdigit() and 0 < int(value[:6]) <= MOST_CONNECTIONS):
            raise BadSetting(
                f"{name} is {value!r}, but must be how many connections a process may have (1 to {MOST_CONNECTIONS}),"
                " or external where a pooler such as PgBouncer stands before the database."
            )
        options["pool"] = {"min_size": 1, "max_size": int(value), "timeout": POOL_TIMEOUT}
        return config | {"CONN_MAX_AGE": 0, "OPTIONS": options}

    def broker(self, name: str, folder: Path) -> tuple[str, dict[str, Any]]:
        """A Celery broker URL and its transport's options; a queue of files in `folder` where unset."""
        value = self.text(name, "filesystem://localhost")
        url = self._split(name, value)
        match url.scheme:
            case "filesystem":
                folders = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
                folders["control_folder"] = str(folder / "control")
                return value, {**folders, "polling_interval": 0.5, **NO_RETRY}
            case "redis" | "rediss" if url.hostname:
                return value, {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": 2, **NO_RETRY}
            case "amqp" | "amqps" if url.hostname:
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
            return self._anymail(name, value.removeprefix("anymail:"))
        url = self._split(name, value)
        if url.scheme not in SMTP_SCHEMES or not url.hostname or url.path.strip("/"):
            # The value may hold a password: name its scheme only.
            raise BadSetting(
                f"{name} starts with {url.scheme or 'something unknown'!r}, but must look like "
                "smtp://user:password@host:25, smtps://…, smtp+tls://…, anymail:<provider> or file:."
            )
        port, security = SMTP_SCHEMES[url.scheme]
        options: dict[str, Any] = {
            "host": url.hostname,
            "port": url.port or port,
            "timeout": SMTP_TIMEOUT,
            **security,
        }
        if url.username:
            options |= {"username": unquote(url.username), "password": unquote(url.password or "")}
        return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}

    def anymail_options(self) -> dict[str, Any]:
        """Django's ANYMAIL: every ANYMAIL_<X> variable as <X>; of the webhook's secret as many as there are."""
        name = "ANYMAIL_WEBHOOK_SECRET"
        secrets = self.names(name)
        if any(not all(secret.partition(":")) for secret in secrets):
            raise BadSetting(f"{name} must look like user:password, both long and random.")
        options: dict[str, Any] = {
            key.removeprefix("ANYMAIL_"): value
            for key, value in self._variables.items()
            if key.startswith("ANYMAIL_") and key != name and value
        }
        return options | ({"WEBHOOK_SECRET": secrets} if secrets else {})

    def _anymail(self, name: str, provider: str) -> dict[str, Any]:
        module = f"anymail.backends.{provider}"
        if not provider.isidentifier() or importlib.util.find_spec(module) is None:
            raise BadSetting(
                f"{name} names the mail provider {provider!r}, which django-anymail does not know."
            )
        return {"BACKEND": f"{module}.EmailBackend"}

    def _split(self, name: str, value: str) -> SplitResult:
        try:
            url = urlsplit(value)
            url.port  # noqa: B018  (a property that raises on a port that is no number)
        except ValueError as error:
            raise BadSetting(f"{name} is not an address of the form scheme://host:port.") from error
        return url


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

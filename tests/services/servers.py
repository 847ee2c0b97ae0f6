"""PostgreSQL, Redis and RabbitMQ for `bin/test --services`: those that answer on loopback, else throw-away ones.

`running()` yields the environment that points the suite at them. Every run has databases, Redis numbers and a virtual
host of its own, so that runs side by side do not meet, and leaves nothing behind.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import amqp
import psycopg
import redis

VARIABLES = ("OPSI_TEST_SERVICES", "OPSI_TEST_REDIS_URL", "OPSI_TEST_AMQP_URL")
START_LIMIT = 60.0  # seconds
REDIS_LEASE = 600  # seconds until the numbers of a killed run are free again; renewed as long as it lives


class Unavailable(Exception):
    """A server neither answers nor can be started; the message says what to install."""


@contextmanager
def running() -> Iterator[dict[str, str]]:
    run = uuid.uuid4().hex[:8]
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="opsi-servers-", ignore_cleanup_errors=True)
            )
        )
        folder.chmod(0o755)  # PostgreSQL's own user must reach its part
        postgres = _postgres_answering() or stack.enter_context(own_postgres(folder))
        redis_server = _redis_answering("redis://127.0.0.1:6379") or stack.enter_context(_own_redis(folder))
        rabbit = stack.enter_context(
            _virtual_host(run) if _rabbit_answers(5672) else _own_rabbit(folder, run)
        )
        suite, apart = stack.enter_context(_redis_numbers(redis_server, run))
        stack.callback(_drop_databases, postgres, run)
        yield {
            "OPSI_TEST_SERVICES": run,
            "DATABASE_URL": f"{postgres}/opsi_{run}",
            "CELERY_BROKER_URL": suite,
            "OPSI_TEST_REDIS_URL": apart,
            "OPSI_TEST_AMQP_URL": rabbit,
        }


def new_database() -> str:
    """The URL of a fresh, empty database beside the suite's own; dropped with the run."""
    server, name = os.environ["DATABASE_URL"].rsplit("/", 1)
    name = f"{name}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # ty: a name of our own making
    return f"{server}/{name}"


# PostgreSQL


def _postgres_answering() -> str | None:
    """A URL without database of a server on loopback where we may create databases."""
    for account in ("postgres", "postgres:postgres", os.environ.get("USER") or "root"):
        url = f"postgresql://{account}@127.0.0.1:5432"
        with suppress(psycopg.Error), psycopg.connect(f"{url}/postgres", connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            if row and row[0] and connection.info.server_version >= 150000:
                return url
    return None


@contextmanager
def own_postgres(folder: Path, port: int = 0) -> Iterator[str]:
    """A server that keeps its data in `folder`; there again with the `port` of before, it goes on with them."""
    initdb = find_or_install("initdb", "postgresql", "PostgreSQL 15 or newer")
    data, port = folder / "postgres", port or _free_port()
    # PostgreSQL refuses to run as root.
    account = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if not data.exists():
        data.mkdir()
        if account:
            shutil.chown(data, "postgres", "postgres")
        choices = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [initdb, "-D", data / "data", *choices],
            check=True, stdout=subprocess.DEVNULL, cwd=data, **account,
        )  # fmt: skip
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(data), "-c", "fsync=off"]
    server = [str(Path(initdb).with_name("postgres")), "-D", str(data / "data"), *options]
    url = f"postgresql://postgres@127.0.0.1:{port}"
    # On SIGTERM it would wait for everybody to leave by themselves.
    with _process("PostgreSQL", server, lambda: _connects(url), signal.SIGINT, cwd=data, **account):
        yield url


def _connects(url: str) -> bool:
    with suppress(psycopg.Error):
        psycopg.connect(f"{url}/postgres", connect_timeout=3).close()
        return True
    return False


def _drop_databases(server: str, run: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%opsi_{run}%"]
        ).fetchall()
        for (name,) in names:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# Redis


def _redis_answering(url: str) -> str | None:
    with suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=2) as client:
        client.ping()
        return url
    return None


@contextmanager
def _own_redis(folder: Path) -> Iterator[str]:
    program = find_or_install("redis-server", "redis-server", "Redis")
    port = _free_port()
    url = f"redis://127.0.0.1:{port}"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with _process("Redis", command, lambda: _redis_answering(url) is not None):
        yield url


def take_redis() -> str:
    """The URL of an empty database on the run's Redis that nobody else uses; give it back with `free_redis`."""
    server = os.environ["OPSI_TEST_REDIS_URL"].rpartition("/")[0]
    return _take_number(server, os.environ["OPSI_TEST_SERVICES"])


def free_redis(url: str) -> None:
    server, _slash, number = url.rpartition("/")
    with redis.Redis.from_url(url) as client, redis.Redis.from_url(server) as marks:
        client.flushdb()
        marks.delete(f"opsi-tests-{number}")


def _take_number(server: str, run: str) -> str:
    """One of the server's 16 numbered databases, marked as taken by `run` in number 0."""
    with redis.Redis.from_url(server) as marks:
        for number in range(1, 16):
            if marks.set(f"opsi-tests-{number}", run, nx=True, ex=REDIS_LEASE):
                url = f"{server}/{number}"
                with redis.Redis.from_url(url) as client:
                    client.flushdb()
                return url
    raise Unavailable("every number of the Redis on loopback is taken by other runs.")


@contextmanager
def _redis_numbers(server: str, run: str) -> Iterator[tuple[str, str]]:
    """One number for the suite's own processes, one for tests that want Redis; frees whatever the run took."""
    ended = threading.Event()
    renewing = threading.Thread(target=_renew_numbers, args=[server, run, ended])
    try:
        taken = _take_number(server, run), _take_number(server, run)
        renewing.start()
        yield taken
    finally:
        ended.set()
        with redis.Redis.from_url(server) as marks:
            for number in range(1, 16):
                if marks.get(f"opsi-tests-{number}") == run.encode():
                    free_redis(f"{server}/{number}")


def _renew_numbers(server: str, run: str, ended: threading.Event) -> None:
    while not ended.wait(REDIS_LEASE / 10):
        with suppress(redis.RedisError), redis.Redis.from_url(server) as marks:
            for number in range(1, 16):
                if marks.get(f"opsi-tests-{number}") == run.encode():
                    marks.expire(f"opsi-tests-{number}", REDIS_LEASE)


# RabbitMQ


def _rabbit_answers(port: int) -> bool:
    try:
        amqp.Connection(f"127.0.0.1:{port}", connect_timeout=3).connect()
    except (OSError, amqp.AMQPError):
        return False
    return True


@contextmanager
def _virtual_host(run: str) -> Iterator[str]:
    """A virtual host of our own where rabbitmqctl lets us make one, else the common one."""
    name = f"opsi-tests-{run}"
    control = shutil.which("rabbitmqctl") or "/usr/sbin/rabbitmqctl"
    try:
        for command in (["add_vhost", name], ["set_permissions", "-p", name, "guest", ".*", ".*", ".*"]):
            subprocess.run([control, *command], check=True, capture_output=True, timeout=START_LIMIT)
    except (OSError, subprocess.SubprocessError):
        yield "amqp://guest:guest@127.0.0.1:5672//"
        return
    try:
        yield f"amqp://guest:guest@127.0.0.1:5672/{name}"
    finally:
        subprocess.run([control, "delete_vhost", name], check=False, capture_output=True, timeout=START_LIMIT)


@contextmanager
def _own_rabbit(folder: Path, run: str) -> Iterator[str]:
    find_or_install("rabbitmq-server", "rabbitmq-server", "RabbitMQ")
    # Debian's command of that name insists on its own folders and user; the program behind it does not.
    program = shutil.which("/usr/lib/rabbitmq/bin/rabbitmq-server") or "rabbitmq-server"
    port, home = _free_port(), folder / "rabbit"
    home.mkdir()
    config = home / "rabbitmq.conf"  # else the one in /etc holds, with its ports
    config.write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    environment = os.environ | {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"opsi-tests-{run}@localhost",
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_DIST_PORT": str(_free_port()),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
    }
    with _process("RabbitMQ", [program], lambda: _rabbit_answers(port), env=environment):
        yield f"amqp://guest:guest@127.0.0.1:{port}//"


# Programs and processes


def find_or_install(name: str, package: str, title: str) -> str:
    """The path of program `name`, from Debian's `package` where that can be installed."""
    found = _find(name)
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {title} …", file=sys.stderr)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
            subprocess.run(["apt-get", *command], env=environment, stdout=sys.stderr, check=False)
        found = _find(name)
    if not found:
        raise Unavailable(
            f"{title} does not answer on loopback and is not installed: start one or install {package}."
        )
    return found


def _find(name: str) -> str | None:
    newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    return shutil.which(
        name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", *map(str, newest_first)])
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _process(
    title: str,
    command: list[str],
    answers: Callable[[], bool],
    ended_by: signal.Signals = signal.SIGTERM,
    **options: Any,
) -> Iterator[None]:
    """`command` for as long as the block runs, once `answers()`."""
    print(f"Starting a {title} for this run …", file=sys.stderr)
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    child = subprocess.Popen(command, process_group=0, **quiet, **options)
    try:
        deadline = time.monotonic() + START_LIMIT
        while not answers():
            if child.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{title} is installed but does not start: try `{' '.join(command)}`.")
            time.sleep(0.2)
        yield
    finally:
        child.send_signal(ended_by)
        with suppress(subprocess.TimeoutExpired):
            child.wait(20)
        # RabbitMQ's command is a script, whose children may outlive it.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

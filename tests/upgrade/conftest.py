"""Installations of former versions, as they were left in the middle of their work (tests/upgrade/making.py)."""

import base64
import datetime
import json
import os
import re
import sqlite3
import time
import uuid
from contextlib import ExitStack, closing
from pathlib import Path

import amqp
import psycopg
import pytest
import redis

from tests.e2e.mailbox import Mailbox
from tests.services import servers
from tests.services.installation import Installation

ON_SERVICES = bool(os.environ.get("OPSI_TEST_SERVICES"))
BROKERS = ["redis", "amqp"] if ON_SERVICES else ["files"]
VERSION = Path(__file__).parent / "0.1"
MOMENT = re.compile(r"'(2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)")
# The upgrade took so long: what was to come within the next minutes is due, what was held until tomorrow is not.
SINCE_STOPPED = datetime.timedelta(minutes=9)
ALL_IN_ONE = ("-B", "--pool", "threads", "--concurrency", "2")
PATIENCE = 90.0  # seconds


def fixture(name):
    return json.loads((VERSION / name).read_text())


def schema():
    """The database of the version as SQL, its times moved as if it had been stopped just now."""
    stopped = datetime.datetime.fromisoformat(fixture("kept.json")["stopped"])
    moved = datetime.datetime.now(datetime.UTC) - SINCE_STOPPED - stopped

    def move(found):
        return f"'{datetime.datetime.fromisoformat(found[1]) + moved}"

    text = (VERSION / ("postgresql.sql" if ON_SERVICES else "sqlite.sql")).read_text()
    return MOMENT.sub(move, text)


class Old(Installation):
    """An installation that a former version left; today's code works on it."""

    def __init__(self, folder, mailbox, broker, stack):
        database = servers.new_database() if ON_SERVICES else ""
        super().__init__(folder, mailbox, broker, stack, database)
        folder.mkdir(exist_ok=True)
        with self.connect() as connection:
            connection.executescript(schema()) if not ON_SERVICES else connection.execute(schema())

    def migrate(self):
        self.manage("migrate", "--verbosity", "0")
        # On a busy machine it is late with what waited, which would be an incident that 0.1 knew nothing of.
        off = "HealthAlarm.objects.update_or_create(pk=1, defaults={'limit_minutes': 0})"
        self.shell(f"from notifications.models import HealthAlarm; {off}")

    def connect(self):
        if ON_SERVICES:
            return psycopg.connect(self.environment["DATABASE_URL"], autocommit=True)
        return closing(sqlite3.connect(Path(self.environment["OPSI_DATA_DIR"]) / "opsi.sqlite3"))

    def count(self, table, where="true"):
        with self.connect() as connection:
            return connection.execute(f'SELECT count(*) FROM "{table}" WHERE {where}').fetchone()[0]  # noqa: S608

    def tell(self, expression):
        """The value of `expression`, evaluated in the installation."""
        code = f"import json; from tests.upgrade import kept; print(json.dumps({expression}, default=str))"
        [line] = self.manage("shell", "--no-imports", "-c", code).splitlines()[-1:]
        return json.loads(line)

    def wait_until(self, table, where, rows):
        """Until so many rows of `table` are so; asked in SQL, as that starts no process."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.count(table, where)) != rows:
            assert time.monotonic() < deadline, f"{found} rows of {table} where {where}"
            time.sleep(0.2)

    def put(self, message, queue):
        """Put `message`, as Celery made it, into the broker."""
        url = self.environment["CELERY_BROKER_URL"]
        match url.partition(":")[0]:
            case "redis":
                with redis.Redis.from_url(url) as client:
                    client.lpush(queue, json.dumps(message))
            case "amqp":
                self._put_into_rabbit(message, queue)
            case _:
                folder = Path(self.environment["OPSI_DATA_DIR"]) / "queue"
                folder.mkdir(exist_ok=True)
                name = f"{time.time_ns():020}_{uuid.uuid4().hex}.{queue}.msg"
                (folder / name).write_text(json.dumps(message))

    def _put_into_rabbit(self, message, queue):
        with rabbit(self.environment["CELERY_BROKER_URL"]) as channel:
            # As 0.1 declared it: RabbitMQ refuses whoever declares it in another form.
            channel.queue_declare(queue, durable=True, auto_delete=False)
            kept = message["properties"]
            properties = {
                name: kept[name] for name in ("correlation_id", "reply_to", "delivery_mode", "priority")
            }
            properties |= {
                "content_type": message["content-type"],
                "content_encoding": message["content-encoding"],
            }
            body = base64.b64decode(message["body"])
            letter = amqp.Message(body, application_headers=message["headers"], **properties)
            channel.basic_publish(letter, exchange="", routing_key=queue)


class rabbit:
    def __init__(self, url):
        account, _at, place = url.removeprefix("amqp://").rpartition("@")
        host, _slash, vhost = place.partition("/")
        user, _colon, password = account.partition(":")
        self.connection = amqp.Connection(host, userid=user, password=password, virtual_host=vhost or "/")

    def __enter__(self):
        self.connection.connect()
        return self.connection.channel()

    def __exit__(self, *error):
        self.connection.close()


def _empty_rabbit(url):
    with rabbit(url) as channel:
        for queue in ("dispatch", "mail", "housekeeping"):
            channel.queue_delete(queue)


@pytest.fixture
def mailbox():
    with Mailbox() as box:
        yield box


@pytest.fixture
def broker_of():
    """`broker_of("redis")`: the URL of an empty broker of that kind."""
    with ExitStack() as stack:

        def find(kind):
            match kind:
                case "redis":
                    url = servers.take_redis()
                    stack.callback(servers.free_redis, url)
                    return url
                case "amqp":
                    url = os.environ["OPSI_TEST_AMQP_URL"]
                    _empty_rabbit(url)
                    stack.callback(_empty_rabbit, url)
                    return url
            return ""

        yield find


@pytest.fixture
def old(tmp_path, mailbox, broker_of, request):
    """0.1, stopped nine minutes ago; nothing is migrated yet."""
    with ExitStack() as stack:
        yield Old(tmp_path / "data", mailbox, broker_of(getattr(request, "param", BROKERS[0])), stack)

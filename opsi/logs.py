"""Log lines that say what they are about, so that one id leads from a request to its mail (docs/operations.md).

`request_id` is the request's; `operations` are the acts (domain §2) that it wrote, that are dispatched, or that a mail
tells of. As JSON objects, one a line, for installations that collect them (OPSI_LOG_FORMAT=json), else as plain text.
"""

import json
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_about: ContextVar[dict[str, Any]] = ContextVar("about", default={})  # noqa: B039  (never changed in place)


@contextmanager
def about(**named: Any) -> Iterator[None]:
    """Every log line written inside carries `named`, beside what those around it carry."""
    token = _about.set(_about.get() | named)
    try:
        yield
    finally:
        _about.reset(token)


@contextmanager
def about_operation(operation: uuid.UUID) -> Iterator[None]:
    """The lines inside carry `operation`; so does, from here on, whatever is written of the request it is part of."""
    written = _about.get().get("operations")
    if written is None:
        with about(operations=[str(operation)]):
            yield
    else:
        written.append(str(operation))
        yield


class AboutFilter(logging.Filter):
    """Puts on each record what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in _about.get().items():
            if value and not hasattr(record, name):
                setattr(record, name, list(value) if isinstance(value, list) else value)
        return True


class JsonFormatter(logging.Formatter):
    """`time` (ISO 8601, UTC), `level`, `logger`, `message`, the call's `extra`, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {
            key: value for key, value in vars(record).items() if key not in STANDARD and key != "request"
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class ConsoleFormatter(logging.Formatter):
    """Time, level, logger and message; the ids behind them."""

    def __init__(self):
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        operations = " ".join(getattr(record, "operations", ()))
        ids = " ".join(filter(None, (getattr(record, "request_id", ""), operations)))
        return super().formatMessage(record) + (f" [{ids}]" if ids else "")

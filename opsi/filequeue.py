"""Celery's queue as files under the data dir, for installations without a broker.

Kombu's filesystem transport, with the two places closed where a reader can meet half a file: a message being written
(kombu creates it under its final name first) and an exchange table being written. Folders are made as needed.
"""

import fcntl
import os
import uuid
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

LONGEST_WAIT = 0.5  # seconds


def _write_whole(path: Path, content: str) -> None:
    unfinished = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        unfinished.write_text(content)
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)  # on a full disk half of it is left
        raise


class Channel(filesystem.Channel):
    @property
    def _messages(self) -> Path:
        folder = Path(self.data_folder_in)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # Wall time orders messages over restarts of the machine, which kombu's monotonic clock does not.
        _write_whole(self._messages / f"{time_ns():020}_{uuid.uuid4().hex}.{queue}.msg", dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self._waiting(queue):
            claimed = path.with_name(f".{path.name}.{os.getpid()}.claimed")
            try:
                path.rename(claimed)
            except FileNotFoundError:
                continue  # another worker was quicker
            payload = claimed.read_text()
            claimed.unlink()
            return loads(payload)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue: str) -> list[Path]:
        # Unfinished and claimed files start with a dot, so what stands before their first dot is empty.
        parted = (name.partition(".") for name in os.listdir(self._messages))
        names = sorted("".join(parts) for parts in parted if parts[0] and parts[2] == f"{queue}.msg")
        return [self._messages / name for name in names]

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        table: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # newer than its stubs
        self.control_folder.mkdir(parents=True, exist_ok=True)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            rows = self.get_table(exchange)
            if row not in rows:
                _write_whole(table, dumps([row, *rows]))


class Transport(filesystem.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        # A worker looks whether it is to stop only between two of these, and asks for two seconds each.
        super().drain_events(connection, timeout=timeout and min(timeout, LONGEST_WAIT), **kwargs)

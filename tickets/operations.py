"""A person's one act on tickets: everything it writes shares one operation id and one transaction (domain §2).

    with operation(by=uma):
        ticket.note("Looked at it", by=uma)
        ticket.change_state("in_progress", by=uma)

A verb called on its own is an operation of its own; inside a `with` it joins that one.
"""

import datetime
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from opsi.logs import about_operation
from opsi.models import User


@dataclass(frozen=True)
class Operation:
    """`by` is who acts (None: the system itself); `quiet` tells nobody, but the history keeps that it was so.

    `at` dates what is taken over from elsewhere (an import, the demo data); None is now.
    """

    by: User | None
    quiet: bool = False
    at: datetime.datetime | None = None
    # Ids sort by time, so that a sweep takes the oldest first; made here as Python 3.12 has no uuid7 yet.
    id: uuid.UUID = field(default_factory=lambda: _time_ordered_id())
    take_back: list[Callable[[], None]] = field(default_factory=list, repr=False, compare=False)

    def now(self) -> datetime.datetime:
        return self.at or timezone.now()


def _time_ordered_id() -> uuid.UUID:
    stamp = int(time.time() * 1000).to_bytes(6)
    random = bytearray(uuid.uuid4().bytes[6:])
    random[0] = random[0] & 0x0F | 0x70
    return uuid.UUID(bytes=stamp + bytes(random))


_current: ContextVar[Operation | None] = ContextVar("operation", default=None)


def now() -> datetime.datetime:
    """The time of the operation under way, or simply now."""
    under_way = _current.get()
    return under_way.now() if under_way else timezone.now()


def on_failure(take_back: Callable[[], None]) -> None:
    """Call `take_back` should the operation under way fail: for what no rollback undoes, such as a stored file."""
    if under_way := _current.get():
        under_way.take_back.append(take_back)


@contextmanager
def operation(
    by: User | None, quiet: bool = False, at: datetime.datetime | None = None
) -> Iterator[Operation]:
    """Join the operation under way, or begin one; `quiet` and `at` count only for the one that begins."""
    under_way = _current.get()
    if under_way is not None:
        with transaction.atomic():
            yield under_way
        return
    beginning = Operation(by=by, quiet=quiet, at=at)
    token = _current.set(beginning)
    try:
        with about_operation(beginning.id), transaction.atomic():
            yield beginning
    except BaseException:
        for take_back in beginning.take_back:
            take_back()
        raise
    finally:
        _current.reset(token)

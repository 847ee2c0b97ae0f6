"""What is wrong with an installation, and what to do: asked by `manage.py doctor` (docs/operations.md).

A check is a function that yields what it found: `ok(…)`, `warning(…)` or `bad(…)`, each with a sentence, in English,
for whoever operates the installation. Floors above register theirs in `AppConfig.ready()`: `register("mail route",
check)`. A check may fail or hang; neither harms the others.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.db import DatabaseError, connections

from opsi import health

LIMIT = 30.0  # seconds that one check may take
# Without these a check that reads tables would only fail.
FOUNDATIONS = {"database", "migrations"}


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


class Said(NamedTuple):
    verdict: Verdict
    words: str


class Finding(NamedTuple):
    part: str
    verdict: Verdict
    words: str


@dataclass
class Asked:
    """`mail_to`: an address that wants a test mail; `tables`: whether the database has those that the code knows."""

    mail_to: str = ""
    tables: bool = True


type Check = Callable[[Asked], Iterable[Said]]


class _Registered(NamedTuple):
    check: Check
    reads_tables: bool


_checks: dict[str, _Registered] = {}


def ok(words: str) -> Said:
    return Said(Verdict.OK, words)


def warning(words: str) -> Said:
    return Said(Verdict.WARNING, words)


def bad(words: str) -> Said:
    return Said(Verdict.BAD, words)


def register(part: str, check: Check, *, reads_tables: bool = False) -> None:
    """Have `check` asked about the part of that name; registering it again replaces it."""
    _checks[part] = _Registered(check, reads_tables)


def examine(asked: Asked, limit: float = LIMIT) -> Iterator[Finding]:
    """What each check says, in their order; then what /readyz says of its parts."""
    parts = {name: _Registered(_as_check(state), True) for name, state in health.parts().items()}
    for part, (check, reads_tables) in (_checks | parts).items():
        if reads_tables and not asked.tables:
            said = [warning("Not looked at: it reads the database, which has to be put right first.")]
        else:
            said = _within(limit, check, asked)
        for verdict, words in said:
            if part in FOUNDATIONS and verdict is Verdict.BAD:
                asked.tables = False
            yield Finding(part, verdict, words)


def _as_check(state: Callable[[], str]) -> Check:
    def check(_asked: Asked) -> Iterator[Said]:
        words = state()
        if words.startswith("ok"):
            yield ok(_sentence(words.removeprefix("ok").strip(" ()") or "all is well"))
        else:
            yield bad(_sentence(words))

    return check


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _within(limit: float, check: Check, asked: Asked) -> list[Said]:
    """What `check` says. It runs in a thread, which is left alone where it hangs: names and disks know no timeouts."""
    said: list[Said] = []

    def ask() -> None:
        try:
            said.extend(check(asked))
        except DatabaseError as error:
            said.append(bad(f"The database broke off ({one_line(error)}): see what is said of it above."))
        except Exception as error:  # whatever it is, the other checks are to be asked
            said.append(
                bad(f"This check failed itself ({one_line(error)}): tell whoever looks after the program.")
            )
        finally:
            connections.close_all()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(limit)
    if thread.is_alive():
        return [
            *said,
            bad(f"It did not answer within {limit:g} seconds: see whether its host is well, and try again."),
        ]
    return said or [ok("Nothing to say.")]


def one_line(error: BaseException) -> str:
    """What `error` says, on one line, with its kind where it says nothing."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

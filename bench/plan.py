"""What is measured together, in this order; the large tables come last, so that they slow nothing else down."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from bench import fanout, large, mailbag, pages
from bench.measuring import Measured, Side, side_by_side
from bench.peer.beside import Peer, Unavailable
from bench.world import WATCHERS, World


@dataclass(frozen=True)
class Part:
    names: tuple[str, ...]
    sides: Callable[[World, float], list[Side]]
    rounds: float = 1  # times the number of rounds asked for


PARTS = (
    Part(fanout.NAMES, lambda world, scale: fanout.sides(world)),
    Part(fanout.REQUESTS, lambda world, scale: fanout.requests(world), rounds=5),
    Part(fanout.LAST_MAILS, lambda world, scale: fanout.last_mail(world), rounds=0.5),
    Part(
        ("mail_rate", "mail_rate_bare"),
        lambda world, scale: mailbag.sides(world, 1, "mail_rate", "mail_rate_bare"),
        rounds=0.5,
    ),
    Part(
        ("zoom_10", "zoom_bare_10", "zoom_100", "zoom_bare_100", "zoom_100_w1000", "zoom_bare_100_w1000"),
        lambda world, scale: pages.sides(world),
        rounds=5,
    ),
    Part(
        ("flush_10k", "flush_bare_10k"),
        lambda world, scale: mailbag.sides(world, 10, "flush_10k", "flush_bare_10k"),
        rounds=0.5,
    ),
    Part(large.NAMES, large.sides, rounds=2),
    Part((large.MARKING,), large.marking),
)


def names() -> list[str]:
    return [name for part in PARTS for name in part.names]


def chosen(asked: list[str] | None) -> list[Part]:
    """The parts with what is `asked` for; all without. KeyError for a name that there is not."""
    if asked is None:
        return list(PARTS)
    for name in asked:
        if name not in names():
            raise KeyError(name)
    return [part for part in PARTS if set(asked) & set(part.names)]


def measure(parts: list[Part], rounds: int, scale: float, peer: Peer | None = None) -> Iterator[Measured]:
    """Part by part, as each is done. `scale`: how many watchers, mails, tickets and inbox rows there are; 1 is all.

    Where the `peer` fails, all of ours comes all the same, and then Unavailable.
    """
    world, failure = World(watchers(scale)), None
    for part in parts:
        times = max(1, round(rounds * part.rounds))
        sides = part.sides(world, scale)
        if peer and not failure:
            try:
                yield from side_by_side([*sides, *peer.sides(part.names)], times)
                continue
            except Unavailable as problem:
                failure = problem
        yield from side_by_side(sides, times)
    if failure:
        raise failure


def watchers(scale: float) -> int:
    return max(10, round(WATCHERS * scale))


def machine() -> str:
    database = f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}"
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {database}"

"""Timing things side by side: in turn, round by round, so that what slows the machine down slows all of them down."""

import gc
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.test.utils import CaptureQueriesContext

IN_A_ROW = 5


def nothing() -> None:
    pass


@dataclass
class Side:
    """One thing that is measured: `act` against the clock, `before` each time without it.

    `makes`: how many an act makes of what is counted by the second; 0 where its time itself is the figure. `bare` names
    the side that it is compared with. `times`: an act of few milliseconds, which changes nothing, is done so often in a
    row, and its time is their mean: the first after another side's finds nothing of its own in the processor's caches.
    """

    name: str
    act: Callable[[], object]
    before: Callable[[], object] = nothing
    makes: int = 0
    bare: str = ""
    times: int = 1

    def once(self) -> float:
        """Seconds for one act; or, where it makes many, how many it makes a second."""
        self.before()
        gc.collect()
        gc.disable()
        try:
            began = time.perf_counter()
            for _time in range(self.times):
                self.act()
            took = (time.perf_counter() - began) / self.times
        finally:
            gc.enable()
        return self.makes / took if self.makes else took

    def statements(self) -> int:
        """How many an act takes, after one to warm up."""
        self.once()
        self.before()
        with CaptureQueriesContext(connection) as captured:
            self.act()
        return len(captured)


@dataclass
class Measured:
    """The figures of one side: seconds, or where `per_second` how many a second; `ratio` to its bare twin."""

    name: str
    values: list[float]
    statements: int
    per_second: bool = False
    ratio: float | None = None
    note: str = field(default="")

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """What 95 % of the rounds are as good as or better than."""
        worst_last = sorted(self.values, reverse=self.per_second)
        return worst_last[math.ceil(0.95 * len(worst_last)) - 1]

    def as_json(self) -> dict:
        ratio = None if self.ratio is None else round(self.ratio, 3)
        return {
            "name": self.name,
            "median": round(self.median, 6),
            "p95": round(self.p95, 6),
            "unit": "per second" if self.per_second else "seconds",
            "statements": self.statements,
            "ratio": ratio,
        }


def side_by_side(sides: list[Side], rounds: int) -> list[Measured]:
    """Each side once to warm up, once with its statements counted, then `rounds` times in turn.

    A ratio is the median of the rounds' ratios.
    """
    statements = {side.name: side.statements() for side in sides}
    values: dict[str, list[float]] = {side.name: [] for side in sides}
    for _round in range(rounds):
        for side in sides:
            values[side.name].append(side.once())
    return [
        Measured(
            side.name,
            values[side.name],
            statements[side.name],
            per_second=bool(side.makes),
            ratio=_ratio(values[side.name], values[side.bare]) if side.bare else None,
        )
        for side in sides
    ]


def _ratio(values, bare):
    return statistics.median(one / other for one, other in zip(values, bare, strict=True))

"""A chart of hours as geometry, drawn by a template: no script, no library, and a table beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils import timezone

from notifications.health import Hour

WIDTH, HEIGHT = 960, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 28
KINDS = ("notices", "sent", "failed")
LINES = 4
LABELS = 12  # at most, below


class Bar(NamedTuple):
    kind: str
    x: str
    y: str
    width: str
    height: str


class Line(NamedTuple):
    y: str
    value: int


class Label(NamedTuple):
    x: str
    text: str


class Chart:
    """`hours` as three bars each. Measures are text, since a template would write 1.5 as 1,5 in some languages."""

    width, height, left, right, bottom = WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM

    def __init__(self, hours: Sequence[Hour]):
        self.hours = hours
        self.top = _rounded_up(max((getattr(hour, kind) for hour in hours for kind in KINDS), default=0))
        self.step = (WIDTH - LEFT - RIGHT) / len(hours)
        self.total = {kind: sum(getattr(hour, kind) for hour in hours) for kind in KINDS}

    @property
    def bars(self) -> list[Bar]:
        width = self.step * 0.8 / len(KINDS)
        found = []
        for place, hour in enumerate(self.hours):
            for nth, kind in enumerate(KINDS):
                if value := getattr(hour, kind):
                    # However little it is beside the others, a bar can be seen.
                    tall = max(2.0, value / self.top * (HEIGHT - TOP - BOTTOM))
                    x = LEFT + place * self.step + self.step * 0.1 + nth * width
                    found.append(
                        Bar(kind, _text(x), _text(HEIGHT - BOTTOM - tall), _text(width), _text(tall))
                    )
        return found

    @property
    def lines(self) -> list[Line]:
        return [
            Line(_text(HEIGHT - BOTTOM - nth / LINES * (HEIGHT - TOP - BOTTOM)), self.top * nth // LINES)
            for nth in range(LINES + 1)
        ]

    @property
    def labels(self) -> list[Label]:
        every = -(-len(self.hours) // LABELS)
        return [
            Label(_text(LEFT + (place + 0.5) * self.step), f"{timezone.localtime(hour.begins):%H:%M}")
            for place, hour in enumerate(self.hours)
            if place % every == 0
        ]


def _text(measure: float) -> str:
    return f"{measure:.1f}"


def _rounded_up(value: int) -> int:
    """The next number that four lines part evenly, 4 at least."""
    scale = 4
    while scale < value:
        scale *= 10 if scale * 10 <= value else 2
    return scale

"""Reads the stories of the demo data: plain text, one act after the other (docs/demo.md has the grammar)."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

STORIES = Path(__file__).parent / "stories"

_TITLE = re.compile(r"^= (?P<title>.+?)(?: \[(?P<key>[\w-]+)\])?$")
_ACT = re.compile(
    r"^(?:-(?P<minutes>\d+)m|(?:(?P<plus>\+)?(?P<days>\d+) )?(?P<hour>\d\d):(?P<minute>\d\d)) "
    r"(?P<who>[a-z]+): (?P<steps>.+)$"
)
NOBODY = "system"


class BadStory(ValueError):
    """A story that cannot be read, with its file and line."""


@dataclass(frozen=True)
class Act:
    """What one person does at one moment: `steps` are (verb, argument), `text` is what they write, "" for nothing.

    `entries` are the articles of a long log, laid down at once: see `notifications.demo.threads`.
    """

    at: datetime.datetime
    who: str
    steps: list[tuple[str, str]]
    text: str = ""
    entries: list["Entry"] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """One article of a long log; `who` is a login, or "system"."""

    at: datetime.datetime
    who: str
    text: str
    public: bool = False


@dataclass
class Story:
    """One ticket from its opening on; `key` is how other stories speak of it."""

    title: str
    key: str
    acts: list[Act] = field(default_factory=list)


class Calendar:
    """Turns a story's days into dates: day 1 is the last working day before `now`, day 2 the one before that."""

    def __init__(self, now: datetime.datetime):
        self.now = now
        self._days = [now.date()]

    def moment(self, days_ago: int, hour: int, minute: int, zone: ZoneInfo) -> datetime.datetime:
        local = datetime.time(hour, minute, tzinfo=zone)
        return datetime.datetime.combine(self._date(days_ago), local).astimezone(datetime.UTC)

    def _date(self, days_ago: int) -> datetime.date:
        while len(self._days) <= days_ago:
            day = self._days[-1] - datetime.timedelta(days=1)
            while day.weekday() >= 5:
                day -= datetime.timedelta(days=1)
            self._days.append(day)
        return self._days[days_ago]


def read_stories(now: datetime.datetime) -> list[Story]:
    """Every story of every file in `stories/`, dated back from `now`."""
    calendar = Calendar(now)
    return [story for path in sorted(STORIES.glob("*.txt")) for story in _Reader(path, calendar).stories()]


class _Reader:
    def __init__(self, path: Path, calendar: Calendar):
        self.path, self.calendar = path, calendar
        self.zone = ZoneInfo("UTC")
        self.day = 0

    def stories(self) -> Iterator[Story]:
        story: Story | None = None
        text: list[str] = []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate([*lines, "= end"], start=1):
            if title := _TITLE.match(line):
                if story is not None:
                    self._close_act(story, text)
                    yield story
                story, text = Story(title["title"], title["key"] or ""), []
            elif line.startswith("zone "):
                self.zone = ZoneInfo(line.removeprefix("zone "))
            elif (match := _ACT.match(line)) and story is not None:
                self._close_act(story, text)
                text = []
                story.acts.append(self._act(match, number))
            elif story is not None and story.acts:
                text.append(line)
            elif line.strip() and not line.startswith("#"):
                raise BadStory(f"{self.path.name}, line {number}: no act begins here: {line}")

    def _act(self, match: re.Match, number: int) -> Act:
        steps = []
        for step in match["steps"].split(", "):
            verb, _space, argument = step.strip().partition(" ")
            steps.append((verb, argument))
        return Act(self._time(match, number), match["who"], steps)

    def _time(self, match: re.Match, number: int) -> datetime.datetime:
        if match["minutes"]:
            self.day = 0
            return self.calendar.now - datetime.timedelta(minutes=int(match["minutes"]))
        if match["days"]:
            days = int(match["days"])
            self.day = self.day - days if match["plus"] else days
        if self.day < 1:
            # It would depend on the hour of the loading whether this has happened yet.
            raise BadStory(f"{self.path.name}, line {number}: clock times belong to days before today.")
        return self.calendar.moment(self.day, int(match["hour"]), int(match["minute"]), self.zone)

    def _close_act(self, story: Story, text: list[str]) -> None:
        if story.acts:
            story.acts[-1] = replace(story.acts[-1], text="\n".join(text).strip())

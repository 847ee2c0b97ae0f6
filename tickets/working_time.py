"""Arithmetic with working time: what lies within office hours, across nights, holidays and changes of the clock.

All moments are aware datetimes; what comes out is in UTC. Nothing here hangs: who looks for working time where there is
none finds None after ten years of days.
"""

import datetime
import re
import unicodedata
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

type Hours = tuple[tuple[int, int], ...]  # of one day: from, until, in minutes since local midnight

FURTHEST = 3660  # days
DAY = datetime.timedelta(days=1)
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\Z")
_DASHES = re.compile("[‐-―〜~−]")


def read_hours(text: str) -> Hours:
    """What “09:00-12:00, 13:00-17:30” means; nothing for "". ValidationError, in plain words, for anything else."""
    hours: list[tuple[int, int]] = []
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).replace("、", ",").replace(";", ",")
    for part in filter(None, (part.strip() for part in plain.split(","))):
        found = _SPAN.match(part)
        if found is None:
            raise ValidationError(
                _("“%(part)s” is no working time: write it as 09:00-17:00.") % {"part": part}
            )
        begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
        begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
        if begin_minute > 59 or end_minute > 59 or end > 24 * 60:
            raise ValidationError(_("“%(part)s”: a day ends at 24:00.") % {"part": part})
        if begin >= end:
            raise ValidationError(
                _("“%(part)s” ends before it begins: write a night as 22:00-24:00 and 00:00-06:00.")
                % {"part": part}
            )
        if hours and begin < hours[-1][1]:
            raise ValidationError(
                _("“%(part)s” begins before the time in front of it ends.") % {"part": part}
            )
        hours.append((begin, end))
    return tuple(hours)


def written(hours: Hours) -> str:
    """`hours` as they are read, in one spelling."""
    return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in hours)


def _clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True)
class WorkingTime:
    """`week`: the hours of Monday to Sunday; `holidays`: free dates; `yearly`: (month, day) free in every year."""

    zone: zoneinfo.ZoneInfo
    week: tuple[Hours, ...]
    holidays: frozenset[datetime.date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def add(self, moment: datetime.datetime, minutes: float) -> datetime.datetime | None:
        """`minutes` of working time after `moment`; with 0, when work goes on. None: not within ten years."""
        # In UTC, as sums and differences within another zone are those of its wall clock.
        moment, left = moment.astimezone(datetime.UTC), datetime.timedelta(minutes=minutes)
        for begin, end in self._spans(moment):
            begin = max(begin, moment)
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return None

    def between(self, start: datetime.datetime, end: datetime.datetime) -> datetime.timedelta:
        """How much working time lies between two moments; none where `end` is not after `start`."""
        start, end = start.astimezone(datetime.UTC), end.astimezone(datetime.UTC)
        total = datetime.timedelta(0)
        for begin, stop in self._spans(start):
            begin = max(begin, start)
            if begin >= end:
                break
            total += min(stop, end) - begin
        return total

    def again(self, since: datetime.datetime, moment: datetime.datetime) -> datetime.datetime | None:
        """When work begins on the next date that has any, after that of `moment`; None: not within ten years."""
        tomorrow = moment.astimezone(self.zone).date() + DAY
        return next((begin for begin, _end in self._spans_from(tomorrow)), None)

    def _spans(self, moment: datetime.datetime) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        """The working time that is not over at `moment`, span by span."""
        for begin, end in self._spans_from(moment.astimezone(self.zone).date()):
            if end > moment:
                yield begin, end

    def _spans_from(self, day: datetime.date) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        for _number in range(FURTHEST):
            if day not in self.holidays and (day.month, day.day) not in self.yearly:
                for begin, end in self.week[day.weekday()]:
                    span = self._moment(day, begin), self._moment(day, end)
                    if span[0] < span[1]:
                        yield span
            day += DAY

    def _moment(self, day, minute):
        """When the wall clock shows `minute` of `day`: the first time of two; where it skips that, when it skips."""
        wall = datetime.datetime.combine(day, datetime.time.min) + datetime.timedelta(minutes=minute)
        moment = wall.replace(tzinfo=self.zone).astimezone(datetime.UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) == wall:
            return moment
        return self._change_of_clock(wall.replace(tzinfo=self.zone, fold=1).astimezone(datetime.UTC), moment)

    def _change_of_clock(self, before, after):
        """The whole second, after `before` and not after `after`, in which the zone's offset changes."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > datetime.timedelta(seconds=1):
            middle = before + (after - before) / 2
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)


class AroundTheClock:
    """Working time without a calendar: always."""

    def add(self, moment: datetime.datetime, minutes: float) -> datetime.datetime | None:
        return moment.astimezone(datetime.UTC) + datetime.timedelta(minutes=minutes)

    def between(self, start: datetime.datetime, end: datetime.datetime) -> datetime.timedelta:
        return max(end.astimezone(datetime.UTC) - start.astimezone(datetime.UTC), datetime.timedelta(0))

    def again(self, since: datetime.datetime, moment: datetime.datetime) -> datetime.datetime | None:
        """The first moment after `moment` that is whole days after `since` (or before it)."""
        return since + ((moment - since) // DAY + 1) * DAY

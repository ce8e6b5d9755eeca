"""Cron expressions of six fields: minutes, hours, days of the month, months, days of the week, years.

Source: EventBridge's "Cron expressions reference", to which Application Auto Scaling refers.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import product
from typing import Final


class InvalidSchedule(ValueError):
    """A text that is no schedule, or a time zone that is not known."""


_HOURS_BEFORE: Final = timedelta(hours=3)
_YEARS: Final = range(1970, 2200)
_NO_NAMES: Final[Mapping[str, int]] = {}
_MONTH_NAMES: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS: Final = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_DAY_OF_MONTH: Final = re.compile(r"L|LW|(3[01]|[12][0-9]|[1-9])W")
_DAY_OF_WEEK: Final = re.compile(r"(?:([1-7])|(SUN|MON|TUE|WED|THU|FRI|SAT))(?:(L)|#([1-5]))")


@dataclass(frozen=True)
class Cron:
    """A cron expression of six fields; of `day` (a month's) and `weekday` one is `?`."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    day: str
    months: frozenset[int]
    weekday: str
    years: frozenset[int]
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone: tzinfo) -> "Cron":
        """The expression in the parentheses. Raises InvalidSchedule."""
        fields = text.upper().split()
        if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?"):
            raise InvalidSchedule(text)
        minutes, hours, day, months, weekday, years = fields
        parsed = cls(
            tuple(sorted(_numbers(minutes, range(60), _NO_NAMES))),
            tuple(sorted(_numbers(hours, range(24), _NO_NAMES))),
            day,
            frozenset(_numbers(months, range(1, 13), _MONTHS)),
            weekday,
            frozenset(_numbers(years, _YEARS, _NO_NAMES)),
            zone,
        )
        parsed._days(2000, 1)  # What is wrong with the days shows in any month.
        return parsed

    def after(self, moment: float, since: float) -> float | None:
        """The first minute after `moment` that the fields allow."""
        local = datetime.fromtimestamp(moment, UTC).astimezone(self.zone)
        # An hour of local time may be there twice or not at all, so a little of what was before is looked at.
        for year, month, day, hour in self._hours_from(local.replace(tzinfo=None) - _HOURS_BEFORE):
            for minute in self.minutes:
                found = datetime(year, month, day, hour, minute, tzinfo=self.zone).timestamp()
                if found > moment:
                    return found
        return None

    def _hours_from(self, first: datetime) -> Iterator[tuple[int, int, int, int]]:
        """Year, month, day and hour of every hour that the fields allow, from that of a local time on."""
        month, start = (first.year, first.month), (first.year, first.month, first.day, first.hour)
        months = product(sorted(self.years), sorted(self.months))
        for year, number in (each for each in months if each >= month):
            for day, hour in product(sorted(self._days(year, number)), self.hours):
                if (year, number, day, hour) >= start:
                    yield year, number, day, hour

    def _days(self, year: int, month: int) -> set[int]:
        """The days of a month that the fields allow."""
        last = calendar.monthrange(year, month)[1]
        if self.weekday == "?":
            return {day for day in self._days_of_month(year, month, last) if day <= last}
        return self._days_of_week(year, month, last)

    def _days_of_month(self, year: int, month: int, last: int) -> set[int]:
        if not _DAY_OF_MONTH.fullmatch(self.day):
            return _numbers(self.day, range(1, 32), _NO_NAMES)
        if self.day == "L":
            return {last}
        wanted = last if self.day == "LW" else int(self.day[:-1])
        return {_nearest_workday(year, month, wanted, last)} if wanted <= last else set()

    def _days_of_week(self, year: int, month: int, last: int) -> set[int]:
        offset = (calendar.weekday(year, month, 1) + 1) % 7 + 1  # of the first: Sunday is 1
        found = _DAY_OF_WEEK.fullmatch(self.weekday)
        if found is None:
            wanted = {7} if self.weekday == "L" else _numbers(self.weekday, range(1, 8), _WEEKDAYS)
            return {day for day in range(1, last + 1) if (offset + day - 2) % 7 + 1 in wanted}
        number = int(found[1]) if found[1] else _WEEKDAYS[found[2]]
        days = [day for day in range(1, last + 1) if (offset + day - 2) % 7 + 1 == number]
        which = -1 if found[3] else int(found[4]) - 1
        return set(days[which:][:1])


def _nearest_workday(year: int, month: int, day: int, last: int) -> int:
    """The working day of a month that is nearest to a day of it."""
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _numbers(field: str, allowed: range, names: Mapping[str, int]) -> set[int]:
    """The numbers of a field: `*`, a number or name, a range, any of these `/step`, and lists of them."""
    found: set[int] = set()
    for part in field.split(","):
        base, slash, step = part.partition("/")
        start, dash, end = base.partition("-")
        if base == "*":
            low, high = allowed[0], allowed[-1]
        else:
            low = _number(start, allowed, names)
            high = _number(end, allowed, names) if dash else (allowed[-1] if slash else low)
        width = _positive(step) if slash else 1
        if low > high:  # A range may go round: FRI-MON.
            found.update(range(low, allowed[-1] + 1, width), range(allowed[0], high + 1, width))
        found.update(range(low, high + 1, width))
    return found


def _number(text: str, allowed: range, names: Mapping[str, int]) -> int:
    value = names.get(text)
    if value is None:
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1
    if value not in allowed:
        raise InvalidSchedule(text)
    return value


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4) or int(text) == 0:
        raise InvalidSchedule(text)
    return int(text)

"""Schedules: at(…), rate(…) and cron(…), as EventBridge and Application Auto Scaling write them.

A schedule tells the moment that follows another. Times are seconds since the epoch; `at` and `cron` are read
in a time zone. Source: the API reference of PutScheduledAction.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from stator.monitoring.scaling.cron import Cron, InvalidSchedule

_FORM: Final = re.compile(r"(at|rate|cron)\((.*)\)", re.DOTALL)
_RATE: Final = re.compile(r"([1-9][0-9]{0,8}) (minute|hour|day)s?")
_SECONDS: Final = {"minute": 60, "hour": 3_600, "day": 86_400}
_AT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_WINDOWS: Final = (3_600.0, 86_400.0, 31 * 86_400.0, 367 * 86_400.0)


class Schedule(Protocol):
    """Moments that follow each other."""

    def after(self, moment: float, since: float) -> float | None:
        """The first moment after `moment`; None if there is none. `since` is when the schedule began."""
        ...


def parse(text: str, timezone: str | None = None) -> Schedule:
    """The schedule that a text means. Raises InvalidSchedule."""
    zone = _zone(timezone)
    found = _FORM.fullmatch(text)
    if found is None:
        raise InvalidSchedule(text)
    kind, inner = found[1], found[2]
    if kind == "at":
        return _at(inner, zone)
    return _rate(inner) if kind == "rate" else Cron.parse(inner, zone)


def latest(schedule: Schedule, due: float, now: float, since: float) -> float:
    """The last moment of a schedule that is past: `due`, which is, or a later one.

    It looks back further and further, so that many missed moments of a short rate are not counted one by one.
    """
    for window in _WINDOWS:
        found = schedule.after(max(due, now - window), since)
        if found is not None and found <= now:
            return _last(schedule, found, now, since)
    return due


def _last(schedule: Schedule, found: float, now: float, since: float) -> float:
    while (following := schedule.after(found, since)) is not None and following <= now:
        found = following
    return found


def _zone(name: str | None) -> tzinfo:
    try:
        return UTC if name is None else ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # Unknown, or no name of a zone at all.
        raise InvalidSchedule(name) from None


@dataclass(frozen=True)
class At:
    """Once."""

    moment: float

    def after(self, moment: float, since: float) -> float | None:
        """That one moment, if it is yet to come."""
        return self.moment if self.moment > moment else None


def _at(text: str, zone: tzinfo) -> At:
    if not _AT.fullmatch(text):
        raise InvalidSchedule(text)
    try:
        return At(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())
    except (ValueError, OverflowError):
        raise InvalidSchedule(text) from None


@dataclass(frozen=True)
class Rate:
    """Every so many seconds from when the schedule began."""

    seconds: float

    def after(self, moment: float, since: float) -> float | None:
        """The next multiple of the rate."""
        passed = max(0, (moment - since) // self.seconds)
        return since + (passed + 1) * self.seconds


def _rate(text: str) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None:
        raise InvalidSchedule(text)
    return Rate(int(found[1]) * _SECONDS[found[2]])

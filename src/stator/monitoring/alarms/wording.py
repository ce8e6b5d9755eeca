"""How AWS writes numbers and times in reasons, notifications and histories."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

_PLAIN_MIN: Final = 1e-3
_PLAIN_MAX: Final = 1e7


def number(value: float) -> str:
    """A number as Java writes a double: `5.0`, `0.25`, `1.0E7`, `1.234E-5`."""
    value = float(value)
    size = abs(value)
    if value == 0 or _PLAIN_MIN <= size < _PLAIN_MAX or not math.isfinite(value):
        return repr(value)
    _, digits, exponent = Decimal(repr(size)).normalize().as_tuple()
    assert isinstance(exponent, int)
    first, rest = digits[0], "".join(map(str, digits[1:])) or "0"
    return f"{'-' if value < 0 else ''}{first}.{rest}E{len(digits) - 1 + exponent}"


def short_time(seconds: float) -> str:
    """A time as reasons have it: `20/11/26 15:20:00`."""
    return _utc(seconds).strftime("%d/%m/%y %H:%M:%S")


def long_time(seconds: float) -> str:
    """A time as the reasons of composite alarms have it: `Friday 20 November, 2026 15:20:00 UTC`."""
    return _utc(seconds).strftime("%A %d %B, %Y %H:%M:%S UTC")


def stamp(seconds: float) -> str:
    """A time as JSON has it: `2026-11-20T15:20:00.000+0000`."""
    moment = _utc(seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def plural(count: int, word: str) -> str:
    """A number of things: `1 datapoint`, `3 datapoints`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)

"""Functions that tell of each period of a time series when it is, in UTC, whether it has a value or not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from stator.monitoring.metrics.math.values import Context, Series, Value

PARTS: Final[dict[str, Callable[[datetime], float]]] = {
    "MINUTE": lambda time: time.minute,
    "HOUR": lambda time: time.hour,
    "DAY": lambda time: time.isoweekday(),  # 1 is Monday
    "DATE": lambda time: time.day,
    "MONTH": lambda time: time.month,
    "YEAR": lambda time: time.year,
    "EPOCH": lambda time: time.timestamp(),
}


def part(of: Callable[[datetime], float]) -> Callable[..., Value]:
    """The function of metric math."""

    def body(context: Context, series: Series) -> Value:
        times = context.window.times(series.period)
        return series.of({time: float(of(datetime.fromtimestamp(time, UTC))) for time in times})

    return body

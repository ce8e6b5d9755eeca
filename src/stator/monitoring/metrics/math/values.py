"""What metric math computes with: numbers, time series, arrays of time series, and the window they are of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from stator.monitoring.metrics.points import Metric, Point
from stator.monitoring.metrics.retention import oldest
from stator.monitoring.metrics.statistics import parse as parse_statistic

SCALAR: Final = "Scalar"
SERIES: Final = "TimeSeries"
ARRAY: Final = "Array[TimeSeries]"
STRING: Final = "String"
KEYWORD: Final = "Keyword"


class MathError(ValueError):
    """An expression that cannot be; its text is what AWS would say after `Error in expression '…': `."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time from `start` to before `end`, in seconds since the epoch.

    Periods begin at multiples of themselves if it is `aligned`, which is how GetMetricData sees time, else at
    `start`, from which an alarm looks back. With the time `now`, periods that begin before anything is kept
    for so short ones are left out, which bounds their number too.
    """

    start: int
    end: int
    aligned: bool = True
    now: int | None = None

    def first(self, period: int) -> int:
        """The beginning of the first period."""
        start = self.start if self.now is None else max(self.start, oldest(period, self.now))
        return start - start % period if self.aligned else start

    def times(self, period: int) -> range:
        """The beginnings of all periods."""
        return range(self.first(period), self.end, period)


@dataclass(frozen=True, slots=True)
class MetricStat:
    """A statistic (`stator.monitoring.metrics.statistics`) of a metric in periods of so many seconds."""

    metric: Metric
    period: int
    stat: str
    unit: str | None = None

    def values(self, points: Iterable[tuple[int, Point]]) -> dict[int, float]:
        """What the points of a store come to, by time; those are left out whose statistic is not known."""
        statistic = parse_statistic(self.stat)
        found = ((time, statistic(point)) for time, point in points)
        return {time: value for time, value in found if value is not None}


@dataclass(frozen=True, slots=True)
class Series:
    """A time series: values by the time at which their periods begin, ascending; gaps are left out.

    `label` is what it is called among others, `id` the query that it is the metric of, and `origin` whose
    values these are, or were made of first.
    """

    points: Mapping[int, float]
    period: int
    label: str = ""
    id: str = ""
    origin: MetricStat | None = None

    def of(self, points: Mapping[int, float]) -> "Series":
        """Other values under the same label."""
        return replace(self, points=points)

    def labelled(self, label: str) -> "Series":
        """The same values under another label."""
        return replace(self, label=label)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word in capitals that is an option of a function, such as REPEAT."""

    name: str


Value = float | Series | tuple[Series, ...] | str | Keyword


def type_of(value: Value) -> str:
    """What messages call the type of a value."""
    match value:
        case Series():
            return SERIES
        case tuple():
            return ARRAY
        case str():
            return STRING
        case Keyword():
            return KEYWORD
    return SCALAR


def all_times(series: Iterable[Series]) -> list[int]:
    """The times at which any of these has a value, ascending."""
    times: set[int] = set()
    for one in series:
        times.update(one.points)
    return sorted(times)


@dataclass(slots=True)
class Context:
    """What an expression is evaluated in.

    `metrics` are the metrics of the request, `named` the values of the queries that the expression may refer
    to, `found` what its searches found, by their nodes. `period` is that of the expression itself, `notes`
    collects what is to be told of the result.
    """

    window: Window
    period: int
    metrics: tuple[Series, ...] = ()
    named: Mapping[str, Value] = field(default_factory=dict)
    found: Mapping[object, tuple[Series, ...]] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)

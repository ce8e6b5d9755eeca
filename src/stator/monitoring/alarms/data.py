"""What a metric alarm looks at: the values of its evaluation range, from the store of metrics.

A long range is read in steps, with rests in between.
"""

from math import gcd
from typing import Final

from stator.base.pace import Pace
from stator.monitoring.alarms.definition import MetricRule
from stator.monitoring.alarms.evaluation import Datum, range_of
from stator.monitoring.metrics.distribution import one
from stator.monitoring.metrics.math.evaluation import Evaluation
from stator.monitoring.metrics.math.plan import ExpressionError
from stator.monitoring.metrics.math.values import MetricStat, Window
from stator.monitoring.metrics.members import plan_of, watched
from stator.monitoring.metrics.points import Point
from stator.monitoring.metrics.statistics import statistic
from stator.monitoring.metrics.store import MetricsStore

_STEP_SECONDS: Final = (
    240 * 60
)  # of the range that a step reads: two milliseconds, if each minute has a point
_HOUR: Final = 3600  # the coarsest resolution that is kept


async def data_of(rule: MetricRule, end: int, store: MetricsStore, pace: Pace) -> list[Datum]:
    """The data of the range that ends at `end`, one for each period, newest first.

    The periods go backwards from `end`, so the window of an alarm slides with each minute. What an expression
    cannot be computed of is missing.
    """
    count = range_of(rule)
    window = Window(end - count * rule.period, end, aligned=False)
    if rule.metric is not None:
        stat = MetricStat(rule.metric, rule.period, rule.statistic, rule.unit)
        points = await _read(store, stat, window, pace)
        found = {time: Datum(time, statistic(point, stat.stat), point.samples) for time, point in points}
    else:
        found = await _of_queries(rule, window, store, pace)
    times = (end - number * rule.period for number in range(1, count + 1))
    return [found.get(time) or Datum(time) for time in times]


async def _of_queries(rule: MetricRule, window: Window, store: MetricsStore, pace: Pace) -> dict[int, Datum]:
    evaluation = Evaluation(plan_of(rule.queries), window)
    id_ = watched(rule.queries)
    for stat in evaluation.needs(id_):
        evaluation.supply(stat, stat.values(await _read(store, stat, window, pace)))
    try:
        with pace.step():
            result = evaluation.result(id_)
    except ExpressionError:
        return {}
    if len(result.series) != 1:  # An alarm watches one time series.
        return {}
    return {time: Datum(time, value) for time, value in result.series[0].points.items()}


async def _read(store: MetricsStore, stat: MetricStat, window: Window, pace: Pace) -> list[tuple[int, Point]]:
    """The points of a statistic in each of its periods, ascending."""
    period, start = stat.period, window.start
    # A part of a period sees the same resolutions as the period, since they all divide an hour.
    part = period if period <= _STEP_SECONDS else gcd(period, _HOUR)
    length = _STEP_SECONDS // part * part
    periods: dict[int, list[Point]] = {}
    for begin in range(start, window.end, length):
        if begin > start:
            await pace.rest()
        with pace.step():
            end = min(begin + length, window.end)
            for time, point in store.read(stat.metric, begin, end, part, stat.unit):
                periods.setdefault(start + (time - start) // period * period, []).append(point)
    return [(time, one(points)) for time, points in periods.items()]

"""IF: one value or another, for each time at which the condition has a value.

The condition holds where it is not 0. Where it holds and the first choice has no value, the result is 0;
where it does not hold and the other choice has none, there is none ("Using IF expressions", user guide).
"""

from dataclasses import replace

from stator.monitoring.metrics.math.values import Context, Series, Value


def choose(
    context: Context, condition: float | Series, then: float | Series, other: float | Series | None = None
) -> Value:
    """What IF gives."""
    if isinstance(condition, float):
        return _whole(context, then if condition else other)
    points: dict[int, float] = {}
    for time, holds in condition.points.items():
        chosen = then if holds else other
        value = _at(chosen, time, 0.0 if holds else None)
        if value is not None:
            points[time] = value
    named = next((one for one in (then, other) if isinstance(one, Series)), condition)
    return replace(named, points=points, period=condition.period)


def _at(chosen: float | Series | None, time: int, missing: float | None) -> float | None:
    return chosen.points.get(time, missing) if isinstance(chosen, Series) else chosen


def _whole(context: Context, chosen: float | Series | None) -> Value:
    return Series({}, context.period) if chosen is None else chosen

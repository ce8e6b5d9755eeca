"""Why a metric alarm is in its state, in AWS's words, and the same as data (StateReasonData).

The texts are those that CloudWatch sends: `Threshold Crossed: 2 out of the last 3 datapoints [...] were ...`.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from stator.monitoring.alarms.definition import ALARM, COMPARISONS, INSUFFICIENT_DATA, MetricRule
from stator.monitoring.alarms.evaluation import Datum, Verdict
from stator.monitoring.alarms.wording import number, plural, short_time, stamp
from stator.monitoring.metrics.statistics import STANDARD

REASON_DATA_MAX: Final = 4000
_LISTED_MAX: Final = 5  # points that a reason names; from so many on, it says how many there are first
_TREATED: Final = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


def reason(rule: MetricRule, verdict: Verdict) -> str:
    """The text of a state's reason."""
    if verdict.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_things(rule.periods)} unknown."
    to_alarm = verdict.state == ALARM
    points = [datum for datum in verdict.points if rule.breaches(_value(datum)) == to_alarm]
    if not points:
        return _without_points(rule, verdict)
    text = f"Threshold Crossed: {_count(rule, len(points))}"
    listed = ", ".join(
        f"{number(_value(datum))} ({short_time(datum.time)})" for datum in points[:_LISTED_MAX]
    )
    negated = "" if to_alarm else "not "
    verb = "was" if len(points) == 1 else "were"
    crossed = f"{verb} {negated}{COMPARISONS[rule.comparison]} the threshold ({number(rule.threshold)})"
    filled = f" and {_filled(rule, verdict)}" if verdict.filled else ""
    minimum = _minimum(rule, to_alarm)
    if len(points) < _LISTED_MAX:
        return f"{text} [{listed}] {crossed}{filled}{minimum}."
    most_recent = f"The most recent datapoints which crossed the threshold: [{listed}]"
    return f"{text} {crossed}{filled}. {most_recent}{minimum}."


def reason_data(rule: MetricRule, verdict: Verdict, now: float) -> str:
    """The JSON of a state's reason, at most 4,000 characters: older points are left out of a longer one."""
    data: dict[str, Any] = {"version": "1.0", "queryDate": stamp(now)}
    points = verdict.points
    if points:
        data["startDate"] = stamp(points[-1].time)
    if rule.unit is not None:
        data["unit"] = rule.unit
    if rule.statistic:
        data["statistic" if rule.statistic in STANDARD else "extendedStatistic"] = rule.statistic
    data["period"] = rule.period
    shown = len(verdict.evaluated)
    while True:
        evaluated = verdict.evaluated[:shown]
        data["recentDatapoints"] = [
            float(_value(datum)) for datum in reversed(evaluated) if datum.value is not None
        ]
        data["threshold"] = float(rule.threshold)
        data["evaluatedDatapoints"] = [_evaluated(datum) for datum in evaluated]
        text = json(data)
        if len(text) <= REASON_DATA_MAX:
            return text
        shown //= 2


def json(value: object) -> str:
    """Compact JSON, as AWS writes it."""
    return msgspec.json.encode(value).decode()


def _evaluated(datum: Datum) -> dict[str, Any]:
    shown: dict[str, Any] = {"timestamp": stamp(datum.time)}
    if datum.value is not None:
        if datum.samples is not None:
            shown["sampleCount"] = float(datum.samples)
        shown["value"] = float(datum.value)
    return shown


def _value(datum: Datum) -> float:
    assert datum.value is not None
    return datum.value


def _count(rule: MetricRule, points: int) -> str:
    if rule.m_of_n:
        return f"{points} out of the last {rule.periods} datapoints"
    return plural(points, "datapoint")


def _minimum(rule: MetricRule, to_alarm: bool) -> str:
    """How many points it takes; only said of alarms on M out of N."""
    if not rule.m_of_n:
        return ""
    least = rule.to_alarm if to_alarm else rule.periods - rule.to_alarm + 1
    way = "OK -> ALARM" if to_alarm else "ALARM -> OK"
    return f" (minimum {plural(least, 'datapoint')} for {way} transition)"


def _without_points(rule: MetricRule, verdict: Verdict) -> str:
    """The reason of a state that only missing data has asked for."""
    found: Sequence[Datum] = verdict.points
    received = _things(len(found)) if found else "no datapoints were"
    periods = plural(rule.periods, "period")
    return f"Threshold Crossed: {received} received for {periods} and {_filled(rule, verdict)}."


def _things(count: int) -> str:
    return f"{plural(count, 'datapoint')} {'was' if count == 1 else 'were'}"


def _filled(rule: MetricRule, verdict: Verdict) -> str:
    were = "was" if verdict.filled == 1 else "were"
    return f"{plural(verdict.filled, 'missing datapoint')} {were} treated as [{_TREATED[rule.missing]}]"

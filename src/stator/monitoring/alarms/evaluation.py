"""Evaluating a metric alarm: from its rule and the data of its evaluation range to a verdict.

CloudWatch asks for more data than it needs, the *evaluation range*. The newest `periods` of the points that
are there are decisive. Only if there are fewer, missing ones take the place of the rest:

    treatment        all are missing      some are there
    missing          INSUFFICIENT_DATA    decided on those, and early (below)
    ignore           state kept           decided on those; where `missing` would decide early, state kept
    breaching        count as breaching as many as it takes to have `periods`
    notBreaching     count as not breaching

*Early*: all points that are there breach, but fewer than `to_alarm`. If the oldest of them is at least as
many periods old as that, the alarm goes off; before, there is insufficient data. Source: "Configuring how
CloudWatch alarms treat missing data", with the section on premature transitions, and the older text of the
same page for the state before one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from stator.monitoring.alarms.definition import ALARM, INSUFFICIENT_DATA, OK, MetricRule

_EXTRA_PERIODS: Final = 2
"""By how many periods a range is longer. AWS's examples have 5 for 3, and its alarms on one period need three
without data to see it as missing."""

_SAMPLES_PER_SHARE: Final = 10.0


class Datum(NamedTuple):
    """What an alarm looks at in one period: when it begins, and its value (None: missing).

    `samples` is how many samples the value was made of; None where that makes no sense (a math expression).
    """

    time: int
    value: float | None = None
    samples: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that data asks for, and what it rests on.

    `evaluated` are the decisive periods, newest first, missing ones among them. `filled` is how many missing
    ones were counted as breaching or as not breaching.
    """

    state: str
    evaluated: Sequence[Datum]
    filled: int = 0

    @property
    def points(self) -> list[Datum]:
        """The decisive points that are there, newest first."""
        return [datum for datum in self.evaluated if datum.value is not None]


def range_of(rule: MetricRule) -> int:
    """How many periods are looked at."""
    return rule.periods + _EXTRA_PERIODS


def evaluate(rule: MetricRule, data: Sequence[Datum]) -> Verdict | None:
    """The verdict on the data of a range, newest first; None if the state is to be kept."""
    found = [datum for datum in data if datum.value is not None][: rule.periods]
    if _too_few_samples(rule, found):
        return None
    missing = rule.periods - len(found)
    breaching = sum(rule.breaches(datum.value) for datum in found if datum.value is not None)
    if missing == 0:
        return Verdict(ALARM if breaching >= rule.to_alarm else OK, found)
    evaluated = _with_missing(data, found, missing)
    if rule.missing in ("breaching", "notBreaching"):
        counted = breaching + (missing if rule.missing == "breaching" else 0)
        return Verdict(ALARM if counted >= rule.to_alarm else OK, evaluated, missing)
    if breaching >= rule.to_alarm:
        return Verdict(ALARM, evaluated)
    if breaching < len(found):
        return Verdict(OK, evaluated)
    if rule.missing == "ignore":
        return None
    if found and data.index(found[-1]) + 1 >= rule.to_alarm:
        return Verdict(ALARM, evaluated)
    return Verdict(INSUFFICIENT_DATA, evaluated)


def _with_missing(data: Sequence[Datum], found: Sequence[Datum], missing: int) -> list[Datum]:
    """The points that are there and the newest of the missing periods, newest first."""
    absent = [datum for datum in data if datum.value is None][:missing]
    return sorted((*found, *absent), reverse=True, key=lambda datum: datum.time)


def _too_few_samples(rule: MetricRule, found: Sequence[Datum]) -> bool:
    """Whether a percentile is of too few samples to mean something, and that matters.

    Fewer than 10 / (1 - percentile) for those from 0.5, than 10 / percentile for those below. Source:
    "Percentile-based alarms and low data samples".
    """
    if rule.percentile is None or not rule.ignore_low_samples or not found:
        return False
    share = rule.percentile / 100
    rest = 1 - share if share >= 0.5 else share
    return rest > 0 and sum(datum.samples or 0 for datum in found) < _SAMPLES_PER_SHARE / rest - 1e-9

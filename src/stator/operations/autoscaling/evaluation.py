"""Looking at what was consumed in the last minutes, and scaling by it.

A minute may be looked at more than once: what follows from it depends on the capacity as it is.
"""

from functools import partial
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from stator.monitoring.metrics.math import ExpressionError, Window
from stator.monitoring.metrics.math import evaluate as evaluate_queries
from stator.monitoring.metrics.members import metric_of, plan_of, watched
from stator.monitoring.metrics.points import Metric, Point, metric
from stator.monitoring.metrics.statistics import statistic
from stator.monitoring.scaling import alarms, store
from stator.monitoring.scaling.records import Place, Policy, Target
from stator.monitoring.scaling.tracking import IN_MINUTES, Wish, decide, wish
from stator.operations.autoscaling.capacity import bring_within, current, set_capacity
from stator.storage.engine import Reader, Transaction
from stator.tables.database import Database

_MINUTE: Final = 60


class Seen(NamedTuple):
    """A target, its policies and its capacity (None if it is gone or on demand), as of a snapshot."""

    target: Target
    policies: list[Policy]
    capacity: int | None

    @classmethod
    def of(cls, database: Database, reader: Reader, place: Place) -> "Seen | None":
        """None if it is no target (any more)."""
        target = store.TARGETS.get(reader, place)
        if target is None:
            return None
        return cls(target, store.POLICIES.of(reader, place), current(database, reader, place))


async def evaluate(database: Database, place: Place, until: int) -> None:
    """Scale a target as the minutes up to `until` ask for (seconds since the epoch). Raises StorageError."""
    seen = Seen.of(database, database.engine.reader, place)
    if seen is None or seen.capacity is None:
        return
    capacity = seen.capacity
    wishes = [
        (policy, wish(policy, _values(database, policy, capacity, until), capacity))
        for policy in seen.policies
    ]
    decision = decide(seen.target, wishes, capacity, until)
    published = all(policy.published == capacity for policy in seen.policies)
    if decision is None and published and not seen.target.owed:
        return
    await database.engine.write(partial(_carry_out, database, seen, decision, until))
    database.work.set()


def _carry_out(
    database: Database, seen: Seen, decision: Wish | None, until: int, transaction: Transaction
) -> None:
    """Do what was decided, if all is still as it was seen; else the next minute decides anew."""
    if Seen.of(database, transaction, seen.target.place) != seen:
        return
    target = seen.target
    if target.owed and bring_within(database, transaction, target):
        target = replace(target, owed=False)
    elif decision is not None:
        target = _scaled(database, transaction, seen, decision, until)
    if target != seen.target:
        store.TARGETS.put(transaction, target)
    _publish(database, transaction, seen.policies)


def _scaled(database: Database, transaction: Transaction, seen: Seen, decision: Wish, until: int) -> Target:
    """The target after its capacity has been changed, or has not."""
    assert seen.capacity is not None, "a decision is about a capacity"
    alarm = alarms.name(decision.policy, alarms.HIGH if decision.out else alarms.LOW)
    cause = f"monitor alarm {alarm} in state ALARM triggered policy {decision.policy.name}"
    activity = set_capacity(database, transaction, seen.target, decision.units, cause)
    if activity is None or activity.failure is not None:
        return seen.target
    if decision.out:
        by = decision.units - seen.capacity
        # A scaling out ends the cooldown of one in.
        return replace(seen.target, scaled_out_at=float(until), scaled_out_by=by, scaled_in_at=None)
    return replace(seen.target, scaled_in_at=float(until))


def _publish(database: Database, transaction: Transaction, policies: list[Policy]) -> None:
    """Have the alarms follow the capacity."""
    for policy in policies:
        capacity = current(database, transaction, policy.place)
        if capacity is not None and capacity != policy.published:
            policy = replace(policy, published=capacity)
            store.POLICIES.put(transaction, policy, policy.name)
            alarms.publish(transaction, policy, capacity, database.account, database.clock.now())


# What a policy tracks.


def _values(database: Database, policy: Policy, capacity: int, until: int) -> list[float | None]:
    """The metric that a policy tracks in the last minutes, oldest first; None where it is not known.

    What DynamoDB's own metrics do not have was not consumed. Minutes that began before the policy count for
    nothing.
    """
    custom = policy.configuration.get("CustomizedMetricSpecification")
    found = (
        _customized(database, custom, until) if custom else _utilization(database, policy, capacity, until)
    )
    return [
        found.get(minute, None if custom else 0.0) if minute >= policy.changed else None
        for minute in range(until - IN_MINUTES * _MINUTE, until, _MINUTE)
    ]


def _utilization(database: Database, policy: Policy, capacity: int, until: int) -> dict[int, float]:
    """What was consumed of the capacity, in percent, by minute."""
    place = policy.place
    consumed = metric(alarms.METRICS, alarms.consumed(place), alarms.dimensions(place))
    provisioned = capacity * _MINUTE
    return {minute: 100.0 * point.sum / provisioned for minute, point in _points(database, consumed, until)}


def _customized(database: Database, given: dict[str, Any], until: int) -> dict[int, float]:
    """The statistic of the metric, or the result of the queries, that a policy names, by minute."""
    if "Metrics" in given:
        return _queried(database, alarms.queries(given["Metrics"]), until)
    found = {
        minute: statistic(point, given["Statistic"])
        for minute, point in _points(database, metric_of(given), until, given.get("Unit"))
    }
    return {minute: value for minute, value in found.items() if value is not None}


def _queried(database: Database, queries: list[dict[str, Any]], until: int) -> dict[int, float]:
    start = until - IN_MINUTES * _MINUTE
    try:
        results = evaluate_queries(plan_of(queries), Window(start, until), database.monitoring.metrics)
    except ExpressionError:  # It cannot be computed of what there is.
        return {}
    series = results[watched(queries)].series
    return dict(series[0].points) if len(series) == 1 else {}


def _points(
    database: Database, tracked: Metric, until: int, unit: str | None = None
) -> list[tuple[int, Point]]:
    start = until - IN_MINUTES * _MINUTE
    points: list[tuple[int, Point]] = database.monitoring.metrics.read(tracked, start, until, _MINUTE, unit)
    return points

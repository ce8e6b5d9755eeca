"""Target tracking: what the last minutes ask for. Pure functions of numbers.

A policy keeps a metric at a target value by changing the capacity in proportion. It asks for more when the
metric was above the target for a few minutes on end, and for less when it was well below for 15.

Sources: "Managing throughput capacity automatically with DynamoDB auto scaling" (two minutes, fifteen
minutes), AWS Knowledge Center on DynamoDB auto scaling (20 points below the target), and "How target tracking
scaling works" of the Application Auto Scaling guide (several policies, cooldowns).
"""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any, Final, NamedTuple

from stator.monitoring.scaling.records import Policy, Target

IN_MINUTES: Final = 15
_PREDEFINED_OUT_MINUTES: Final = 2
_CUSTOM_OUT_MINUTES: Final = 3

# Below its target by this much, utilization is too low. With a target of less than 40 % that would be next to
# nothing, so it is half of the target then: a table must be able to come down.
_LOW_POINTS: Final = 20.0
_LOW_SHARE_OF_TARGET: Final = 0.5
_CUSTOM_LOW_SHARE: Final = 0.9

_ROUNDING: Final = 1e-9  # 7.000000001 units are 7


class Tracking(NamedTuple):
    """What a policy's configuration asks for.

    `predefined` is DynamoDB's own metric, the utilization of what is provisioned, in percent.
    """

    target: float
    predefined: bool
    out_cooldown: float
    in_cooldown: float
    scales_in: bool

    @classmethod
    def of(cls, configuration: dict[str, Any]) -> "Tracking":
        """The configuration of a policy as it was given. Cooldowns of DynamoDB's tables default to none."""
        return cls(
            configuration["TargetValue"],
            "PredefinedMetricSpecification" in configuration,
            configuration.get("ScaleOutCooldown", 0),
            configuration.get("ScaleInCooldown", 0),
            not configuration.get("DisableScaleIn", False),
        )

    @property
    def out_minutes(self) -> int:
        """For how many minutes on end the metric must be above the target."""
        return _PREDEFINED_OUT_MINUTES if self.predefined else _CUSTOM_OUT_MINUTES

    @property
    def low(self) -> float:
        """Below this the metric is too low."""
        if not self.predefined:
            return self.target * _CUSTOM_LOW_SHARE
        return max(self.target - _LOW_POINTS, self.target * _LOW_SHARE_OF_TARGET)


class Wish(NamedTuple):
    """The capacity that a policy asks for: `out` if it was too low for it, else it was too high."""

    policy: Policy
    units: int
    out: bool


def wish(policy: Policy, values: Sequence[float | None], capacity: int) -> Wish | None:
    """What a policy asks for; None if nothing.

    `values` are the metric's of the last minutes (of `IN_MINUTES`, if there are so many), newest last; None
    where it is not known. The greatest of them counts, so that scaling in leaves room for each minute seen.
    """
    tracking = Tracking.of(policy.configuration)
    recent = _known(values, tracking.out_minutes)
    if recent and min(recent) > tracking.target:
        return Wish(policy, _units(capacity, max(recent), tracking), out=True)
    recent = _known(values, IN_MINUTES)
    if recent and max(recent) < tracking.low:
        return Wish(policy, _units(capacity, max(recent), tracking), out=False)
    return None


def _known(values: Sequence[float | None], minutes: int) -> list[float]:
    """The values of the last minutes; none if any is not known."""
    last = [value for value in values[-minutes:] if value is not None]
    return last if len(last) == minutes else []


def _units(capacity: int, value: float, tracking: Tracking) -> int:
    return ceil(capacity * value / tracking.target - _ROUNDING)


def decide(
    target: Target, wishes: Iterable[tuple[Policy, Wish | None]], capacity: int, now: float
) -> Wish | None:
    """What is to be done for all policies of a target; None if nothing.

    The greatest capacity wins. It is scaled out if any policy asks for it, and in only if all do that may.
    """
    given = list(wishes)
    out = [asked for _, asked in given if asked is not None and asked.out]
    if out:
        return _scaling_out(target, max(out, key=_by_units), capacity, now)
    able = [asked for policy, asked in given if Tracking.of(policy.configuration).scales_in]
    asked_in = [asked for asked in able if asked is not None]
    if not able or len(asked_in) < len(able):
        return None
    return _scaling_in(target, max(asked_in, key=_by_units), capacity, now)


def _by_units(asked: Wish) -> int:
    return asked.units


def _scaling_out(target: Target, asked: Wish, capacity: int, now: float) -> Wish | None:
    units = target.bounded(asked.units)
    if units <= capacity or target.suspended.get("DynamicScalingOutSuspended"):
        return None
    cooldown = Tracking.of(asked.policy.configuration).out_cooldown
    # While it cools down, only a larger step than the last one is taken.
    if _cools(target.scaled_out_at, cooldown, now) and units - capacity <= target.scaled_out_by:
        return None
    return asked._replace(units=units)


def _scaling_in(target: Target, asked: Wish, capacity: int, now: float) -> Wish | None:
    units = target.bounded(asked.units)
    if units >= capacity or target.suspended.get("DynamicScalingInSuspended"):
        return None
    if _cools(target.scaled_in_at, Tracking.of(asked.policy.configuration).in_cooldown, now):
        return None
    return asked._replace(units=units)


def _cools(since: float | None, cooldown: float, now: float) -> bool:
    return since is not None and now < since + cooldown

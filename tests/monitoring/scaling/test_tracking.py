"""What the last minutes ask for. Sources: see `stator.monitoring.scaling.tracking`."""

import pytest

from stator.monitoring.scaling.records import Place, Policy, Target
from stator.monitoring.scaling.tracking import decide, wish

PLACE = Place("table/orders", "dynamodb:table:ReadCapacityUnits")
PREDEFINED = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}}
CUSTOMIZED = {
    "CustomizedMetricSpecification": {"MetricName": "depth", "Namespace": "queue", "Statistic": "Sum"}
}
NOON = 1_800_000_000.0


def policy(target=70.0, metric=PREDEFINED, name="p", **members):
    return Policy(PLACE, name, "id", "us-east-1", 0.0, 0.0, {"TargetValue": target, **metric, **members}, {})


def target(least=1, most=1_000, **members):
    return Target(PLACE, "id", "us-east-1", 0.0, least, most, **members)


def asked(minutes, *, capacity=100, **members):
    """(units, whether out) that a policy asks for after minutes of these values; None if nothing."""
    found = wish(policy(**members), minutes, capacity)
    return found and (found.units, found.out)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param([71.0, 71.0], (102, True), id="two minutes above the target"),
        pytest.param([90.0, 140.0], (200, True), id="the busier of the two counts"),
        pytest.param([71.0], None, id="one minute"),
        pytest.param([200.0, 70.0], None, id="at the target"),
        pytest.param([200.0, None], None, id="a minute that is not known"),
        pytest.param([200.0, 50.0, 200.0], None, id="not on end"),
        pytest.param([49.0] * 15, (70, False), id="fifteen minutes at 20 points below"),
        pytest.param([0.0] * 14 + [35.0], (50, False), id="the busiest of the fifteen counts"),
        pytest.param([0.0] * 15, (0, False), id="idle"),
        pytest.param([49.0] * 14, None, id="fourteen minutes"),
        pytest.param([50.0] + [0.0] * 14, None, id="one of them not low"),
        pytest.param([0.0] * 15 + [60.0], None, id="the last not low"),
        pytest.param([60.0] * 15, None, id="between"),
    ],
)
def test_utilization(minutes, expected):
    assert asked(minutes) == expected


@pytest.mark.parametrize(
    ("level", "low", "not_low"), [(90.0, 69.9, 70.0), (40.0, 19.9, 20.0), (20.0, 9.9, 10.0)]
)
def test_what_is_low_depends_on_the_target(level, low, not_low):
    assert asked([low] * 15, target=level) is not None
    assert asked([not_low] * 15, target=level) is None


def test_a_metric_of_the_customer_takes_three_minutes_and_is_low_below_nine_tenths():
    assert asked([11.0] * 2, target=10.0, metric=CUSTOMIZED) is None
    assert asked([11.0] * 3, target=10.0, metric=CUSTOMIZED) == (110, True)
    assert asked([9.0] * 15, target=10.0, metric=CUSTOMIZED) is None
    assert asked([8.9] * 15, target=10.0, metric=CUSTOMIZED) == (89, False)


def test_units_are_rounded_up_but_not_for_what_is_lost_in_arithmetic():
    assert asked([70.1, 70.1]) == (101, True)
    assert asked([77.0, 77.0], capacity=10) == (11, True)
    # 30 * 77 / 70 is a little more than 33 in floating point.
    assert asked([100 * 23.1 / 30] * 2, capacity=30) == (33, True)


# A target and its policies.


def decided(*wishes, capacity=100, now=NOON, of=None, **members):
    """(policy, units) after policies with these values."""
    pairs = [(each, wish(each, minutes, capacity)) for each, minutes in wishes]
    found = decide(of or target(**members), pairs, capacity, now)
    return found and (found.policy.name, found.units)


HIGH, LOW, MIDDLE = [140.0] * 15, [35.0] * 15, [60.0] * 15


def test_bounds_hold():
    assert decided((policy(), HIGH)) == ("p", 200)
    assert decided((policy(), HIGH), most=150) == ("p", 150)
    assert decided((policy(), HIGH), most=100) is None
    assert decided((policy(), LOW)) == ("p", 50)
    assert decided((policy(), LOW), least=80) == ("p", 80)
    assert decided((policy(), LOW), least=100) is None


def test_what_lies_outside_of_the_bounds_is_not_made_worse():
    assert decided((policy(), HIGH), capacity=100, most=80) is None
    assert decided((policy(), LOW), capacity=100, least=120) is None


def test_several_policies():
    a, b = policy(name="a"), policy(name="b", metric=CUSTOMIZED)
    assert decided((a, HIGH), (b, [210.0] * 15)) == ("b", 300), "the greatest capacity"
    assert decided((a, HIGH), (b, LOW)) == ("a", 200), "one is enough to scale out"
    assert decided((a, LOW), (b, [65.0] * 15)) is None, "all must ask to scale in"
    assert decided((a, LOW), (b, [42.0] * 15)) == ("b", 60), "and the greatest capacity counts"


def test_a_policy_that_does_not_scale_in():
    fixed = policy(name="fixed", DisableScaleIn=True)
    assert decided((fixed, LOW)) is None
    assert decided((fixed, HIGH)) == ("fixed", 200)
    assert decided((fixed, MIDDLE), (policy(), LOW)) == ("p", 50), "it is not asked"


@pytest.mark.parametrize(
    ("suspended", "out", "into"),
    [("DynamicScalingOutSuspended", None, ("p", 50)), ("DynamicScalingInSuspended", ("p", 200), None)],
)
def test_suspended(suspended, out, into):
    assert decided((policy(), HIGH), suspended={suspended: True}) == out
    assert decided((policy(), LOW), suspended={suspended: True}) == into
    assert decided((policy(), HIGH), suspended={suspended: False}) == ("p", 200)


def test_scaling_in_waits_for_its_cooldown():
    slow = policy(ScaleInCooldown=300)
    assert decided((slow, LOW), scaled_in_at=NOON - 299) is None
    assert decided((slow, LOW), scaled_in_at=NOON - 300) == ("p", 50)
    assert decided((slow, HIGH), scaled_in_at=NOON - 1) == ("p", 200), "scaling out does not wait for it"


def test_scaling_out_waits_for_its_cooldown_unless_the_step_is_larger():
    slow = policy(ScaleOutCooldown=300)
    assert decided((slow, HIGH), scaled_out_at=NOON - 60, scaled_out_by=100) is None
    assert decided((slow, HIGH), scaled_out_at=NOON - 60, scaled_out_by=99) == ("p", 200)
    assert decided((slow, HIGH), scaled_out_at=NOON - 300, scaled_out_by=100) == ("p", 200)

"""Every statistic, against a plain computation on the raw values, and AWS's own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stator.monitoring.metrics.points import Point, of_values
from stator.monitoring.metrics.statistics import UnknownStatistic, is_extended, statistic

VALUES = st.lists(st.integers(0, 50).map(lambda number: number / 4), min_size=1, max_size=60)
PERCENT = st.integers(0, 100)


def point(values: list[float]) -> Point:
    return of_values({value: values.count(value) for value in values})


@given(VALUES)
def test_the_standard_ones(values: list[float]) -> None:
    of = point(values)
    assert statistic(of, "SampleCount") == len(values)
    assert statistic(of, "Sum") == sum(values)
    assert statistic(of, "Average") == pytest.approx(sum(values) / len(values))
    assert (statistic(of, "Minimum"), statistic(of, "Maximum")) == (min(values), max(values))


@given(VALUES, PERCENT)
def test_percentiles(values: list[float], percent: int) -> None:
    """The smallest value that so many per cent of all do not exceed."""
    found = statistic(point(values), f"p{percent}")
    assert found in values
    assert 100 * sum(value <= found for value in values) >= percent * len(values)
    if found > min(values):
        assert 100 * sum(value < found for value in values) < percent * len(values)


@given(VALUES, PERCENT, PERCENT)
def test_shares_cut_off_at_both_ends(values: list[float], one: int, other: int) -> None:
    """On a hundred copies of each value the shares cut between two samples, so the samples can be listed."""
    low, high = sorted((one, other))
    if low == high:
        return
    many = sorted(values * 100)
    inside = many[low * len(values) : high * len(values)]
    bounds = f"({low}%:{high}%)"
    of = point(many)
    assert statistic(of, "TC" + bounds) == pytest.approx(len(inside))
    assert statistic(of, "TS" + bounds) == pytest.approx(sum(inside))
    assert statistic(of, "TM" + bounds) == pytest.approx(sum(inside) / len(inside))
    drawn = inside[:1] * (low * len(values)) + inside + inside[-1:] * ((100 - high) * len(values))
    assert statistic(of, "WM" + bounds) == pytest.approx(sum(drawn) / len(drawn))


@given(VALUES, st.integers(0, 12), st.integers(1, 6))
def test_values_as_bounds(values: list[float], low: int, width: int) -> None:
    high = low + width
    inside = [value for value in values if low < value <= high]
    bounds = f"({low}:{high})"
    of = point(values)
    assert statistic(of, "TC" + bounds) == len(inside)
    assert statistic(of, "TS" + bounds) == pytest.approx(sum(inside))
    assert statistic(of, "PR" + bounds) == pytest.approx(100 * len(inside) / len(values))
    assert statistic(of, "TM" + bounds) == (pytest.approx(sum(inside) / len(inside)) if inside else None)
    drawn = [min(max(value, low), high) for value in values]
    assert statistic(of, "WM" + bounds) == pytest.approx(sum(drawn) / len(drawn))


@given(VALUES)
def test_short_forms_mean_long_ones(values: list[float]) -> None:
    of = point(values)
    for short, long in (
        ("tm90", "TM(0%:90%)"),
        ("wm98", "WM(:98%)"),
        ("tc99.5", "TC(:99.5%)"),
        ("ts75", "ts(:75%)"),
        ("IQM", "TM(25%:75%)"),
        ("iqm", "TM(25%:75%)"),
        ("PR(:3)", "pr(0:3)") if 0 not in values else ("PR(2:)", "PR(2:1000)"),
        ("p100", "Maximum"),
        ("p0", "Minimum"),
    ):
        assert statistic(of, short) == pytest.approx(statistic(of, long))


def test_without_the_values() -> None:
    """AWS: percentiles of a statistic set only if it has one sample, or if its minimum is its maximum."""
    unknown = Point(3, 12, 1, 9)
    assert statistic(unknown, "Average") == 4
    assert [statistic(unknown, name) for name in ("p50", "tm90", "TC(1:2)", "PR(:4)", "IQM")] == [None] * 5
    assert statistic(Point(3, 12, 4, 4), "p99") == 4
    assert statistic(Point(1, 4, 4, 4), "TM(:90%)") == 4


def test_negative_values_have_no_percentiles() -> None:
    assert statistic(of_values({-1: 1, 2: 1}), "p50") is None
    assert statistic(of_values({-1: 1, 2: 1}), "Minimum") == -1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "average",
        "p",
        "p101",
        "p-1",
        "pp9",
        "tm101",
        "TM()",
        "TM(:)",
        "TM(5)",
        "TM(90%:10%)",
        "TM(1%:2)",
        "PR(1%:2%)",
    ],
)
def test_what_is_no_statistic(name: str) -> None:
    with pytest.raises(UnknownStatistic):
        statistic(of_values({1: 1}), name)
    assert not is_extended(name)


def test_extended_ones() -> None:
    assert all(
        map(
            is_extended,
            ("p99", "p99.99", "tm90", "TM(2%:98%)", "WM(10%:90%)", "PR(:300)", "TC(0.005:0.030)", "TS(80%:)"),
        )
    )
    assert not is_extended("Sum")

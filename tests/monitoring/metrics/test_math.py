"""Metric math on worked examples: those of AWS's user guide where it has some.

Values stand in a list, one for each minute, None where there is none.
"""

from collections.abc import Iterator
from math import e

import pytest

from stator.monitoring.metrics.math import ExpressionError, MetricStat, Plan, Query, Window, evaluate
from stator.monitoring.metrics.points import Metric, Point, metric, of_values

START = 1_800_000_000
MISSING = None
Values = list[float | None]


class Given:
    """A source with given values of metrics, one each minute."""

    def __init__(self, **values: Values) -> None:
        self.values = {metric("shop", name, {"Table": name}): list_ for name, list_ in values.items()}

    def read(
        self, of: Metric, start: int, end: int, period: int, unit: str | None = None
    ) -> list[tuple[int, Point]]:
        values = self.values[of]
        times = range(start, end, period)
        return [
            (time, of_values({value: 1.0}))
            for time, value in zip(times, values, strict=False)
            if value is not None
        ]

    def metrics(self) -> Iterator[Metric]:
        return iter(self.values)


def all_series(expression: str, period: int = 60, **values: Values) -> dict[str, Values]:
    """The time series that an expression comes to, by label."""
    source = Given(**values)
    length = max(map(len, values.values()))
    window = Window(START, START + length * period)
    queries = [Query(of.name, stat=MetricStat(of, period, "Sum")) for of in source.values]
    result = evaluate(Plan([*queries, Query("e1", expression=expression)]), window, source)["e1"]
    return {one.label: [one.points.get(time) for time in window.times(period)] for one in result.series}


def series(expression: str, period: int = 60, **values: Values) -> Values:
    """The one time series that an expression comes to."""
    [found] = all_series(expression, period, **values).values()
    return found


ONE: Values = [1, 2, 3, 4]
GAPS: Values = [10, None, 30, None]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", [11, 2, 33, 4]),
        ("m2 - m1", [9, -2, 27, -4]),
        ("m1 * 2 + 1", [3, 5, 7, 9]),
        ("-m1 ^ 2", [-1, -4, -9, -16]),
        ("2 ^ 3 ^ m1 / 8", [1, 2**6, 2**24, 2**78]),
        ("(m1 + 1) * (m1 - 1)", [0, 3, 8, 15]),
        ("m1 / m2", [0.1, None, 0.1, None]),
        ("100 / (m1 - 2)", [-100, None, 100, 50]),
        ("PERIOD(m1) / 60 * m1", ONE),
        ("m1 - AVG(m1)", [-1.5, -0.5, 0.5, 1.5]),
        ("m1 / MAX(m1)", [0.25, 0.5, 0.75, 1]),
        ("m1 - MIN(m2)", [-9, -8, -7, -6]),
        ("m1 / SUM(m1)", [0.1, 0.2, 0.3, 0.4]),
        ("m1 * STDDEV(m2)", [10, 20, 30, 40]),
        ("SUM(m2) / DATAPOINT_COUNT(m2) + m1", [21, 22, 23, 24]),
        ("SUM([m1, m2])", [11, 2, 33, 4]),
        ("AVG([m1, m2])", [5.5, 1, 16.5, 2]),
        ("MAX([m1, m2])", [10, 2, 30, 4]),
        ("MIN([m1, m2])", [1, 2, 3, 4]),
        ("DATAPOINT_COUNT([m1, m2])", [2, 1, 2, 1]),
        ("STDDEV([m1, m2])", [4.5, 0, 13.5, 0]),
        ("SUM(100 / [m1, m2])", [110, 50, 100 / 3 + 100 / 30, 25]),
        ("AVG([m1, m2] / m1)", [5.5, 0.5, 5.5, 0.5]),
        ("MIN(ABS([m1 - 3, m2]))", [2, 1, 0, 1]),
        ("ABS(m1 - 3)", [2, 1, 0, 1]),
        ("CEIL(m1 / 2)", [1, 1, 2, 2]),
        ("FLOOR(m1 / 2)", [0, 1, 1, 2]),
        ("LOG10(10 ^ m1)", ONE),
        (f"LOG({e} ^ m1)", pytest.approx(ONE)),
        ("LOG(m1 - 2)", [None, None, 0, pytest.approx(0.6931, abs=1e-4)]),
        ("(m1 - 2) ^ 0.5", [None, 0, 1, pytest.approx(2**0.5)]),
        ("DIFF(m2)", [None, None, 20, None]),
        ("DIFF_TIME(m2)", [None, None, 120, None]),
        ("RATE(m2)", [None, None, 20 / 120, None]),
        ("RUNNING_SUM(m1)", [1, 3, 6, 10]),
        ("FILL(m2, 7)", [10, 7, 30, 7]),
        ("FILL(m2, m1)", [10, 2, 30, 4]),
        ("FILL(m2, MIN(m1))", [10, 1, 30, 1]),
        ("FILL(m2, REPEAT)", [10, 10, 30, 30]),
        ("FILL(m2, LINEAR)", [10, 20, 30, None]),
        ("TIME_SERIES(MAX(m1))", [4, 4, 4, 4]),
        ("TIME_SERIES(5) * m1", [5, 10, 15, 20]),
        ("m1 / METRIC_COUNT(METRICS())", [0.5, 1, 1.5, 2]),
        ("SUM(METRICS())", [11, 2, 33, 4]),
        ('SUM(METRICS("2"))', [10, None, 30, None]),
        ('SUM([METRICS("1"), METRICS("2")])', [11, 2, 33, 4]),
        ("FIRST(SORT(METRICS(), AVG, DESC))", GAPS),
        ("LAST(SORT(METRICS(), SUM, DESC))", ONE),
        ("FIRST(SLICE(METRICS(), 1))", GAPS),
        ("MINUTE(m1)", [0, 1, 2, 3]),
        ("EPOCH(m2) - EPOCH(m1)", [0, 0, 0, 0]),
        ("IF(HOUR(m1) == 8 AND DAY(m1) == 5 AND DATE(m1) == 15, m1)", ONE),
        ("IF(MONTH(m1) == 1 && YEAR(m1) == 2027, m1)", ONE),
    ],
)
def test_worked_examples(expression: str, expected: Values) -> None:
    """The window begins on Friday, 15 January 2027, at 08:00 UTC."""
    assert series(expression, m1=ONE, m2=GAPS) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(m1 < m2)", [0, 0, 1, 0]),
        ("(m1 >= 30)", [1, 0, 0, 0]),
        ("(m1 > 15 AND m2 > 15)", [1, 0, 0, 0]),
        ("m1 > 25 || m2 == 20", [1, 0, 1, 0]),
        ("m1 != 0 OR m2 <= 0", [1, 1, 0, 0]),
    ],
)
def test_comparisons_of_the_user_guide(expression: str, expected: Values) -> None:
    assert series(expression, m1=[30, 20, 0, 0], m2=[20, None, 20, None]) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(m1, m2, m3)", [30, 0, 20, None, None]),
        ("IF(m1, 5, m3)", [5, 5, 20, None, None]),
        ("IF(m1, m2, 5)", [30, 0, 5, 5, None]),
        ("IF(m1, m2)", [30, 0, None, None, None]),
        ("IF(m2 < 20, 10, 2)", [2, None, 10, 10, 2]),
        ("IF(0, m2, m3)", [0, 0, 20, None, 20]),
        ("IF(1, m2)", [30, None, 0, 0, 30]),
        ("IF(0, m2)", [None] * 5),
    ],
)
def test_choices_of_the_user_guide(expression: str, expected: Values) -> None:
    values = {"m1": [1, 1, 0, 0, None], "m2": [30, None, 0, 0, 30], "m3": [0, 0, 20, None, 20]}
    assert series(expression, **values) == expected


def test_arrays_keep_the_labels_of_their_series() -> None:
    assert all_series("METRICS() * 10", m1=ONE, m2=GAPS) == {
        "m1": [10, 20, 30, 40],
        "m2": [100, None, 300, None],
    }
    assert all_series("REMOVE_EMPTY(SORT(METRICS(), MAX, ASC))", m1=ONE, m2=GAPS, m3=[None]) == {
        "m1": ONE,
        "m2": GAPS,
    }
    assert list(all_series("SORT(METRICS(), MIN, DESC, 2)", m1=ONE, m2=GAPS, m3=[None])) == ["m2", "m1"]


def test_expressions_of_expressions_and_labels() -> None:
    source = Given(errors=[1, 2], requests=[10, 10])
    stats = {of.name: MetricStat(of, 60, "Sum") for of in source.values}
    plan = Plan(
        [
            Query("percent", expression="rate * 100", label="Errors in %"),
            Query("rate", expression="errors / requests", returned=False),
            Query("errors", stat=stats["errors"]),
            Query("requests", stat=stats["requests"], label="All"),
            Query("both", expression="METRICS()", label="Of"),
        ]
    )
    results = evaluate(plan, Window(START, START + 120), source)
    assert list(results["percent"].series[0].points.values()) == [10, 20]
    labels = {id_: [one.label for one in result.series] for id_, result in results.items()}
    assert labels == {
        "percent": ["Errors in %"],
        "rate": ["rate"],
        "errors": ["errors"],
        "requests": ["All"],
        "both": ["Of errors", "Of All"],
    }
    assert plan.period(plan.queries["percent"]) == 60


def test_what_is_no_number_is_noted() -> None:
    source = Given(m1=[0, 1])
    [of] = source.values
    plan = Plan([Query("m1", stat=MetricStat(of, 60, "Sum")), Query("e1", expression="1 / m1")])
    result = evaluate(plan, Window(START, START + 120), source)["e1"]
    assert result.series[0].points == {START + 60: 1}
    assert result.notes == {"ArithmeticError"}


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("m1 +", "Invalid syntax"),
        ("m1 m2", "Invalid syntax"),
        ("(m1", "Invalid syntax"),
        ("m1 # 2", "Invalid syntax"),
        ("SUM(m1,)", "Invalid syntax"),
        ("(" * 2000, "Invalid syntax"),
        ("-" * 2000 + "m1", "Invalid syntax"),
        ("FOO(m1)", "Function 'FOO' not found"),
        ("ANOMALY_DETECTION_BAND(m1)", "Function 'ANOMALY_DETECTION_BAND' is not supported"),
        ('INSIGHT_RULE_METRIC("rule", "Sum")', "Function 'INSIGHT_RULE_METRIC' is not supported"),
        ("SELECT AVG(CPU) FROM x", "Metrics Insights queries are not supported"),
        ("m1 + m3", "Undefined id 'm3'"),
        ("e1 + 1", "Circular reference"),
        ("5", "The expression returns a Scalar, not a time series"),
        ("AVG(m1)", "The expression returns a Scalar, not a time series"),
        ("m1 + 'x'", "Unsupported operand type(s) for +: '[TimeSeries, String]'"),
        ("SUM(5)", "Unsupported argument type(s) for SUM: '[Scalar]'"),
        ("IF(METRICS(), m1)", "Unsupported argument type(s) for IF: '[Array[TimeSeries], TimeSeries]'"),
        ("FILL(m1, BEFORE)", "Unsupported option for FILL: 'BEFORE'"),
        ("SORT(METRICS(), STDDEV, ASC)", "Unsupported options for SORT: '[STDDEV, ASC]'"),
        ("[m1, m2] + [m1]", "Unsupported operand type(s) for +: '[Array[TimeSeries], Array[TimeSeries]]'"),
        ("SEARCH('{', 'Sum', 60)", "Invalid search expression"),
        ("SEARCH('', 'Sum', 60)", "Invalid search expression"),
        ("SEARCH('x', 'Best', 60)", "'Best' is not a valid statistic"),
        ("SEARCH(m1, 'Sum', 60)", "SEARCH takes a search expression, a statistic and a period"),
    ],
)
def test_what_cannot_be(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        series(expression, m1=ONE, m2=GAPS)
    assert str(raised.value) == f"Error in expression 'e1': {reason}"


def test_circles_of_several() -> None:
    with pytest.raises(ExpressionError, match=r"Error in expression 'e[123]': Circular reference"):
        Plan([Query("e1", expression="e2"), Query("e2", expression="e3"), Query("e3", expression="e1")])


def test_long_expressions_and_long_chains() -> None:
    """Neither uses up the stack."""
    assert series("+".join(["m1"] * 680), m1=ONE) == [680, 1360, 2040, 2720]
    source = Given(e0=ONE)
    [of] = source.values
    chain = [Query(f"e{number + 1}", expression=f"e{number} + 1") for number in range(499)]
    plan = Plan([*reversed(chain), Query("e0", stat=MetricStat(of, 60, "Sum"))])
    results = evaluate(plan, Window(START, START + 60), source)
    assert results["e499"].series[0].points == {START: 500}


def test_windows_begin_at_multiples_or_where_they_begin() -> None:
    assert list(Window(START + 70, START + 420).times(300)) == [START, START + 300]
    assert list(Window(START + 70, START + 420, aligned=False).times(300)) == [START + 70, START + 370]

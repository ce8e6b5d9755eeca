"""Whatever is written as an expression either comes to time series or is refused in words."""

from itertools import chain, product
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stator.monitoring.metrics.math import ExpressionError, MetricStat, Plan, Query, Window, evaluate
from stator.monitoring.metrics.math.functions import FUNCTIONS
from stator.monitoring.metrics.points import metric, of_values

START = 1_800_000_000
METRICS = [metric("shop", name, {"Store": name}) for name in ("One", "Two")]
_TEXT = """
m1 m2 m3 e2 1 0 2.5 1e400 -1 ( ) [ ] , + - * / ^ == != < > <= >= && || AND OR ' " . @ SUM AVG MIN MAX STDDEV
ABS LOG CEIL RATE DIFF FILL IF SORT SLICE FIRST METRICS() PERIOD TIME_SERIES HOUR SEARCH REPEAT LINEAR
DESC ASC REMOVE_EMPTY 'm' 'Sum'
"""
WORDS = [*_TEXT.split(), "SEARCH('{shop,Store} One OR NOT Two', 'p50', 60)"]
ARGUMENTS = ["m1", "e2", "METRICS()", "0", "1e400", "REPEAT", "AVG", "DESC", "AVG(FIRST([m1 / 0]))"]
TERMS = [
    "{",
    "}",
    "(",
    ")",
    ",",
    "=",
    "shop",
    "Store",
    "One",
    "AND",
    "OR",
    "NOT",
    '"One"',
    '"',
    "\\",
    " ",
    "é",
    "-",
]


class Source:
    """Two metrics with a gap each."""

    def read(self, of, start, end, period, unit=None):
        gap = METRICS.index(of)
        times = enumerate(range(start, end, period))
        return [(time, of_values({number - 2.0: 1.0})) for number, time in times if number % 3 != gap]

    def metrics(self):
        return iter(METRICS)


def outcome(expression: str) -> None:
    """Evaluate it, or see it refused."""
    stats = [Query(f"m{number}", MetricStat(of, 60, "Sum")) for number, of in enumerate(METRICS, 1)]
    try:
        plan = Plan([*stats, Query("e1", expression=expression), Query("e2", expression="m1 / m2")])
        results = evaluate(plan, Window(START, START + 360), Source())
    except ExpressionError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("Error in expression 'e1': ")
        return
    for series in results["e1"].series:
        assert list(series.points) == sorted(series.points)
        assert all(isinstance(value, float) and isfinite(value) for value in series.points.values())


@settings(max_examples=600)
@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_expressions(words: list[str]) -> None:
    outcome(" ".join(words))
    outcome("".join(words))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_calls(function: str) -> None:
    """With each argument, and each two; with each three where a function may take them."""
    counts = (0, 1, 2, 3) if len(FUNCTIONS[function].signature) > 2 else (0, 1, 2)
    for arguments in chain.from_iterable(product(ARGUMENTS, repeat=count) for count in counts):
        outcome(f"{function}({', '.join(arguments)})")


@pytest.mark.parametrize("period", ["0", "1e400", "1e300", "7", "90", "0.5", "m1", "'60'", "60, 60"])
def test_periods_of_searches(period: str) -> None:
    outcome(f"SEARCH('Namespace=shop', 'Sum', {period})")


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TERMS), max_size=12))
def test_searches(terms: list[str]) -> None:
    outcome(f"SEARCH('{' '.join(terms)}', 'Sum', 60)")

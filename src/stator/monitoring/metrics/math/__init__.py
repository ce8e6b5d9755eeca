"""Metric math: new time series out of others, as GetMetricData and alarms on expressions compute them.

    plan.py        what is asked for: queries, and what they refer to
    evaluation.py  what is to be read for them, and their results
    lexer.py       text -> tokens
    parser.py      tokens -> tree (tree.py)
    evaluator.py   tree -> value, by operators.py and functions.py
    search.py      SEARCH: the metrics that a search expression finds
    values.py      scalars, time series and arrays of them, over a window of time

Who has queries makes a `Plan` of them, which checks all that can be checked without data, and either lets
`evaluate` read what it needs from a store, at once, or reads it in steps of its own for an `Evaluation`:

    plan = Plan([Query("m1", stat=MetricStat(metric, 60, "Sum")), Query("e1", expression="m1 / PERIOD(m1)")])
    results = evaluate(plan, Window(start, end), store)
    results["e1"].series[0].points     # {time: value}

Source: "Using math expressions with CloudWatch metrics" and "CloudWatch search expression syntax", user
guide.
"""

from stator.monitoring.metrics.math.evaluation import Evaluation, Result, Source, evaluate
from stator.monitoring.metrics.math.plan import ExpressionError, Found, Plan, Query
from stator.monitoring.metrics.math.values import MetricStat, Series, Window

__all__ = [
    "Evaluation",
    "ExpressionError",
    "Found",
    "MetricStat",
    "Plan",
    "Query",
    "Result",
    "Series",
    "Source",
    "Window",
    "evaluate",
]

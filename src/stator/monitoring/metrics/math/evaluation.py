"""What a plan comes to over a window of time.

An `Evaluation` is told the values of each `MetricStat` that it `needs`, and then gives results; so whoever
reads them can do so in steps. `evaluate` does all of it at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stator.monitoring.metrics.math import search
from stator.monitoring.metrics.math.evaluator import evaluate as evaluate_node
from stator.monitoring.metrics.math.plan import ExpressionError, Found, Plan, Query
from stator.monitoring.metrics.math.values import Context, MathError, MetricStat, Series, Value, Window
from stator.monitoring.metrics.points import Metric, Point


@dataclass(frozen=True, slots=True)
class Result:
    """What a query comes to: time series with their labels, and the codes of what is to be told of them.

    `defaults` are what the time series are called where no label was given.
    """

    series: tuple[Series, ...]
    defaults: tuple[str, ...]
    notes: frozenset[str] = frozenset()


class Source(Protocol):
    """Where points come from: `MetricsStore`."""

    def read(
        self, metric: Metric, start: int, end: int, period: int, unit: str | None = None
    ) -> list[tuple[int, Point]]:
        """The points of a metric in each period."""
        ...

    def metrics(self) -> Iterator[Metric]:
        """All metrics."""
        ...


@dataclass
class Evaluation:
    """Results of a plan over a window; `found` is what `plan.find` gave."""

    plan: Plan
    window: Window
    found: Found = field(default_factory=dict)
    _values: dict[MetricStat, Mapping[int, float]] = field(default_factory=dict)
    _results: dict[str, tuple[Value, frozenset[str]]] = field(default_factory=dict)
    _filled: dict[str, int] = field(default_factory=dict)

    def needs(self, id_: str) -> list[MetricStat]:
        """What has to be supplied for the result of a query, and was not yet."""
        return [stat for stat in dict.fromkeys(self._stats(id_)) if stat not in self._values]

    def supply(self, stat: MetricStat, values: Mapping[int, float]) -> None:
        """The values of a statistic by time, ascending."""
        self._values[stat] = values

    def work(self, id_: str, most: int) -> int:
        """About how many values are computed for the result of a query that has all that it needs.

        It is not said how many if they are more than `most`.
        """
        found = 0
        sizes = self.plan.sizes
        for query in self.plan.needed(id_):
            if found > most:
                break
            if query in sizes and query not in self._results:
                found += sizes[query].nodes * self._cells(query)
        return found

    def _cells(self, id_: str) -> int:
        """How many values a query may look at: those that are given, and those that are filled in."""
        given = sum(len(self._values.get(stat, ())) for stat in self._stats(id_))
        sizes = ((query, self.plan.sizes.get(query)) for query in self.plan.needed(id_))
        return given + sum(
            size.filling * self._filled_in(query) for query, size in sizes if size and size.filling
        )

    def _stats(self, id_: str) -> Iterator[MetricStat]:
        """The statistics that a query needs, some of them more than once."""
        for query in map(self.plan.queries.__getitem__, self.plan.needed(id_)):
            if query.stat is not None:
                yield query.stat
            for stats in self.found.get(query.id, {}).values():
                yield from stats

    def _filled_in(self, id_: str) -> int:
        """How many values there are if nothing is missing, one time series at the least."""
        found = self._filled.get(id_)
        if found is None:
            periods = [stat.period for stat in self._stats(id_)]
            own = self.plan.period(self.plan.queries[id_])
            found = self._filled[id_] = sum(len(self.window.times(period)) for period in periods or [own])
        return found

    def result(self, id_: str) -> Result:
        """What a query comes to. Raises ExpressionError."""
        for one in self.plan.needed(id_):
            if one not in self._results:
                self._results[one] = self._result(self.plan.queries[one])
        value, notes = self._results[id_]
        query = self.plan.queries[id_]
        if isinstance(value, Series):
            default = id_ if query.stat is None else query.stat.metric.name
            return Result((value.labelled(query.label or default),), (default,), notes)
        assert isinstance(value, tuple)
        defaults = tuple(one.label or id_ for one in value)
        labelled = (
            one.labelled(_label(query.label, default)) for one, default in zip(value, defaults, strict=True)
        )
        return Result(tuple(labelled), defaults, notes)

    def _result(self, query: Query) -> tuple[Value, frozenset[str]]:
        if query.stat is not None:
            return self._metric(query, query.stat), frozenset()
        named = {id_: self._results[id_] for id_ in self.plan.needed(query.id)[:-1]}
        context = Context(
            self.window,
            self.plan.period(query),
            metrics=tuple(self._metrics(named)),
            named={id_: value for id_, (value, _) in named.items()},
            found={node: self._found(stats) for node, stats in self.found.get(query.id, {}).items()},
        )
        try:
            value = evaluate_node(self.plan.trees[query.id], context)
        except MathError as error:
            raise ExpressionError(query.id, error) from None
        return value, frozenset(context.notes)

    def _metrics(self, named: Mapping[str, tuple[Value, frozenset[str]]]) -> Iterator[Series]:
        """The metrics among some results, in the order of the request."""
        for query in self.plan.queries.values():
            if query.stat is not None and query.id in named:
                value, _ = named[query.id]
                assert isinstance(value, Series)
                yield value

    def _metric(self, query: Query, stat: MetricStat) -> Series:
        return Series(self._values[stat], stat.period, query.label or stat.metric.name, query.id, stat)

    def _found(self, stats: Sequence[MetricStat]) -> tuple[Series, ...]:
        labels = search.labels([stat.metric for stat in stats])
        return tuple(
            Series(self._values.get(stat, {}), stat.period, label, origin=stat)
            for stat, label in zip(stats, labels, strict=True)
        )


def evaluate(plan: Plan, window: Window, source: Source) -> dict[str, Result]:
    """The results of all queries of a plan, by id. Raises ExpressionError, and StorageError."""
    evaluation = Evaluation(plan, window, plan.find(source.metrics()))
    for id_ in plan.queries:
        for stat in evaluation.needs(id_):
            first = window.first(stat.period)
            points = source.read(stat.metric, first, window.end, stat.period, stat.unit)
            evaluation.supply(stat, stat.values(points))
    return {id_: evaluation.result(id_) for id_ in plan.queries}


def _label(given: str | None, default: str) -> str:
    """The label of one of several time series: the query's and its own, unless the query's says all."""
    if not given:
        return default
    return given if "${" in given else f"{given} {default}"

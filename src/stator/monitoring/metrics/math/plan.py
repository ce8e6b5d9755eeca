"""Queries: metrics and expressions that refer to each other by their ids, and what they come to.

A `Plan` is checked as a whole when it is made. An `Evaluation` of it is told the values of each `MetricStat`
that it `needs`, and then gives results; so whoever reads them can do so in steps. `evaluate` does it at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Final, NamedTuple, Protocol

from stator.monitoring.metrics.math import search
from stator.monitoring.metrics.math.evaluator import evaluate as evaluate_node
from stator.monitoring.metrics.math.functions import FILLING, FUNCTIONS, REFUSED, SEARCH
from stator.monitoring.metrics.math.parser import parse
from stator.monitoring.metrics.math.tree import Call, Node, Number, Reference, String, parts
from stator.monitoring.metrics.math.values import Context, MathError, MetricStat, Series, Value, Window
from stator.monitoring.metrics.points import Metric, Point
from stator.monitoring.metrics.statistics import UnknownStatistic
from stator.monitoring.metrics.statistics import parse as parse_statistic

DEFAULT_PERIOD: Final = 300
"""Seconds: of an expression that neither says its period nor refers to a metric."""


@dataclass(frozen=True, slots=True)
class Query:
    """What one id stands for: a `stat` or an `expression`, one of them."""

    id: str
    stat: MetricStat | None = None
    expression: str | None = None
    period: int | None = None
    label: str | None = None
    returned: bool = True


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


class ExpressionError(ValueError):
    """A query that cannot be: AWS's text, which names the query."""

    def __init__(self, query: str, reason: object) -> None:
        super().__init__(f"Error in expression '{query}': {reason}")


@dataclass(frozen=True, slots=True)
class Search:
    """A search: whom it finds, and what is asked of them."""

    test: search.Test
    stat: str
    period: int

    def find(self, metrics: Iterable[Metric]) -> list[MetricStat]:
        """What it finds among metrics."""
        return [MetricStat(metric, self.period, self.stat) for metric in search.find(self.test, metrics)]


Found = Mapping[str, Mapping[Call, Sequence[MetricStat]]]
"""What searches found, by the query's id and their nodes."""


class Size(NamedTuple):
    """Of an expression: how many nodes its tree has, and how many of them fill gaps."""

    nodes: int
    filling: int


class Plan:
    """Queries, checked. Their ids have to be different.

    By the ids of those with an expression: `trees`, `sizes`, and `searches`, each by its node.
    """

    def __init__(self, queries: Sequence[Query]) -> None:
        """Raises ExpressionError."""
        self.queries: Mapping[str, Query] = {query.id: query for query in queries}
        self.trees: dict[str, Node] = {}
        self.sizes: dict[str, Size] = {}
        self.searches: dict[str, dict[Call, Search]] = {}
        self._needed: dict[str, set[str]] = {}
        self._all_needed: dict[str, list[str]] = {}
        for query in queries:
            try:
                self._needed[query.id] = self._check(query)
            except MathError as error:
                raise ExpressionError(query.id, error) from None
        try:
            self.order = list(TopologicalSorter(self._needed).static_order())
        except CycleError as error:
            raise ExpressionError(error.args[1][-1], "Circular reference") from None

    def _check(self, query: Query) -> set[str]:
        """The ids that a query needs. Raises MathError."""
        if query.expression is None:
            return set()
        tree = self.trees[query.id] = _tree(query.expression)
        self.sizes[query.id] = Size(
            sum(1 for _ in parts(tree)),
            sum(isinstance(node, Call) and node.function in FILLING for node in parts(tree)),
        )
        needed: set[str] = set()
        for node in parts(tree):
            match node:
                case Reference(id_):
                    if id_ not in self.queries:
                        raise MathError(f"Undefined id '{id_}'")
                    needed.add(id_)
                case Call("METRICS"):
                    needed |= {one.id for one in self.queries.values() if one.stat is not None}
                case Call("SEARCH"):
                    self.searches.setdefault(query.id, {})[node] = _search(query, node)
        return needed

    def needed(self, id_: str) -> list[str]:
        """The ids that a query needs, and itself, each after those that it needs itself."""
        found = self._all_needed.get(id_)
        if found is None:
            wanted, some = {id_}, [id_]
            while some:
                new = self._needed[some.pop()] - wanted
                wanted |= new
                some += new
            found = self._all_needed[id_] = [one for one in self.order if one in wanted]
        return found

    def period(self, query: Query) -> int:
        """The seconds of a query's periods: its own, or the shortest of the metrics that it needs."""
        if query.stat is not None:
            return query.stat.period
        if query.period is not None:
            return query.period
        stats = (self.queries[id_].stat for id_ in self.needed(query.id))
        return min((stat.period for stat in stats if stat is not None), default=DEFAULT_PERIOD)

    def find(self, metrics: Iterable[Metric]) -> Found:
        """What the searches find."""
        if not self.searches:
            return {}
        all_ = list(metrics)
        return {
            id_: {node: one.find(all_) for node, one in searches.items()}
            for id_, searches in self.searches.items()
        }


@dataclass
class Evaluation:
    """Results of a plan over a window; `found` is what `plan.find` gave."""

    plan: Plan
    window: Window
    found: Found = field(default_factory=dict)
    _values: dict[MetricStat, Mapping[int, float]] = field(default_factory=dict)
    _results: dict[str, tuple[Value, frozenset[str]]] = field(default_factory=dict)

    def needs(self, id_: str) -> list[MetricStat]:
        """What has to be supplied for the result of a query, and was not yet."""
        return [stat for stat in dict.fromkeys(self._stats(id_)) if stat not in self._values]

    def supply(self, stat: MetricStat, values: Mapping[int, float]) -> None:
        """The values of a statistic by time, ascending."""
        self._values[stat] = values

    def work(self, id_: str) -> int:
        """About how many values are computed for the result of a query that has all that it needs."""
        pending = [query for query in self.plan.needed(id_) if query not in self._results]
        sizes = self.plan.sizes
        return sum(sizes[query].nodes * self._cells(query) for query in pending if query in sizes)

    def _cells(self, id_: str) -> int:
        """How many values a query may look at: those that are given, and those that are filled in."""
        given = sum(len(self._values.get(stat, ())) for stat in self._stats(id_))
        sizes = ((query, self.plan.sizes.get(query)) for query in self.plan.needed(id_))
        return given + sum(
            size.filling * self._filled(query) for query, size in sizes if size and size.filling
        )

    def _stats(self, id_: str) -> Iterator[MetricStat]:
        """The statistics that a query needs, some of them more than once."""
        for query in map(self.plan.queries.__getitem__, self.plan.needed(id_)):
            if query.stat is not None:
                yield query.stat
            for stats in self.found.get(query.id, {}).values():
                yield from stats

    def _filled(self, id_: str) -> int:
        """How many values there are if nothing is missing, one time series at the least."""
        periods = [stat.period for stat in self._stats(id_)]
        own = self.plan.period(self.plan.queries[id_])
        return sum(len(self.window.times(period)) for period in periods or [own])

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


@lru_cache(maxsize=256)
def _tree(expression: str) -> Node:
    """The tree of an expression whose functions are all there. Raises MathError."""
    if expression.lstrip().upper().startswith("SELECT "):
        raise MathError("Metrics Insights queries are not supported")
    tree = parse(expression)
    for node in parts(tree):
        if isinstance(node, Call) and node.function != SEARCH and node.function not in FUNCTIONS:
            known = node.function in REFUSED
            raise MathError(f"Function '{node.function}' {'is not supported' if known else 'not found'}")
    return tree


def _search(query: Query, node: Call) -> Search:
    """What a call of SEARCH asks for. Raises MathError."""
    match node.arguments:
        case (String(text), String(stat)):
            period = query.period or DEFAULT_PERIOD
        case (String(text), String(stat), Number(seconds)):
            period = int(seconds)
        case _:
            raise MathError("SEARCH takes a search expression, a statistic and a period")
    try:
        parse_statistic(stat)
    except UnknownStatistic:
        raise MathError(f"'{stat}' is not a valid statistic") from None
    if period < 1 or (period % 60 and period not in (1, 5, 10, 20, 30)):
        raise MathError("The period of a search must be 1, 5, 10, 20, 30, or a multiple of 60")
    return Search(search.parse(text), stat, period)


def _label(given: str | None, default: str) -> str:
    """The label of one of several time series: the query's and its own, unless the query's says all."""
    if not given:
        return default
    return given if "${" in given else f"{given} {default}"

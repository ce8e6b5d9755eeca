"""Queries: metrics and expressions that refer to each other by their ids.

A `Plan` is checked as a whole when it is made: all that can be known without data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Final, NamedTuple

from stator.monitoring.metrics.math import search
from stator.monitoring.metrics.math.functions import FILLING, FUNCTIONS, REFUSED, SEARCH
from stator.monitoring.metrics.math.parser import parse
from stator.monitoring.metrics.math.tree import Call, Node, Number, Reference, String, parts
from stator.monitoring.metrics.math.values import MathError, MetricStat
from stator.monitoring.metrics.points import Metric
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

    def find(self, metrics: Iterable[Metric], found: list[MetricStat]) -> bool:
        """Add what it finds among metrics to what it has found before. False once it has found enough."""
        for metric in metrics:
            if len(found) >= search.SERIES_MAX:
                return False
            if self.test(metric):
                found.append(MetricStat(metric, self.period, self.stat))
        return len(found) < search.SERIES_MAX


Found = Mapping[str, Mapping[Call, list[MetricStat]]]
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
        found = self.nothing_found()
        if found:
            all_ = list(metrics)
            for id_, searches in self.searches.items():
                for node, one in searches.items():
                    one.find(all_, found[id_][node])
        return found

    def nothing_found(self) -> Found:
        """What the searches have found before they have looked at anything."""
        return {id_: {node: [] for node in searches} for id_, searches in self.searches.items()}


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
            period = int(seconds) if seconds.is_integer() else 0
        case _:
            raise MathError("SEARCH takes a search expression, a statistic and a period")
    try:
        parse_statistic(stat)
    except UnknownStatistic:
        raise MathError(f"'{stat}' is not a valid statistic") from None
    if period < 1 or (period % 60 and period not in (1, 5, 10, 20, 30)):
        raise MathError("The period of a search must be 1, 5, 10, 20, 30, or a multiple of 60")
    return Search(search.parse(text), stat, period)

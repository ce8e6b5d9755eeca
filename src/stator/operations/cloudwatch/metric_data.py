"""GetMetricData: values of many metrics and of expressions over them, in pages.

A page holds as many values as were asked for. Where it ends within the values of a time series, that is
told by the status PartialData, and the next page goes on with them. Only what a page shows is read for it.
"""

import asyncio
from typing import Any, Final, NamedTuple

from stator.base.pace import Pace
from stator.monitoring.metrics.directory import SEEN_SECONDS
from stator.monitoring.metrics.math import (
    Evaluation,
    ExpressionError,
    Found,
    Plan,
    Result,
    Series,
    Window,
)
from stator.monitoring.metrics.store import MetricsStore
from stator.operations.cloudwatch.labels import Labels
from stator.operations.cloudwatch.metric_parameters import (
    rounded_end,
    rounded_start,
    store_of,
    validation,
)
from stator.operations.cloudwatch.metric_queries import plan_of
from stator.operations.cloudwatch.reading import values_of, walk
from stator.operations.cloudwatch.tokens import position_of, token_of
from stator.operations.services import CLOUDWATCH, ServiceCall, ServiceError, service_operation

_QUERIES_MAX: Final = 500
_VALUES_MAX: Final = 100_800
# What one page may take: values that are read, and that are computed. A page that needs more ends before the
# query that does, and a query that needs more by itself is refused.
_READ_MAX: Final = 250_000
_COMPUTED_MAX: Final = 2_000_000
_LONG: Final = 20_000  # computed values: more would keep the loop for milliseconds, so a thread computes them
_LONG_TEXT: Final = 10_000  # characters of expressions: the same of reading them
_SEARCHED_SECONDS: Final = 14 * 86_400
_BOUND: Final = ("MetricDataQueries", "StartTime", "EndTime", "ScanBy", "LabelOptions")

_ADVICE: Final = "You may reduce them by increasing Period, or decreasing the time range."
_MESSAGES: Final = {
    "ArithmeticError": "One or more data-points have been dropped due to non-numeric values"
    " (NaN, -Infinite, +Infinite)"
}


class _TooMuch(Exception):
    """A page that needs more than it may; the text says of what."""


class _Position(NamedTuple):
    """Where a page begins: at a query, one of its time series, and a time of that (None: its first)."""

    query: int = 0
    series: int = 0
    time: int | None = None


@service_operation(CLOUDWATCH, "GetMetricData")
async def get_metric_data(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the values of metrics, and of expressions over them."""
    store = store_of(call)
    _check(request)
    plan = await _plan(request["MetricDataQueries"])
    labels = Labels(call, request.get("LabelOptions"))
    now = call.database.clock.now()
    window = _window(plan, request["StartTime"], request["EndTime"], now)
    bound = {name: request.get(name) for name in _BOUND}
    position = _start(request.get("NextToken"), bound)
    found = await _found(plan, store, now)
    page = _Page(
        store,
        Evaluation(plan, window, found),
        labels,
        room=request.get("MaxDatapoints", _VALUES_MAX),
        descending=request.get("ScanBy", "TimestampDescending") == "TimestampDescending",
    )
    try:
        end = await page.fill(position)
    except ExpressionError as error:
        raise validation(str(error)) from None
    more = {} if end is None else {"NextToken": token_of(end, bound)}
    return {"MetricDataResults": page.results, "Messages": [], **more}


def _check(request: dict[str, Any]) -> None:
    """Raises ServiceError."""
    queries = request["MetricDataQueries"]
    if not queries:
        raise validation("The collection MetricDataQueries must not have a size less than 1.")
    if len(queries) > _QUERIES_MAX:
        raise validation(
            f"The collection MetricDataQueries must not have a size greater than {_QUERIES_MAX}."
        )
    if request["StartTime"] == request["EndTime"]:
        raise validation("The parameter StartTime must not equal parameter EndTime.")
    if request["StartTime"] > request["EndTime"]:
        raise validation("The parameter EndTime must be greater than StartTime.")
    most = request.get("MaxDatapoints", _VALUES_MAX)
    if not 1 <= most <= _VALUES_MAX:
        raise validation(f"The parameter MaxDatapoints must be between 1 and {_VALUES_MAX}.")


def _window(plan: Plan, start: float, end: float, now: float) -> Window:
    shortest = min(plan.period(query) for query in plan.queries.values())
    latest = int(now) + _VALUES_MAX  # Nothing is later; it bounds what is filled.
    return Window(rounded_start(start, shortest, now), min(rounded_end(end), latest), now=int(now))


def _start(token: str | None, bound: dict[str, Any]) -> _Position:
    """Where a page begins. Raises ServiceError."""
    if token is None:
        return _Position()
    match position_of(token, bound):
        case [int() as query, int() as series, (int() | None) as time]:
            return _Position(query, series, time)
    raise ServiceError("InvalidNextToken", "Invalid nextToken")


async def _plan(queries: list[dict[str, Any]]) -> Plan:
    """The plan of queries; a thread reads long ones. Raises ServiceError."""
    if sum(len(query.get("Expression", "")) for query in queries) > _LONG_TEXT:
        return await asyncio.to_thread(plan_of, queries)
    return plan_of(queries)


async def _found(plan: Plan, store: MetricsStore, now: float) -> Found:
    """What the searches find among the metrics with data of the last two weeks, however many there are."""
    found = plan.nothing_found()
    looking = [(one, found[id_][node]) for id_, all_ in plan.searches.items() for node, one in all_.items()]
    since = now - _SEARCHED_SECONDS - SEEN_SECONDS
    pace = Pace()
    if looking:
        async for some in walk(store):
            metrics = [known.metric for known in some if known.entry.last >= since]
            unfinished = []
            for one, stats in looking:
                with pace.step():
                    if one.find(metrics, stats):
                        unfinished.append((one, stats))
                await pace.rest()
            looking = unfinished
            if not looking:
                break
    return found


class _Page:
    """A page that is being filled; `room` is how many values it still takes."""

    def __init__(
        self, store: MetricsStore, evaluation: Evaluation, labels: Labels, *, room: int, descending: bool
    ) -> None:
        self.results: list[dict[str, Any]] = []
        self._store = store
        self._evaluation = evaluation
        self._labels = labels
        self._room = room
        self._descending = descending
        self._pace = Pace()
        self._read = 0
        self._computed = 0

    async def fill(self, start: _Position) -> _Position | None:
        """Add results from a position on. Where the next page begins; None if there is none.

        Raises ServiceError, ExpressionError and StorageError.
        """
        for place, query in enumerate(self._evaluation.plan.queries.values()):
            if place < start.query or not query.returned:
                continue
            begin = start if place == start.query else _Position(place)
            if self._room <= 0:
                return begin
            try:
                result = await self._result(query.id)
            except _TooMuch as reason:
                if self.results:
                    return begin
                raise validation(f"{reason} {_ADVICE}") from None
            end = self._add(query.id, begin, result)
            if end is not None:
                return end
        return None

    async def _result(self, id_: str) -> Result:
        evaluation = self._evaluation
        for stat in evaluation.needs(id_):
            values, read = await values_of(self._store, stat, evaluation.window, self._pace)
            self._read += read
            if self._read > _READ_MAX:
                raise _TooMuch(f"The request needs more than {_READ_MAX} datapoints.")
            evaluation.supply(stat, values)
        work = evaluation.work(id_, _COMPUTED_MAX)
        self._computed += work
        if self._computed > _COMPUTED_MAX:
            raise _TooMuch(f"The expression '{id_}' is computed from too many datapoints.")
        if work > _LONG:
            return await asyncio.to_thread(evaluation.result, id_)
        with self._pace.step():
            return evaluation.result(id_)

    def _add(self, id_: str, begin: _Position, result: Result) -> _Position | None:
        """Add the time series of a query. Where to go on if the page is full before all of them are."""
        for number, series in enumerate(result.series):
            if number < begin.series:
                continue
            if self._room <= 0:
                return _Position(begin.query, number)
            values = self._from(series, begin.time if number == begin.series else None)
            shown = dict(values[: self._room])
            complete = len(shown) == len(values)
            label = self._labels.of(series, result.defaults[number])
            self.results.append(_shown(id_, label, shown, result.notes, complete=complete))
            if not complete:
                return _Position(begin.query, number, values[self._room][0])
            self._room -= len(shown)
        return None

    def _from(self, series: Series, time: int | None) -> list[tuple[int, float]]:
        """The values in the order asked for, from a time on."""
        values = sorted(series.points.items(), reverse=self._descending)
        if time is None:
            return values
        return [pair for pair in values if (pair[0] <= time if self._descending else pair[0] >= time)]


def _shown(
    id_: str, label: str, values: dict[int, float], notes: frozenset[str], *, complete: bool
) -> dict[str, Any]:
    messages = [{"Code": note, "Value": _MESSAGES[note]} for note in sorted(notes)]
    return {
        "Id": id_,
        "Label": label,
        "Timestamps": [float(time) for time in values],
        "Values": list(values.values()),
        "StatusCode": "Complete" if complete else "PartialData",
        **({"Messages": messages} if messages else {}),
    }

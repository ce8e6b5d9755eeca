"""ListMetrics: which metrics there are."""

from collections.abc import Callable
from typing import Any, Final

from stator.monitoring.metrics.directory import SEEN_SECONDS, Known
from stator.operations.cloudwatch.metric_parameters import invalid_value, shown, store_of
from stator.operations.cloudwatch.reading import walk
from stator.operations.cloudwatch.tokens import position_of, token_of
from stator.operations.services import CLOUDWATCH, ServiceCall, service_operation

_PAGE: Final = 500
_SHOWN_SECONDS: Final = 14 * 86_400
_RECENT_SECONDS: Final = 3 * 3_600
_FILTERS: Final = ("Namespace", "MetricName", "Dimensions", "RecentlyActive")


@service_operation(CLOUDWATCH, "ListMetrics")
async def list_metrics(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the metrics that had values in the last two weeks, or three hours."""
    store = store_of(call)
    filters = {name: request.get(name) for name in _FILTERS}
    after = _start(request.get("NextToken"), filters)
    namespace, name = request.get("Namespace"), request.get("MetricName")
    wanted = _filter(request, call.database.clock.now())
    page: list[Known] = []
    async for some in walk(store, namespace, name if namespace is not None else None, after):
        page += filter(wanted, some)
        if len(page) > _PAGE:
            break
    more = {"NextToken": token_of(page[_PAGE - 1].key, filters)} if len(page) > _PAGE else {}
    metrics = [shown(known.metric) for known in page[:_PAGE]]
    linked = request.get("IncludeLinkedAccounts")
    owners = {"OwningAccounts": [call.database.account] * len(metrics)} if linked else {}
    return {"Metrics": metrics, **owners, **more}


def _start(token: str | None, filters: dict[str, Any]) -> bytes:
    """The key after which a page begins. Raises ServiceError."""
    if token is None:
        return b""
    position = position_of(token, filters)
    if not isinstance(position, bytes):
        raise invalid_value("Invalid nextToken")
    return position


def _filter(request: dict[str, Any], now: float) -> Callable[[Known], bool]:
    """Whether a metric is asked for."""
    name = request.get("MetricName")
    since = now - (_RECENT_SECONDS if request.get("RecentlyActive") else _SHOWN_SECONDS) - SEEN_SECONDS
    filters = [(one["Name"], one.get("Value")) for one in request.get("Dimensions") or ()]

    def wanted(known: Known) -> bool:
        if known.entry.last < since or name not in (None, known.metric.name):
            return False
        dimensions = dict(known.metric.dimensions)
        return all(key in dimensions and value in (None, dimensions[key]) for key, value in filters)

    return wanted

"""DescribeAlarmHistory: what has become of alarms, of one or of all, also of those that are deleted."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from stator.monitoring.alarms import store
from stator.monitoring.alarms.alarms import Alarms
from stator.monitoring.alarms.definition import METRIC_ALARM
from stator.monitoring.alarms.store import Entry
from stator.operations.cloudwatch.alarms.access import alarms_of, next_token, position
from stator.operations.services import CLOUDWATCH, Reply, ServiceCall, service_operation

Place = int | bytes  # of an entry among its alarm's, or among all

_PAGE: Final = 100
_LOOKED_AT_ONCE: Final = 200
_FOREVER: Final = 1e11  # seconds


@service_operation(CLOUDWATCH, "DescribeAlarmHistory")
async def describe_alarm_history(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """A page of the entries that a request asks for, newest first unless it says otherwise."""
    alarms = alarms_of(call)
    size = request.get("MaxRecords", _PAGE)
    found: list[dict[str, Any]] = []
    last: Place = 0
    after: Place | None = position(request, int) if "AlarmName" in request else position(request, bytes)
    while True:
        looked = list(islice(_entries(alarms, request, after), _LOOKED_AT_ONCE))
        for place, entry in looked:
            if not _asked(request, entry):
                continue
            if len(found) == size:
                return {"AlarmHistoryItems": found, "NextToken": next_token(request, last)}
            found.append(_show(entry))
            last = place
        if len(looked) < _LOOKED_AT_ONCE:
            return {"AlarmHistoryItems": found}
        after = looked[-1][0]
        await asyncio.sleep(0)


def _entries(alarms: Alarms, request: dict[str, Any], after: Place | None) -> Iterator[tuple[Place, Entry]]:
    """The entries of the alarm, or of all, in the order asked for; those that follow a place."""
    newest_first = request.get("ScanBy") != "TimestampAscending"
    if "AlarmName" in request:
        assert not isinstance(after, bytes)
        return store.history_of(alarms.reader, request["AlarmName"], reverse=newest_first, after=after)
    assert not isinstance(after, int)
    return store.history(
        alarms.reader,
        request.get("StartDate", 0.0),
        request.get("EndDate", _FOREVER),
        reverse=newest_first,
        after=after,
    )


def _asked(request: dict[str, Any], entry: Entry) -> bool:
    return (
        entry.alarm_type in (request.get("AlarmTypes") or [METRIC_ALARM])
        and entry.kind == request.get("HistoryItemType", entry.kind)
        and request.get("StartDate", 0.0) <= entry.time <= request.get("EndDate", _FOREVER)
    )


def _show(entry: Entry) -> dict[str, Any]:
    return {
        "AlarmName": entry.name,
        "AlarmType": entry.alarm_type,
        "Timestamp": entry.time,
        "HistoryItemType": entry.kind,
        "HistorySummary": entry.summary,
        "HistoryData": entry.data,
    }

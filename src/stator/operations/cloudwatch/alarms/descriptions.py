"""DescribeAlarms and DescribeAlarmsForMetric: alarms as replies show them, by what a request asks for."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from stator.monitoring.alarms import composite, store
from stator.monitoring.alarms.alarms import Alarms
from stator.monitoring.alarms.definition import (
    ACTION_LISTS,
    COMPOSITE_ALARM,
    METRIC_ALARM,
    AlarmRow,
    name_of,
)
from stator.monitoring.metrics.members import metric_of
from stator.operations.cloudwatch.alarms.access import (
    COMBINATION,
    VALIDATION,
    alarms_of,
    next_token,
    position,
    walk,
)
from stator.operations.services import CLOUDWATCH, Reply, ServiceCall, ServiceError, service_operation

Shown = dict[str, Any]

_PAGE: Final = 50
_LISTS: Final = {METRIC_ALARM: "MetricAlarms", COMPOSITE_ALARM: "CompositeAlarms"}
_FAMILY: Final = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_WITH_FAMILY: Final = ("MaxRecords", "NextToken")
_CHILD: Final = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
_PARENT: Final = ("AlarmName", "AlarmArn")


@service_operation(CLOUDWATCH, "DescribeAlarms")
async def describe_alarms(call: ServiceCall, request: Shown) -> Reply:
    """A page of the alarms that a request asks for, by name."""
    alarms = alarms_of(call)
    _check(request)
    after = position(request, str) or ""
    size = request.get("MaxRecords", _PAGE)
    reply: Shown = {"MetricAlarms": [], "CompositeAlarms": []}
    last = ""
    async for row in _asked(alarms, request, after):
        if size == 0:
            reply["NextToken"] = next_token(request, last)
            break
        shown = show(call, alarms, row)
        for member, members in zip(_FAMILY, (_CHILD, _PARENT), strict=True):
            if member in request:
                shown = {name: shown[name] for name in members}
        reply[_LISTS[row.kind]].append(shown)
        last = row.name
        size -= 1
    return reply


@service_operation(CLOUDWATCH, "DescribeAlarmsForMetric")
async def describe_alarms_for_metric(call: ServiceCall, request: Shown) -> Reply:
    """The metric alarms on a metric itself, not those on expressions."""
    alarms = alarms_of(call)
    metric = metric_of(request)
    asked = {
        member: request[member]
        for member in ("Statistic", "ExtendedStatistic", "Period", "Unit")
        if member in request
    }
    found = [
        show(call, alarms, row)
        async for row in walk(alarms)
        if row.kind == METRIC_ALARM
        and "Metrics" not in row.definition
        and metric_of(row.definition) == metric
        and all(row.definition.get(member) == value for member, value in asked.items())
    ]
    return {"MetricAlarms": found}


def show(call: ServiceCall, alarms: Alarms, row: AlarmRow) -> Shown:
    """An alarm in a reply."""
    shown: Shown = {
        **row.definition,
        "AlarmArn": call.arn("cloudwatch", f"alarm:{row.name}"),
        "AlarmConfigurationUpdatedTimestamp": row.configured,
        "StateValue": row.state,
        "StateReason": row.reason,
        "StateUpdatedTimestamp": row.updated,
        "StateTransitionedTimestamp": row.transitioned,
    }
    if row.reason_data:
        shown["StateReasonData"] = row.reason_data
    hold = alarms.hold(row)
    if hold is not None:
        shown["ActionsSuppressedBy"] = hold.by
        shown["ActionsSuppressedReason"] = f"Actions suppressed by {hold.by}"
    return shown


def _check(request: Shown) -> None:
    for member in _FAMILY:
        others = [name for name in request if name not in (member, *_WITH_FAMILY)]
        if member in request and others:
            raise ServiceError(
                VALIDATION,
                f"{member} cannot be combined with other parameters than MaxRecords and NextToken.",
            )
    if "AlarmNames" in request and "AlarmNamePrefix" in request:
        both = "The parameters AlarmNames and AlarmNamePrefix are mutually exclusive"
        raise ServiceError(COMBINATION, f"{both} and you have specified both.")


async def _asked(alarms: Alarms, request: Shown, after: str) -> AsyncIterator[AlarmRow]:
    """The alarms that a request asks for and that follow a name, by name."""
    if "ChildrenOfAlarmName" in request:
        wanted = _named(alarms, _children(alarms, request["ChildrenOfAlarmName"]), after)
        keep: Callable[[AlarmRow], bool] = _everything
    elif "ParentsOfAlarmName" in request:
        wanted = _named(alarms, _parents(alarms, request["ParentsOfAlarmName"]), after)
        keep = _everything
    else:
        names = request.get("AlarmNames")
        wanted = (
            walk(alarms, request.get("AlarmNamePrefix", ""), after=after)
            if names is None
            else _named(alarms, names, after)
        )
        keep = _filter(request)
    async for row in wanted:
        if keep(row):
            yield row


async def _named(alarms: Alarms, names: list[str], after: str) -> AsyncIterator[AlarmRow]:
    for name in sorted(set(names)):
        row = store.load(alarms.reader, name) if name > after else None
        if row is not None:
            yield row


def _children(alarms: Alarms, name: str) -> list[str]:
    row = store.load(alarms.reader, name_of(name))
    return [] if row is None or row.kind != COMPOSITE_ALARM else composite.children(row)


def _parents(alarms: Alarms, name: str) -> list[str]:
    child = name_of(name)
    return [row.name for row in store.composites(alarms.reader) if child in composite.children(row)]


def _everything(_: AlarmRow) -> bool:
    return True


def _filter(request: Shown) -> Callable[[AlarmRow], bool]:
    types = request.get("AlarmTypes") or [METRIC_ALARM]
    state, prefix = request.get("StateValue"), request.get("ActionPrefix")

    def keep(row: AlarmRow) -> bool:
        actions = [arn for state in ACTION_LISTS for arn in row.actions(state)]
        return (
            row.kind in types
            and (state is None or row.state == state)
            and (prefix is None or any(arn.startswith(prefix) for arn in actions))
        )

    return keep

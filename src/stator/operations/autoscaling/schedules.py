"""PutScheduledAction, DeleteScheduledAction, DescribeScheduledActions, and carrying them out."""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from stator.monitoring.scaling import schedules, store
from stator.monitoring.scaling.cron import InvalidSchedule
from stator.monitoring.scaling.records import NAMESPACE, Activity, Place, ScheduledAction, Target
from stator.operations.autoscaling.capacity import bring_within
from stator.operations.autoscaling.pages import describe, of_names
from stator.operations.autoscaling.places import invalid, not_found, place_of, target_of, too_many, words
from stator.operations.services import AUTO_SCALING, Reply, ServiceCall, service_operation
from stator.storage.engine import Reader, Transaction
from stator.tables.database import Database

ACTIONS_MAX: Final = 200  # "Quotas for Application Auto Scaling": per target


@service_operation(AUTO_SCALING, "PutScheduledAction")
def put_scheduled_action(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Make or change a scheduled action. Times that are not given are removed, as AWS removes them."""
    database, place, name = call.database, place_of(request), request["ScheduledActionName"]
    new_id = database.ids.table_id()

    def body(transaction: Transaction) -> Reply:
        target_of(transaction, place)
        now = database.clock.now()
        known = store.SCHEDULED.get(transaction, place, name)
        if known is None:
            known = _new(transaction, place, name, new_id, call.region, now, request)
        bounds = request.get("ScalableTargetAction", {"MinCapacity": known.min, "MaxCapacity": known.max})
        action = replace(
            known,
            schedule=request.get("Schedule", known.schedule),
            timezone=request.get("Timezone", known.timezone),
            start=request.get("StartTime"),
            end=request.get("EndTime"),
            min=bounds.get("MinCapacity"),
            max=bounds.get("MaxCapacity"),
        )
        _check(action)
        store.SCHEDULED.put(transaction, replace(action, due=_first(action, now)), name)
        return {}

    return database.engine.write(body)


def _new(
    transaction: Transaction,
    place: Place,
    name: str,
    new_id: str,
    region: str,
    now: float,
    request: dict[str, Any],
) -> ScheduledAction:
    if "Schedule" not in request:
        raise invalid("Schedule must be specified when a scheduled action is created")  # unverified
    if len(store.SCHEDULED.of(transaction, place)) >= ACTIONS_MAX:  # unverified
        raise too_many(f"Maximum number of scheduled actions per scalable target: {ACTIONS_MAX}")
    return ScheduledAction(place, name, new_id, region, now, request["Schedule"])


def _check(action: ScheduledAction) -> None:
    if action.min is None and action.max is None:
        raise invalid("At least one of minimum capacity and maximum capacity should be provided")
    least = 1 if action.min is None else action.min
    if least < 1:  # unverified, as those that follow
        raise invalid(f"Minimum capacity cannot be less than 1 for service namespace: {NAMESPACE}")
    if action.max is not None and action.max < least:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    if action.start is not None and action.end is not None and action.end <= action.start:
        raise invalid("End time must be after start time")
    try:
        schedules.parse(action.schedule, action.timezone)
    except InvalidSchedule:
        raise invalid("Schedule must match the format at(...), rate(...) or cron(...)") from None


def _first(action: ScheduledAction, now: float) -> float | None:
    """When an action is carried out first: at its start, if it has one that is to come."""
    if action.start is not None and action.start > now and not action.schedule.startswith("at("):
        return action.start
    return _next(action, now)


def _next(action: ScheduledAction, moment: float) -> float | None:
    """When an action is carried out after a moment."""
    schedule = schedules.parse(action.schedule, action.timezone)
    found = schedule.after(max(moment, action.start or moment), _since(action))
    return None if found is None or (action.end is not None and found > action.end) else found


def _since(action: ScheduledAction) -> float:
    return action.created if action.start is None else action.start


@service_operation(AUTO_SCALING, "DeleteScheduledAction")
def delete_scheduled_action(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Forget a scheduled action."""
    place, name = place_of(request), request["ScheduledActionName"]

    def body(transaction: Transaction) -> Reply:
        if store.SCHEDULED.get(transaction, place, name) is None:  # unverified
            raise not_found(f"No scheduled action found for {words(place)}, scheduled action name: {name}")
        store.SCHEDULED.delete(transaction, place, name)
        return {}

    return call.database.engine.write(body)


@service_operation(AUTO_SCALING, "DescribeScheduledActions")
def describe_scheduled_actions(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Show scheduled actions."""
    return describe(
        call,
        request,
        "ScheduledActions",
        store.SCHEDULED,
        partial(_shown, call),
        keeps=of_names(request, "ScheduledActionNames"),
    )


def _shown(call: ServiceCall, action: ScheduledAction) -> dict[str, Any]:
    place = action.place
    shown: dict[str, Any] = {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": f"arn:aws:autoscaling:{action.region}:{call.database.account}:"
        f"scheduledAction:{action.id}:resource/{NAMESPACE}/{place.resource}:"
        f"scheduledActionName/{action.name}",
        "ServiceNamespace": NAMESPACE,
        "Schedule": action.schedule,
        "Timezone": action.timezone,
        "ResourceId": place.resource,
        "ScalableDimension": place.dimension,
        "StartTime": action.start,
        "EndTime": action.end,
        "ScalableTargetAction": _bounds(action),
        "CreationTime": action.created,
    }
    return {member: value for member, value in shown.items() if value is not None}


def _bounds(action: ScheduledAction) -> dict[str, int]:
    given = {"MinCapacity": action.min, "MaxCapacity": action.max}
    return {member: units for member, units in given.items() if units is not None}


# Carrying them out.


def due(reader: Reader, now: float) -> list[tuple[float, ScheduledAction]]:
    """The actions that are due, with the last of the moments at which each was; in the order of these."""
    found = [
        (
            schedules.latest(
                schedules.parse(action.schedule, action.timezone), action.due, now, _since(action)
            ),
            action,
        )
        for _, action in store.SCHEDULED.all(reader)
        if action.due is not None and action.due <= now
    ]
    return sorted(found, key=lambda each: each[0])


def carry_out(database: Database, place: Place, name: str, moment: float, transaction: Transaction) -> None:
    """Set the bounds of a target to those of a scheduled action that was due, and bring it within them."""
    action, target = store.SCHEDULED.get(transaction, place, name), store.TARGETS.get(transaction, place)
    if action is None or target is None or action.due is None or action.due > moment:
        return
    store.SCHEDULED.put(transaction, replace(action, due=_next(action, moment)), name)
    if target.suspended.get("ScheduledScalingSuspended"):
        return
    target = replace(target, **_new_bounds(action, target))
    _tell(database, transaction, action)
    within = bring_within(database, transaction, target, ordinal=1)
    store.TARGETS.put(transaction, replace(target, owed=not within))


def _new_bounds(action: ScheduledAction, target: Target) -> dict[str, int]:
    """The bounds that an action sets; one that it leaves out gives way."""
    least = action.min if action.min is not None else min(target.min, action.max or target.min)
    most = action.max if action.max is not None else max(target.max, least)
    return {"min": least, "max": most}


def _tell(database: Database, transaction: Transaction, action: ScheduledAction) -> None:
    words = {"min": action.min, "max": action.max}
    set_to = " and ".join(f"{word} capacity to {units}" for word, units in words.items() if units is not None)
    activity = Activity(
        place=action.place,
        id=database.ids.table_id(),
        started=database.clock.now(),
        change=set_to,
        cause=f"scheduled action name {action.name} was triggered",
    )
    store.add_activity(transaction, activity)

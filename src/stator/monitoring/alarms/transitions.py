"""Changing the state of an alarm: the row, its history, and the actions that are due, in one transaction."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec

from stator.monitoring.alarms import notices, store
from stator.monitoring.alarms.actions import Action, calls
from stator.monitoring.alarms.definition import ALARM, AlarmRow
from stator.monitoring.alarms.reasons import json
from stator.storage.engine import Transaction

STATE_UPDATE: Final = "StateUpdate"
CONFIGURATION_UPDATE: Final = "ConfigurationUpdate"
ACTION: Final = "Action"

HISTORY_DATA_MAX: Final = 4095
SUMMARY_MAX: Final = 255
_NOBODY: Final = "no entry of alarm_actions matches it"
_log = logging.getLogger("stator.alarms")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A new state: why, when, and which alarms a composite one owes it to (`notices.triggering`)."""

    state: str
    reason: str
    reason_data: str
    time: float
    children: Sequence[dict[str, Any]] = ()


def apply(
    transaction: Transaction,
    row: AlarmRow,
    change: Change,
    *,
    account: str,
    actions: Sequence[Action],
    suppressed: bool = False,
    settled: float = 0.0,
) -> AlarmRow:
    """Give an alarm a state, and return what it is then.

    Actions become due if the state is another one than before, unless they are `suppressed`.
    """
    new = msgspec.structs.replace(
        row,
        state=change.state,
        reason=change.reason,
        reason_data=change.reason_data,
        updated=change.time,
        settled=max(row.settled, settled),
    )
    if change.state == row.state:
        store.save(transaction, new)
        return new
    new = msgspec.structs.replace(
        new,
        transitioned=change.time,
        left_alarm=change.time if row.state == ALARM else row.left_alarm,
        acted=row.acted if suppressed else change.state,
    )
    store.save(transaction, new)
    store.append(transaction, _state_entry(row, new))
    if not suppressed:
        act(transaction, new, row.state, account=account, actions=actions, children=change.children)
    return new


def act(
    transaction: Transaction,
    row: AlarmRow,
    old_state: str,
    *,
    account: str,
    actions: Sequence[Action],
    children: Sequence[dict[str, Any]] = (),
) -> None:
    """Have the actions of the alarm's present state carried out."""
    found = calls(actions, row)
    if not found.calls and not found.unknown:
        return
    message = json(notices.message(row, old_state, account, list(children)))
    due = partial(
        store.Due,
        alarm=row.name,
        alarm_type=row.kind,
        state=row.state,
        changed=row.transitioned,
        message=message,
    )
    for arn in found.unknown:
        entry_ = action_entry(due(entry="", resource=arn), row.transitioned, _NOBODY)
        store.append(transaction, entry_)
    for call in found.calls:
        store.put_due(transaction, due(entry=call.action.id, resource=call.resource))


def log(old: AlarmRow, new: AlarmRow) -> None:
    """Tell the log of a transition that is durable."""
    if old.state != new.state:
        fields = {"alarm": new.name, "old_state": old.state, "state": new.state, "reason": new.reason}
        _log.warning("alarm changed", extra=fields)


def _state_entry(old: AlarmRow, new: AlarmRow) -> store.Entry:
    shown = {"oldState": _state(old), "newState": _state(new)}
    text = json({"version": "1.0", **shown})
    for part in shown.values():
        if len(text) > HISTORY_DATA_MAX:
            part.pop("stateReasonData", None)
            text = json({"version": "1.0", **shown})
    return entry(new, STATE_UPDATE, new.updated, f"Alarm updated from {old.state} to {new.state}", text)


def _state(row: AlarmRow) -> dict[str, Any]:
    shown: dict[str, Any] = {"stateValue": row.state, "stateReason": row.reason}
    if row.reason_data:
        shown["stateReasonData"] = msgspec.Raw(row.reason_data.encode())
    return shown


def action_entry(due: store.Due, time: float, error: str | None = None) -> store.Entry:
    """The entry of an action that was carried out, or of one that was not: then with its error."""
    data = {
        "actionState": "Succeeded" if error is None else "Failed",
        "stateUpdateTimestamp": round(due.changed * 1000),
        "notificationResource": due.resource,
        "publishedMessage": due.message,
        "error": error,
    }
    text = json(data)
    if len(text) > HISTORY_DATA_MAX:
        text = json(data | {"publishedMessage": None})
    done = "Successfully executed action" if error is None else "Failed to execute action"
    return store.Entry(
        name=due.alarm,
        alarm_type=due.alarm_type,
        time=time,
        kind=ACTION,
        summary=f"{done} {due.resource}"[:SUMMARY_MAX],
        data=text,
    )


def entry(row: AlarmRow, kind: str, time: float, summary: str, data: str) -> store.Entry:
    """An entry of an alarm's history."""
    return store.Entry(
        name=row.name, alarm_type=row.kind, time=time, kind=kind, summary=summary[:SUMMARY_MAX], data=data
    )

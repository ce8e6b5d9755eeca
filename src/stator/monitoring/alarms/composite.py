"""Composite alarms: the state that a rule asks for, why, and when their actions are suppressed.

A rule that is true asks for ALARM, one that is false for OK. Composite alarms may refer to each other; those
of a cycle are not evaluated, as in AWS.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from stator.monitoring.alarms.definition import ALARM, CREATED, OK, AlarmRow, arn, name_of
from stator.monitoring.alarms.notices import triggering
from stator.monitoring.alarms.reasons import REASON_DATA_MAX, json
from stator.monitoring.alarms.rule import alarms, holds, parse
from stator.monitoring.alarms.transitions import Change
from stator.monitoring.alarms.wording import long_time

WAIT_PERIOD: Final = "WaitPeriod"
EXTENSION_PERIOD: Final = "ExtensionPeriod"
SUPPRESSED_BY_ALARM: Final = "Alarm"

Find = Callable[[str], AlarmRow | None]  # an alarm by its name


class Hold(NamedTuple):
    """What keeps a composite alarm's actions back, and until when; None: as long as the other alarm is on."""

    by: str
    until: float | None


def children(row: AlarmRow) -> list[str]:
    """The names of the alarms that a composite alarm's rule refers to."""
    return alarms(parse(row.definition["AlarmRule"]))


def suppressor(row: AlarmRow) -> str | None:
    """The name of the alarm that suppresses a composite alarm's actions."""
    reference: str | None = row.definition.get("ActionsSuppressor")
    return None if reference is None else name_of(reference)


def evaluate(row: AlarmRow, find: Find, account: str, now: float) -> Change | None:
    """The change that a composite alarm's rule asks for; None if its state is the right one."""
    rule = parse(row.definition["AlarmRule"])
    found = [child for name in alarms(rule) if (child := find(name)) is not None]
    state = ALARM if holds(rule, {child.name: child.state for child in found}) else OK
    newest = max((child.transitioned for child in found), default=-1.0)
    # A state that was set by hand stays until an alarm of the rule changes its own.
    if state == row.state or max(newest, row.configured) <= row.settled:
        return None
    own = arn(row.region, account, row.name)
    causes = found
    if row.reason == CREATED:
        reason = f"{own} was created and its alarm rule evaluates to {state}"
    elif newest < row.configured:
        reason = f"{own} was updated and its new alarm rule evaluates to {state}"
    else:
        causes = [child for child in found if child.transitioned == newest]
        first = causes[0]
        child_arn = arn(first.region, account, first.name)
        reason = f"{child_arn} transitioned to {first.state} at {long_time(newest)}"
    told = [triggering(child, account) for child in causes]
    return Change(state=state, reason=reason, reason_data=_reason_data(told), time=now, children=told)


def _reason_data(told: Sequence[dict[str, Any]]) -> str:
    shown = [
        {"arn": row["Arn"], "state": {"value": row["State"]["Value"], "timestamp": row["State"]["Timestamp"]}}
        for row in told
    ]
    while len(text := json({"triggeringAlarms": shown})) > REASON_DATA_MAX:
        shown = shown[: len(shown) // 2]
    return text


def held(row: AlarmRow, find: Find, now: float) -> Hold | None:
    """What keeps the actions of a composite alarm's present state back.

    The suppressor is in ALARM; or it left it less than the extension period ago; or this alarm has come to
    ALARM less than the wait period ago, in which the suppressor may follow.
    """
    name = suppressor(row)
    if name is None:
        return None
    other = find(name)
    if other is not None and other.state == ALARM:
        return Hold(SUPPRESSED_BY_ALARM, None)
    if other is not None and other.left_alarm:
        until = other.left_alarm + row.definition.get("ActionsSuppressorExtensionPeriod", 0)
        if now < until:
            return Hold(EXTENSION_PERIOD, until)
    until = row.transitioned + row.definition.get("ActionsSuppressorWaitPeriod", 0)
    if row.state == ALARM and now < until:
        return Hold(WAIT_PERIOD, until)
    return None


def in_order(rules: Mapping[str, Iterable[str]]) -> list[str]:
    """Composite alarms, each after those that its rule refers to; without those of a cycle.

    `rules` are the names of the alarms that the rule of each refers to, by its own name.
    """
    waits = {name: {child for child in found if child in rules} for name, found in rules.items()}
    ordered: list[str] = []
    while ready := [name for name, others in waits.items() if not others]:
        for name in ready:
            del waits[name]
        ordered += ready
        _forget(waits, ready)
    return ordered + _after_cycles(waits)


def _forget(waits: Mapping[str, set[str]], names: Sequence[str]) -> None:
    for others in waits.values():
        others.difference_update(names)


def _after_cycles(waits: dict[str, set[str]]) -> list[str]:
    """Those that only refer to alarms of a cycle, which keep their states, in order."""
    in_cycle = {name for name in waits if _reaches(waits, name)}
    rest = {name: others - in_cycle for name, others in waits.items() if name not in in_cycle}
    ordered: list[str] = []
    while ready := [name for name, others in rest.items() if not others]:
        for name in ready:
            del rest[name]
        ordered += ready
        _forget(rest, ready)
    return ordered


def _reaches(waits: Mapping[str, set[str]], name: str) -> bool:
    """Whether an alarm refers to itself, over others or not."""
    seen: set[str] = set()
    todo = list(waits[name])
    while todo:
        other = todo.pop()
        if other == name:
            return True
        if other not in seen:
            seen.add(other)
            todo += waits.get(other, ())
    return False

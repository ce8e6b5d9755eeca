"""Plans of `stator apply` as a reader sees them: a line for each resource, and one for each property."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from stator.apply.plan import OWN_TAGS, Action

if TYPE_CHECKING:
    from stator.apply.execution import Output
    from stator.apply.plan import Change, Plan
    from stator.apply.resources.kind import Difference

_LOOKS: Final = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("-/+", "red"),
    Action.DELETE: ("-", "red"),
    Action.FORGET: ("?", "yellow"),
    Action.NOTHING: ("=", "dim"),
    Action.SKIP: (".", "dim"),
}
_NOTHING: Final = "none"


def show(console: Console, plan: "Plan", invented: dict[str, str]) -> None:
    """Write a plan. `invented`: what was made up to stand for resources that are skipped."""
    for change in plan.changes:
        console.print(line(change), soft_wrap=True)
        for difference in change.differences:
            if change.action is not Action.CREATE or difference.property != "Tags" or difference.after:
                console.print(_property(difference, change), soft_wrap=True)
        if change.action is Action.SKIP:
            stands = f"; what refers to it gets {invented[change.id]}" if change.id in invented else ""
            console.print(Text(f"        not made here{stands}", "dim"), soft_wrap=True)
        for note in (*change.notes, *([change.hindrance] if change.hindrance else [])):
            console.print(Text(f"        {note}", "dim"), soft_wrap=True)
    for note in plan.notes:
        console.print(Text(note, "dim"), soft_wrap=True)
    console.print(summary(plan), soft_wrap=True, highlight=False)


def line(change: "Change") -> Text:
    """The line of a resource."""
    sign, style = _LOOKS[change.action]
    name = f" {change.name}" if change.name else ""
    return Text(f"{sign:>3} {change.action:<9} {change.id} ({change.type}){name}", style)


def summary(plan: "Plan") -> str:
    """How many of each action, in a sentence."""
    counts = {action: sum(change.action is action for change in plan.changes) for action in Action}
    said = [f"{count} to {action}" for action, count in counts.items() if count and action in _DOING]
    rest = [f"{counts[Action.NOTHING]} unchanged", f"{counts[Action.SKIP]} skipped"]
    return (
        ", ".join([*(said or ["Nothing to change"]), *(part for part in rest if not part.startswith("0 "))])
        + "."
    )


_DOING: Final = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.FORGET)


def show_outputs(console: Console, outputs: "Iterable[Output]") -> None:
    """Write the outputs of a stack."""
    rows = list(outputs)
    if rows:
        console.print("Outputs:")
    for row in rows:
        export = f" (exported as {row.export})" if row.export else ""
        console.print(Text(f"    {row.id} = {row.value}{export}"), soft_wrap=True)


def _property(difference: "Difference", change: "Change") -> Text:
    if change.action is Action.CREATE:
        return Text(f"        {difference.property}: {_value(difference.after)}", "dim")
    forces = ", which cannot be changed" if difference.replaces else ""
    values = f"{_value(difference.before)} -> {_value(difference.after)}"
    return Text(f"        {difference.property}: {values}{forces}")


def _value(value: Any) -> str:
    if value is None or value == {}:
        return _NOTHING
    if isinstance(value, dict):
        value = {name: member for name, member in value.items() if name not in OWN_TAGS}
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""Doing what a plan says, one resource after the other, and telling the outputs.

Each resource is looked at again before it is touched. One that is no longer as the plan says ends the apply;
what is done stays, and the same command goes on from there.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from stator.apply.errors import ApplyError
from stator.apply.plan import OWN_TAGS, Action, Change, Plan, Stack
from stator.apply.resources.kind import Kind
from stator.apply.resources.kinds import KINDS

_DELETED_LAST: Final = (Action.DELETE, Action.FORGET)

Report = Callable[[Change], object]


class Output(NamedTuple):
    """An output of a stack; `export` is the name under which others import it, or empty."""

    id: str
    value: str
    description: str
    export: str


def apply(stack: Stack, plan: Plan, report: Report) -> None:
    """Do what the plan says; `report` is called before each change. Raises ApplyError."""
    for change in plan.changes:
        if change.action is Action.SKIP:
            continue
        if change.action is not Action.NOTHING:
            report(change)
        if change.action in _DELETED_LAST:
            _remove(stack, change)
        else:
            _make(stack, change)


def _make(stack: Stack, planned: Change) -> None:
    resource = stack.template.resources[planned.id]
    kind = KINDS[resource.type]
    now = stack.look_at(resource)
    if now.action is not planned.action or now.name != planned.name:
        raise ApplyError(
            f"{planned.id}: the plan said {planned.action}, and now it would be {now.action}; "
            "something else has changed it, so run the command again"
        )
    if now.action is Action.NOTHING:
        return
    found = stack.names.found.get(resource.id)
    if now.action is Action.REPLACE:
        kind.delete(stack.endpoint, now.name)
        found = None
    if found is None:
        kind.create(stack.endpoint, stack.wanted(resource))
    else:
        kind.change(stack.endpoint, found, stack.settled(resource, found))
    made = kind.find(stack.endpoint, now.name, stack.wanted(resource))
    if made is not None:
        stack.names.found[resource.id] = made


def _remove(stack: Stack, change: Change) -> None:
    kind: Kind = KINDS[change.type]
    if change.action is Action.FORGET:
        kind.retag(stack.endpoint, change.name, {}, OWN_TAGS)
    else:
        kind.delete(stack.endpoint, change.name)


def outputs(stack: Stack) -> Iterator[Output]:
    """The outputs, after an apply; before one, with what is known by then. Raises TemplateError."""
    evaluator = stack.names.evaluator
    for output in stack.template.outputs:
        value = evaluator.value(output.value, output.path)
        shown = (
            ",".join(map(str, value))
            if isinstance(value, list)
            else evaluator.text(output.value, output.path)
        )
        export = evaluator.text(output.export, f"{output.path}.Export") if output.export is not None else ""
        yield Output(output.id, shown, output.description, export)

"""Checks a request against the constraints of its shapes and reports all failures together, as AWS does.

`check` walks a deserialised tree in the order in which AWS reports. Where the overlay has rows for the
operation, a missing member has a text of its own (`presence`), or some members come first (`alone`).
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from stator.base.errors import validation
from stator.model import messages
from stator.model.messages import ROOT, Path
from stator.model.overlay import PresenceRow, Stage, overlay
from stator.model.shapes import Field, Limits, Shape, compiled


def check(operation: str, shape: Shape, tree: dict[str, Any]) -> None:
    """Raises ApiError (ValidationException) if the request `tree` breaks a constraint.

    `shape` is the operation's input; `tree` is what `deserialize` made of it.
    """
    presence = [row for row in overlay().presence if operation in row.operations]
    _check_presence(operation, presence, tree, "first")
    _check_alone(operation, shape, tree)
    own_texts = {row.member for row in presence}
    reported = [field for field in shape.reported if field.name in tree or field.name not in own_texts]
    _raise_any(_fields(reported, tree, ROOT))
    _check_presence(operation, presence, tree, "last")


def violations(shape: Shape, tree: dict[str, Any]) -> Iterator[str]:
    """The entries of a report on a structure, in AWS's order; nothing that is an operation's own."""
    return _fields(shape.reported, tree, ROOT)


def _check_presence(operation: str, rows: Iterable[PresenceRow], tree: dict[str, Any], stage: Stage) -> None:
    for row in rows:
        value = tree.get(row.member)
        if row.stage == stage and (value is None or (row.empty and not value)):
            raise validation(row.text.format(operation=operation))


def _check_alone(operation: str, shape: Shape, tree: dict[str, Any]) -> None:
    fields = {field.name: field for field in shape.fields}
    for row in overlay().alone:
        if operation in row.operations:
            for name in row.members:
                if name in tree:
                    _raise_any(_fields([fields[name]], tree, ROOT))


def _raise_any(found: Iterator[str]) -> None:
    entries = list(islice(found, messages.VIOLATIONS_MAX))
    if entries:
        raise validation(messages.report(entries))


def _fields(fields: Iterable[Field], values: dict[str, Any], path: Path) -> Iterator[str]:
    """The entries on these members of one structure."""
    for field in fields:
        value = values.get(field.name)
        here = path.field(field.name)
        if value is not None:
            yield from _value(field.shape, field.limits, value, here)
        elif field.required:
            yield messages.violation(field.shape, None, here, messages.NOT_NULL)


def _value(shape: Shape, limits: Limits, value: Any, path: Path) -> Iterator[str]:
    for kind, constraint in _broken(shape, limits, value):
        if kind in limits.named:
            yield messages.named_violation(path, constraint)
        else:
            yield messages.violation(shape, value, path, constraint)
    yield from _inside(shape, value, path)


def _inside(shape: Shape, value: Any, path: Path) -> Iterator[str]:
    if shape.kind == "structure":
        yield from _fields(shape.reported, value, path)
    elif shape.kind in ("list", "map"):
        yield from _elements(shape, value, path)
        pairs = value.items() if shape.kind == "map" else enumerate(value, 1)
        for key, element in pairs:
            if element is None:
                yield messages.violation(shape.member, None, path.element(key), messages.NOT_NULL)
            else:
                yield from _inside(shape.member, element, path.element(key))


def _elements(shape: Shape, value: Any, path: Path) -> Iterator[str]:
    """A collection whose keys or elements break limits of their own is reported itself, once for either."""
    key = shape.key
    if key is not None and key.limits and any(_fails(key, name) for name in value):
        yield messages.violation(shape, value, path, messages.nested("Map keys", key, key.limits))
    member = shape.element
    if member is None or not member.limits:
        return
    elements = value.values() if shape.kind == "map" else value
    if any(element is not None and _fails(member, element) for element in elements):
        subject = "Map value" if shape.kind == "map" else "Member"
        yield messages.violation(shape, value, path, messages.nested(subject, member, member.limits))


def _fails(shape: Shape, value: Any) -> bool:
    return next(_broken(shape, shape.limits, value), None) is not None


def _broken(shape: Shape, limits: Limits, value: Any) -> Iterator[tuple[str, str]]:
    """The constraints that a value itself breaks: (kind, text), in the order pattern, least, greatest."""
    if limits.arn_max is not None and value.startswith("arn:"):
        limits = Limits(max=limits.arn_max)
    elif limits.empty_min is not None and not value:
        limits = Limits(min=limits.empty_min)
    if limits.enum and value not in limits.enum:
        yield "enum", messages.enum(limits.enum)
    if limits.pattern is not None and not compiled(limits.pattern).fullmatch(value):
        yield "pattern", messages.pattern(limits.pattern)
    if limits.min is None and limits.max is None:
        return
    quantity = len(value) if isinstance(value, (str, list, dict)) else value
    if limits.min is not None and quantity < limits.min:
        yield "min", messages.bound(shape, "min", limits.min)
    if limits.max is not None and quantity > limits.max:
        yield "max", messages.bound(shape, "max", limits.max)

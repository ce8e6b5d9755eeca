"""Results of operations, member by member as their shapes have them.

A handler's reply may have members that are None: these are left out. One that the shape does not have is a
bug, and found here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from stator.model.catalogue import Kind
from stator.model.shapes import Shape

Leaf = Callable[[Kind, Any], Any]


def shown(shape: Shape, value: Any, leaf: Leaf) -> Any:
    """The value as dictionaries and lists, with what `leaf` makes of each scalar."""
    if shape.kind == "structure":
        return {name: shown(of, each, leaf) for name, of, each in members(shape, value)}
    if shape.kind == "list":
        return [shown(shape.member, each, leaf) for each in value]
    if shape.kind == "map":
        return {key: shown(shape.member, each, leaf) for key, each in value.items()}
    return leaf(shape.kind, scalar(shape.kind, value))


def scalar(kind: Kind, value: Any) -> Any:
    """A scalar of the type that its kind has: clients take no 60.0 for a whole number."""
    return _TYPES[kind](value) if kind in _TYPES else value


_TYPES: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    "integer": int,
    "long": int,
    "double": float,
    "timestamp": float,
}


def members(shape: Shape, value: Mapping[str, Any]) -> list[tuple[str, Shape, Any]]:
    """The members that a structure has, in the model's order: (name, shape, value)."""
    unknown = value.keys() - {field.name for field in shape.fields}
    assert not unknown, f"{shape.name} has no members {sorted(unknown)}"
    return [
        (field.name, field.shape, value[field.name])
        for field in shape.fields
        if value.get(field.name) is not None
    ]

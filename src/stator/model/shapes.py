"""Shapes as AWS really holds requests to them: the service model with the overlay laid over it.

A `Shape` is resolved: it points at its members' shapes, not at their names (AttributeValue points at itself).
Deserialising, checking, the texts and the generated Structs all read these, so they cannot disagree.
"""

import re
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Final

from stator.model.catalogue import Kind, ServiceModel, operations, services
from stator.model.overlay import LimitsRow, overlay

ATTRIBUTE_VALUE: Final = "AttributeValue"  # the one shape that the layers below define themselves


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value must satisfy. `min` and `max` are of a length (code points, elements) or of a number.

    `pattern` (Java's syntax) must match the whole value. A value that starts with `arn:` is held to `arn_max`
    instead of the rest, an empty one to `empty_min`. A failure of a constraint in `named` is reported by AWS
    without the value and with the member's own spelling.
    """

    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    arn_max: int | None = None
    empty_min: int | None = None
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != UNLIMITED

    def with_row(self, row: LimitsRow) -> "Limits":
        """These limits with a row of the overlay over them."""
        given = {each.name: getattr(row, each.name) for each in fields(self)}
        given = {name: value for name, value in given.items() if value not in (None, ())}
        return replace(UNLIMITED if row.free else self, **given)


UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a structure. `limits` are its shape's, unless the overlay has others for this member."""

    name: str
    shape: "Shape"
    required: bool
    limits: Limits


@dataclass(slots=True, eq=False)
class Shape:
    """One resolved shape; of `fields`/`reported`, `element` and `key` those that its kind has are set.

    `fields` are in the model's order, `reported` holds the same in the order of AWS's reports. `element` is a
    list's member or a map's value. `java` is the class as AWS's texts name it.
    """

    name: str
    kind: Kind
    java: str
    limits: Limits
    fields: tuple[Field, ...] = field(default=(), repr=False)
    reported: tuple[Field, ...] = field(default=(), repr=False)
    element: "Shape | None" = field(default=None, repr=False)
    key: "Shape | None" = field(default=None, repr=False)

    @property
    def member(self) -> "Shape":
        """A list's member or a map's value."""
        assert self.element is not None, self.name
        return self.element


_JAVA: Final = {
    "string": "java.lang.String",
    "integer": "java.lang.Integer",
    "long": "java.lang.Long",
    "double": "java.lang.Double",
    "boolean": "java.lang.Boolean",
    "timestamp": "java.util.Date",
    "blob": "java.nio.ByteBuffer",
}


class _Resolver:
    """Resolves the shapes of one service, each once."""

    def __init__(self, service: ServiceModel) -> None:
        self._service = service
        self._done: dict[str, Shape] = {}
        rows = overlay()
        self._limits = {row.of: row for row in rows.limits}
        self._required = {row.of: row.required for row in rows.required}
        self._order = {row.of: row.members for row in rows.order}

    def shape(self, name: str) -> Shape:
        if name in self._done:
            return self._done[name]
        raw = self._service.shapes[name]
        limits = Limits(raw.min, raw.max, raw.pattern, raw.enum)
        if name in self._limits:
            limits = limits.with_row(self._limits[name])
        shape = Shape(name, raw.type, _JAVA.get(raw.type, f"{self._service.package}.{name}"), limits)
        self._done[name] = shape
        if raw.type == "structure":
            self._add_fields(shape, raw.members, raw.required)
        elif raw.type == "list":
            assert raw.member is not None
            shape.element = self.shape(raw.member)
            shape.java = f"java.util.List<{shape.element.java}>"
        elif raw.type == "map":
            assert raw.key is not None
            assert raw.value is not None
            shape.key = self.shape(raw.key)
            shape.element = self.shape(raw.value)
            shape.java = f"java.util.Map<{shape.key.java}, {shape.element.java}>"
        return shape

    def _add_fields(self, shape: Shape, members: dict[str, str], required: tuple[str, ...]) -> None:
        found: dict[str, Field] = {}
        for name, of in members.items():
            place = f"{shape.name}.{name}"
            target = self.shape(of)
            limits = target.limits
            if place in self._limits:
                limits = limits.with_row(self._limits[place])
            found[name] = Field(name, target, self._required.get(place, name in required), limits)
        shape.fields = tuple(found.values())
        first = self._order.get(shape.name, ())
        shape.reported = (*(found[name] for name in first), *(found[n] for n in found if n not in first))


@cache
def _resolver(target: str) -> _Resolver:
    return _Resolver(next(service for service in services() if service.target == target))


def input_shape(operation: str) -> Shape:
    """The resolved input of an operation. Raises KeyError for an unknown name."""
    entry = operations()[operation]
    return _resolver(entry.service).shape(entry.input)


@cache
def python_pattern(java: str) -> str:
    """A pattern of the model for Python's `re`; to be used with `fullmatch`."""
    for row in overlay().pattern:
        if row.java == java:
            return row.python
    return f"(?a:{java})"


@cache
def compiled(java: str) -> re.Pattern[str]:
    """`python_pattern`, compiled."""
    return re.compile(python_pattern(java))

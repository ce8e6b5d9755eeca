"""The texts of failed constraints: one template per kind of constraint, and AWS's way of writing values.

Values are written as Java's `toString` does: `[a, b]`, `{key=value}`, `KeySchemaElement(attributeName=pk,
keyType=HASH)`.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from stator.model.shapes import ATTRIBUTE_VALUE, Limits, Shape

VIOLATIONS_MAX: Final = 10  # AWS reports no more

NOT_NULL: Final = "Member must not be null"

_QUANTITY: Final = {"integer": "value", "long": "value", "double": "value"}
_SIDE: Final = {"min": "greater than or equal to", "max": "less than or equal to"}


class Path(NamedTuple):
    """The way to a value in a request, in the two spellings that AWS uses."""

    lowered: str = ""
    spelled: str = ""

    def field(self, name: str) -> "Path":
        """The path of a structure's member."""
        return self._join(name[0].lower() + name[1:], name)

    def element(self, key: int | str) -> "Path":
        """The path of a list's element (counted from 1) or of a map's value."""
        return self._join(f"{key}.member", f"{key}.member")

    def _join(self, lowered: str, spelled: str) -> "Path":
        if not self.spelled:
            return Path(lowered, spelled)
        return Path(f"{self.lowered}.{lowered}", f"{self.spelled}.{spelled}")


ROOT: Final = Path()


def bound(shape: Shape, side: str, limit: int) -> str:
    """The text of a least or greatest length or value; `side` is "min" or "max"."""
    return f"Member must have {_QUANTITY.get(shape.kind, 'length')} {_SIDE[side]} {limit}"


def pattern(text: str) -> str:
    """The text of a regular expression."""
    return f"Member must satisfy regular expression pattern: {text}"


def enum(values: Sequence[str]) -> str:
    """The text of an enumeration."""
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


def nested(subject: str, shape: Shape, limits: Limits) -> str:
    """The text of all constraints of a collection's elements.

    `subject` is "Member", "Map keys" or "Map value".
    """
    parts = [
        *([bound(shape, "max", limits.max)] if limits.max is not None else []),
        *([bound(shape, "min", limits.min)] if limits.min is not None else []),
        *([pattern(limits.pattern)] if limits.pattern is not None else []),
        *([enum(limits.enum)] if limits.enum else []),
    ]
    return f"{subject} must satisfy constraint: [{', '.join(parts)}]"


def violation(shape: Shape, value: Any, path: Path, constraint: str) -> str:
    """One entry of the report."""
    shown = "null" if value is None else f"'{render(shape, value)}'"
    return f"Value {shown} at '{path.lowered}' failed to satisfy constraint: {constraint}"


def named_violation(path: Path, constraint: str) -> str:
    """One entry of the report in the form that leaves the value out."""
    return f"Value at '{path.spelled}' failed to satisfy constraint: {constraint}"


def report(violations: Sequence[str]) -> str:
    """The whole text."""
    plural = "" if len(violations) == 1 else "s"
    return f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"


def render(shape: Shape, value: Any) -> str:
    """A value as AWS writes it into a text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape.kind == "list":
        return f"[{', '.join(render(shape.member, element) for element in value)}]"
    if shape.kind == "map":
        member = shape.member
        return "{" + ", ".join(f"{name}={render(member, element)}" for name, element in value.items()) + "}"
    if shape.kind == "structure":
        return f"{shape.name}({', '.join(_members(shape, value))})"
    return str(value)


def _members(shape: Shape, value: dict[str, Any]) -> list[str]:
    # Absent members are written as null, but not the nine that every attribute value lacks.
    return [
        f"{field.name[0].lower()}{field.name[1:]}={render(field.shape, value.get(field.name))}"
        for field in shape.fields
        if field.name in value or shape.name != ATTRIBUTE_VALUE
    ]

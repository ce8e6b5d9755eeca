"""The checks of one operation, in order, as data.

A `Step` is what a good request is changed by so that it breaks one rule, and the answer. Two rules whose
changes do not meet can be broken at once, and then the earlier one answers: so a list of steps in the order
of the checks is a table of texts and of their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VALIDATION = "ValidationException"
NOT_FOUND = "ResourceNotFoundException"

# How many of AWS's texts open.
ENVELOPE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
NOT_VALID = "One or more parameter values are not valid. "
MIXED = "Can not use both expression and non-expression parameters in the same request: "
SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
# What a change takes away, or what it only works without: no request holds a null.
ABSENT = None


@dataclass(frozen=True)
class Step:
    """A rule: its name, the change that breaks it, and the error's text and name."""

    rule: str
    change: dict[str, Any]
    text: str
    error: str = VALIDATION

    @property
    def answer(self) -> tuple[str, str]:
        return self.error, self.text


def _is_object(value: Any) -> bool:
    """Whether changes go into a value: an attribute value is changed as a whole."""
    return isinstance(value, dict) and not value.keys() & {"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL"}


def changed(request: dict[str, Any], *changes: dict[str, Any]) -> dict[str, Any]:
    """The request with changes to its parameters, and to the members of those that are objects."""
    result = dict(request)
    for change in changes:
        for name, value in change.items():
            if _is_object(value) and _is_object(result.get(name)):
                value = changed(result[name], value)
            result[name] = value
    return {name: value for name, value in result.items() if value is not ABSENT}


def compatible(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether two changes change different things."""
    return all(
        _is_object(one[name]) and _is_object(two[name]) and compatible(one[name], two[name])
        for name in one.keys() & two.keys()
    )


def pairs(steps: Sequence[Step]) -> list[tuple[Step, Step]]:
    """The pairs of steps that can be broken at once, the earlier one first."""
    return [
        (earlier, later)
        for number, earlier in enumerate(steps)
        for later in steps[number + 1 :]
        if compatible(earlier.change, later.change)
    ]

"""The placeholders of one request, and what they stand for.

A request's expressions share one `Bindings`; a `Scope` binds the tree of one of them, and notes which
placeholders it uses.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Set
from functools import lru_cache
from typing import Final

from stator.base.errors import ApiError, validation
from stator.expressions.ast import Alias, Arithmetic, Attribute, Function, Operand, Value
from stator.expressions.kind import Kind, invalid
from stator.values.attribute import AttributeValue
from stator.values.compare import kind_of

_REMEMBERED_LENGTH_MAX: Final = 64


def _recognizer(pattern: str) -> Callable[[str], object]:
    """Whether a text is of a pattern; short ones are remembered, since programs use the same few."""
    match = re.compile(pattern).fullmatch
    remembered = lru_cache(maxsize=1024)(match)
    return lambda text: remembered(text) if len(text) <= _REMEMBERED_LENGTH_MAX else match(text)


_is_name_key: Final = _recognizer(r"#[0-9A-Za-z_]+")
_is_value_key: Final = _recognizer(r":[0-9A-Za-z_]+")


class Bindings:
    """`ExpressionAttributeNames` and `ExpressionAttributeValues` of a request.

    The maps are checked on construction (ApiError). The values may be normalised after it, but before an
    expression is bound. `values` is read, never changed.
    """

    __slots__ = ("_signature", "_used_names", "_used_values", "names", "values")

    def __init__(self, names: Mapping[str, str] | None, values: Mapping[str, AttributeValue] | None) -> None:
        if names is not None:
            _check_keys("ExpressionAttributeNames", names, _is_name_key)
        if values is not None:
            _check_keys("ExpressionAttributeValues", values, _is_value_key)
        self.names: Mapping[str, str] = names or {}
        self.values: Mapping[str, AttributeValue] = values or {}
        self._used_names: Set[str] = frozenset()
        self._used_values: Set[str] = frozenset()
        self._signature: tuple[tuple[Hashable, ...], int] | None = None

    @property
    def signature(self) -> tuple[tuple[Hashable, ...], int]:
        """All that a program depends on besides its text, as a key, and the characters in it.

        That is the names and the types of the values, not the values themselves.
        """
        if self._signature is None:
            names, values = self.names, self.values
            types = [kind for value in values.values() for kind in value]
            key = (*names.items(), None, *values, *types)
            self._signature = (key, sum(map(len, names.values())))
        return self._signature

    def use(self, names: Set[str], values: Set[str]) -> None:
        """Note that an expression uses these placeholders."""
        self._used_names = self._used_names | names if self._used_names else names
        self._used_values = self._used_values | values if self._used_values else values

    def check_unused(self) -> None:
        """Raise ApiError for placeholders that no expression uses; after all expressions."""
        if len(self._used_names) < len(self.names):
            raise _unused("ExpressionAttributeNames", self.names, self._used_names)
        if len(self._used_values) < len(self.values):
            raise _unused("ExpressionAttributeValues", self.values, self._used_values)


def _check_keys(parameter: str, mapping: Mapping[str, object], valid: Callable[[str], object]) -> None:
    if not mapping:
        raise validation(f"{parameter} must not be empty")
    for key in mapping:
        if not valid(key):
            raise validation(f'{parameter} contains invalid key: Syntax error; key: "{key}"')


def _unused(parameter: str, given: Iterable[str], used: Set[str]) -> ApiError:
    keys = ", ".join(key for key in given if key not in used)
    return validation(f"Value provided in {parameter} unused in expressions: keys: {{{keys}}}")


class Scope:
    """Binds the tree of one expression and notes the placeholders in it."""

    __slots__ = ("_bindings", "kind", "names", "values")

    def __init__(self, kind: Kind, bindings: Bindings) -> None:
        self.kind = kind
        self.names: set[str] = set()
        self.values: set[str] = set()
        self._bindings = bindings

    def operand(self, operand: Operand) -> Operand:
        """A bound copy of an operand; raises ApiError for the first undefined placeholder."""
        if isinstance(operand, Attribute):
            return self.attribute(operand)
        if isinstance(operand, Value):
            return self.value(operand)
        if isinstance(operand, Function):
            return self.function(operand)
        return Arithmetic(operand.operator, self.operand(operand.left), self.operand(operand.right))

    def function(self, function: Function) -> Function:
        """A bound copy of a function."""
        return Function(function.name, tuple([self.operand(argument) for argument in function.arguments]))

    def attribute(self, attribute: Attribute) -> Attribute:
        """A bound copy of a path."""
        return Attribute(tuple([self._element(element) for element in attribute.path]))

    def _element(self, element: str | int) -> str | int:
        if not isinstance(element, Alias):
            return element
        name = self._bindings.names.get(element)
        if name is None:
            raise invalid(
                self.kind,
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {element}",
            )
        self.names.add(str(element))
        return name

    def value(self, value: Value) -> Value:
        """A bound copy of a value: with its type."""
        bound = self._bindings.values.get(value.placeholder)
        if bound is None:
            raise invalid(
                self.kind,
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {value.placeholder}",
            )
        self.values.add(value.placeholder)
        return Value(value.placeholder, kind_of(bound))

"""Bound conditions to tests: plain closures over an item and the request's values.

A missing attribute makes every comparison false but `<>`, which is the opposite of `=`. The types of the
request's values are known here, so that the common comparisons need no call.
"""

from collections.abc import Callable
from typing import Any, Final

from stator.expressions import functions
from stator.expressions.ast import (
    And,
    Arithmetic,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Operand,
    Or,
    Predicate,
    Value,
)
from stator.expressions.checks import Values
from stator.expressions.path import getter
from stator.values.attribute import AttributeValue, Item
from stator.values.compare import equal, less

Test = Callable[[Item, Values], bool]
Read = Callable[[Item, Values], AttributeValue | None]

# Types whose normalised values are equal only if their JSON is.
_PLAIN_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL"})


def compile_predicate(tree: Predicate) -> Test:
    """A test of items."""
    return _COMPILERS[type(tree)](tree)


def _not(tree: Not) -> Test:
    test = compile_predicate(tree.condition)
    return lambda item, values: not test(item, values)


def _and(tree: And) -> Test:
    tests = [compile_predicate(condition) for condition in _flat(tree)]
    if len(tests) == 2:
        first, second = tests
        return lambda item, values: first(item, values) and second(item, values)

    def test(item: Item, values: Values) -> bool:
        for each in tests:  # noqa: SIM110 -- a generator would cost twice the loop
            if not each(item, values):
                return False
        return True

    return test


def _or(tree: Or) -> Test:
    tests = [compile_predicate(condition) for condition in _flat(tree)]

    def test(item: Item, values: Values) -> bool:
        for each in tests:  # noqa: SIM110
            if each(item, values):
                return True
        return False

    return test


def _flat(tree: And | Or) -> list[Predicate]:
    """The conditions of a tree and of those directly below that join with the same word."""
    flat: list[Predicate] = []
    for condition in tree.conditions:
        if isinstance(condition, And | Or) and type(condition) is type(tree):
            flat += _flat(condition)
        else:
            flat.append(condition)
    return flat


def _comparison(tree: Comparison) -> Test:
    left, right = tree.left, tree.right
    if tree.operator in ("=", "<>"):
        return _equality(left, right, wanted=tree.operator == "=")
    if tree.operator in (">", "<="):
        left, right = right, left
    # a >= b is the opposite of a < b, where the two have an order at all; a <= b is b >= a.
    wanted = tree.operator in ("<", ">")
    read_left, read_right = _read(left), _read(right)

    def test(item: Item, values: Values) -> bool:
        one = read_left(item, values)
        two = read_right(item, values)
        return one is not None and two is not None and less(one, two) is wanted

    return test


def _equality(left: Operand, right: Operand, *, wanted: bool) -> Test:
    if isinstance(left, Value):
        left, right = right, left
    read_left, read_right = _read(left), _read(right)
    if isinstance(right, Value) and right.type in _PLAIN_TYPES:
        # A missing attribute is None, which equals no value.
        if wanted:
            return lambda item, values: read_left(item, values) == read_right(item, values)
        return lambda item, values: read_left(item, values) != read_right(item, values)

    def test(item: Item, values: Values) -> bool:
        one = read_left(item, values)
        two = read_right(item, values)
        return (one is not None and two is not None and equal(one, two)) is wanted

    return test


def _between(tree: Between) -> Test:
    read, read_low, read_high = _read(tree.operand), _read(tree.low), _read(tree.high)

    def test(item: Item, values: Values) -> bool:
        value = read(item, values)
        if value is None:
            return False
        low, high = read_low(item, values), read_high(item, values)
        if low is None or high is None:
            return False
        return less(value, low) is False and less(high, value) is False

    return test


def _in(tree: In) -> Test:
    read, read_options = _read(tree.operand), [_read(option) for option in tree.options]

    def test(item: Item, values: Values) -> bool:
        value = read(item, values)
        if value is None:
            return False
        for read_option in read_options:
            option = read_option(item, values)
            if option is not None and equal(value, option):
                return True
        return False

    return test


def _function(tree: Function) -> Test:
    return _FUNCTIONS[tree.name](*[_read(argument) for argument in tree.arguments])


def _exists(read: Read) -> Test:
    return lambda item, values: read(item, values) is not None


def _not_exists(read: Read) -> Test:
    return lambda item, values: read(item, values) is None


def _of_type(read: Read, read_type: Read) -> Test:
    def holds(value: AttributeValue, kind: AttributeValue) -> bool:
        return kind.get("S") in value

    return _over_two(holds)(read, read_type)


def _over_two(holds: Callable[[AttributeValue, AttributeValue], bool]) -> Callable[[Read, Read], Test]:
    """How to compile a function that is false unless both its operands exist."""

    def compile_function(read_first: Read, read_second: Read) -> Test:
        def test(item: Item, values: Values) -> bool:
            first = read_first(item, values)
            second = read_second(item, values)
            return first is not None and second is not None and holds(first, second)

        return test

    return compile_function


_FUNCTIONS: Final[dict[str, Callable[..., Test]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _of_type,
    "begins_with": _over_two(functions.begins_with),
    "contains": _over_two(functions.contains),
}

_COMPILERS: Final[dict[type, Callable[[Any], Test]]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Comparison: _comparison,
    Between: _between,
    In: _in,
    Function: _function,
}


def _read(operand: Operand) -> Read:
    """A function that gives an operand's value, or None where it has none."""
    if isinstance(operand, Attribute):
        return getter(operand.path)
    if isinstance(operand, Value):
        placeholder = operand.placeholder
        return lambda _item, values: values[placeholder]
    assert not isinstance(operand, Arithmetic)
    assert operand.name == "size"
    return _size(_read(operand.arguments[0]))


def _size(read: Read) -> Read:
    def get(item: Item, values: Values) -> AttributeValue | None:
        value = read(item, values)
        if value is None:
            return None
        size = functions.size(value)
        return None if size is None else {"N": str(size)}

    return get

"""ConditionExpression and FilterExpression: text to tests of items."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from stator.expressions.ast import (
    And,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Leaf,
    Not,
    Or,
    Path,
    Predicate,
    walk,
)
from stator.expressions.bind import Bindings, Scope
from stator.expressions.cache import ProgramCache
from stator.expressions.checks import has_literal_checks, leaf_fault, literal_fault
from stator.expressions.kind import Kind, invalid
from stator.expressions.parser import parse_condition
from stator.expressions.predicate import Test, compile_predicate
from stator.values.attribute import AttributeValue, Item

ConditionKind = Literal["ConditionExpression", "FilterExpression"]


@dataclass(frozen=True)
class _Program:
    """What a condition's text comes to, whatever the values."""

    test: Test
    paths: frozenset[Path]
    attributes: frozenset[str]
    nested: frozenset[str]
    names: frozenset[str]  # the placeholders that it uses
    values: frozenset[str]
    literal_leaves: tuple[Leaf, ...]  # those to check again for each request's values


class Condition:
    """A condition with the values of one request."""

    __slots__ = ("_program", "_test", "_values")

    def __init__(self, program: _Program, values: Mapping[str, AttributeValue]) -> None:
        self._program = program
        self._test = program.test
        self._values = values

    def test(self, item: Item) -> bool:
        """Whether an item meets the condition; a missing item is tested as an empty one."""
        return self._test(item, self._values)

    @property
    def paths(self) -> frozenset[Path]:
        """Every path that the condition names."""
        return self._program.paths

    @property
    def attributes(self) -> frozenset[str]:
        """The top-level attributes that the condition needs."""
        return self._program.attributes

    @property
    def nested(self) -> frozenset[str]:
        """The top-level attributes into which the condition looks with `.` or `[]`."""
        return self._program.nested


_programs: Final[ProgramCache[_Program]] = ProgramCache()


def condition(text: str, bindings: Bindings, kind: ConditionKind = "ConditionExpression") -> Condition:
    """The condition of a text; raises ApiError for a text, or values, that AWS refuses."""
    signature, characters = bindings.signature
    key = (kind, text, signature)
    program = _programs.get(key, len(text) + characters)
    if program is None:
        scope = Scope(kind, bindings)
        tree = bind_predicate(parse_condition(kind, text), scope, bindings)
        program = _program(tree, frozenset(scope.names), frozenset(scope.values))
        _programs.add(key, program, len(text) + characters)
    else:
        for leaf in program.literal_leaves:
            check_literals(leaf, bindings, kind)
    bindings.use(program.names, program.values)
    return Condition(program, bindings.values)


def from_tree(tree: Predicate, values: Mapping[str, AttributeValue]) -> Condition:
    """The condition of a bound tree, and the values of its placeholders."""
    return Condition(_program(tree, frozenset(), frozenset()), values)


def bind_predicate(tree: Predicate, scope: Scope, bindings: Bindings) -> Predicate:
    """A bound copy of a tree, checked leaf by leaf from left to right; raises ApiError."""
    if isinstance(tree, Not):
        return Not(bind_predicate(tree.condition, scope, bindings))
    if isinstance(tree, And):
        return And(tuple([bind_predicate(each, scope, bindings) for each in tree.conditions]))
    if isinstance(tree, Or):
        return Or(tuple([bind_predicate(each, scope, bindings) for each in tree.conditions]))
    leaf = _bind_leaf(tree, scope)
    fault = leaf_fault(leaf)
    if fault is not None:
        raise invalid(scope.kind, fault)
    check_literals(leaf, bindings, scope.kind)
    return leaf


def check_literals(leaf: Leaf, bindings: Bindings, kind: Kind) -> None:
    """Raise ApiError for values in a leaf that AWS refuses although their types are right."""
    fault = literal_fault(leaf, bindings.values)
    if fault is not None:
        raise invalid(kind, fault)


def _bind_leaf(leaf: Leaf, scope: Scope) -> Leaf:
    match leaf:
        case Comparison(operator, left, right):
            return Comparison(operator, scope.operand(left), scope.operand(right))
        case Between(operand, low, high):
            return Between(scope.operand(operand), scope.operand(low), scope.operand(high))
        case In(operand, options):
            return In(scope.operand(operand), tuple([scope.operand(option) for option in options]))
        case Function():
            return scope.function(leaf)


def leaves(tree: Predicate) -> Iterable[Leaf]:
    """The leaves of a tree, from left to right."""
    if isinstance(tree, Not):
        yield from leaves(tree.condition)
    elif isinstance(tree, And | Or):
        for each in tree.conditions:
            yield from leaves(each)
    else:
        yield tree


def _program(tree: Predicate, names: frozenset[str], values: frozenset[str]) -> _Program:
    every_leaf = list(leaves(tree))
    paths = frozenset(
        [node.path for leaf in every_leaf for node in walk(leaf) if isinstance(node, Attribute)]
    )
    return _Program(
        test=compile_predicate(tree),
        paths=paths,
        attributes=frozenset([str(path[0]) for path in paths]),
        nested=frozenset([str(path[0]) for path in paths if len(path) > 1]),
        names=names,
        values=values,
        literal_leaves=tuple([leaf for leaf in every_leaf if has_literal_checks(leaf)]),
    )

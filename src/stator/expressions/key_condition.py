"""KeyConditionExpression: text to the terms of a query's key.

It is parsed and checked as any condition; then it has to be a conjunction of terms, each of which compares
one key attribute with values of the request.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from stator.base.errors import ApiError, validation
from stator.expressions.ast import (
    And,
    Attribute,
    Between,
    Comparison,
    Function,
    Leaf,
    Not,
    Or,
    Predicate,
    Value,
    operands,
)
from stator.expressions.bind import Bindings, Scope
from stator.expressions.cache import ProgramCache
from stator.expressions.checks import has_literal_checks
from stator.expressions.condition import bind_predicate, check_literals
from stator.expressions.kind import Kind, invalid
from stator.expressions.parser import parse_condition
from stator.values.attribute import AttributeValue

_KIND: Final[Kind] = "KeyConditionExpression"

_OPERATORS: Final = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_MIRRORED: Final = {"=": "EQ", "<": "GT", "<=": "GE", ">": "LT", ">=": "LE"}


class KeyTerm(NamedTuple):
    """One condition on a key attribute.

    `operator` is EQ, LT, LE, GT, GE, BEGINS_WITH (one value) or BETWEEN (two); a KeyConditions parameter may
    give any other operator of its kind.
    """

    attribute: str
    operator: str
    values: tuple[AttributeValue, ...]


@dataclass(frozen=True)
class _Program:
    terms: tuple[tuple[str, str, tuple[str, ...]], ...]  # attribute, operator, placeholders
    names: frozenset[str]  # the placeholders that it uses
    values: frozenset[str]
    literal_leaves: tuple[Leaf, ...]  # those to check again for each request's values


_programs: Final[ProgramCache[_Program]] = ProgramCache()


def key_condition(text: str, bindings: Bindings) -> tuple[KeyTerm, ...]:
    """The terms of a text, at most one per attribute; raises ApiError.

    How many terms there may be depends on the table's key, which the caller knows.
    """
    signature, characters = bindings.signature
    key = (text, signature)
    program = _programs.get(key, len(text) + characters)
    if program is None:
        scope = Scope(_KIND, bindings)
        tree = bind_predicate(parse_condition(_KIND, text), scope, bindings)
        leaves = list(_conjunction(tree))
        terms = tuple([term(leaf) for leaf in leaves])
        if len({attribute for attribute, _, _ in terms}) < len(terms):
            raise validation("KeyConditionExpressions must only contain one condition per key")
        checked = tuple([leaf for leaf in leaves if has_literal_checks(leaf)])
        program = _Program(terms, frozenset(scope.names), frozenset(scope.values), checked)
        _programs.add(key, program, len(text) + characters)
    else:
        for leaf in program.literal_leaves:
            check_literals(leaf, bindings, _KIND)
    bindings.use(program.names, program.values)
    values = bindings.values
    return tuple(
        [
            KeyTerm(attribute, operator, tuple([values[placeholder] for placeholder in placeholders]))
            for attribute, operator, placeholders in program.terms
        ]
    )


def _conjunction(tree: Predicate) -> Iterator[Leaf]:
    if isinstance(tree, And):
        for condition in tree.conditions:
            yield from _conjunction(condition)
    elif isinstance(tree, Or | Not):
        raise _invalid_operator("OR" if isinstance(tree, Or) else "NOT")
    else:
        yield tree


def term(leaf: Leaf) -> tuple[str, str, tuple[str, ...]]:
    """The attribute, the operator and the placeholders of a bound leaf; raises ApiError if it is no term."""
    operator = _operator(leaf)
    compared = operands(leaf)
    if any(isinstance(operand, Function) for operand in compared):
        raise validation("KeyConditionExpressions cannot contain nested operations")
    if not isinstance(leaf, Comparison) and not isinstance(compared[0], Attribute):
        name = "BETWEEN" if isinstance(leaf, Between) else "begins_with"
        raise _invalid_condition(f"{name} operator must have the key attribute as its first operand")
    attributes = [operand for operand in compared if isinstance(operand, Attribute)]
    if len(attributes) > 1:
        raise _invalid_condition("Multiple attribute names used in one condition")
    if not attributes:
        raise _invalid_condition("No key attribute specified")
    path = attributes[0].path
    if len(path) > 1:
        raise invalid(_KIND, "KeyConditionExpressions cannot have conditions on nested attributes")
    placeholders = tuple([operand.placeholder for operand in compared if isinstance(operand, Value)])
    return str(path[0]), operator, placeholders


def _operator(leaf: Leaf) -> str:
    """The operator of a term, read with the attribute on the left."""
    if isinstance(leaf, Between):
        return "BETWEEN"
    if isinstance(leaf, Comparison) and leaf.operator in _OPERATORS:
        operators = _OPERATORS if isinstance(leaf.left, Attribute) else _MIRRORED
        return operators[leaf.operator]
    if isinstance(leaf, Function) and leaf.name == "begins_with":
        return "BEGINS_WITH"
    if isinstance(leaf, Comparison):
        raise _invalid_operator(leaf.operator)
    raise _invalid_operator(leaf.name if isinstance(leaf, Function) else "IN")


def _invalid_operator(operator: str) -> ApiError:
    return validation(f"Invalid operator used in KeyConditionExpression: {operator}")


def _invalid_condition(detail: str) -> ApiError:
    return validation(f"Invalid condition in KeyConditionExpression: {detail}")

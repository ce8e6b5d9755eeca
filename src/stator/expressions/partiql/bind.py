"""A parsed statement with the parameters of one request: bound trees and their values, checked.

What is wrong with a statement whatever its table is found here, before the table is looked up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stator.base.errors import validation
from stator.expressions.ast import Action, Between, Comparison, Predicate, Value, operands
from stator.expressions.bind import Bindings, Scope
from stator.expressions.checks import section_fault, value_fault
from stator.expressions.condition import bind_predicate, leaves
from stator.expressions.edit import OPERAND_TYPE
from stator.expressions.kind import Kind
from stator.expressions.partiql.ast import Insert, Parsed, Statement, Update
from stator.expressions.partiql.parser import parse
from stator.expressions.path import paths_fault
from stator.expressions.update import Update as Changes
from stator.expressions.update import from_actions
from stator.values.attribute import AttributeValue, normalise
from stator.values.compare import kind_of

_KIND: Final[Kind] = "Statement"
_ORDERING: Final = frozenset({"<", "<=", ">", ">="})
_ORDERED_TYPES: Final = frozenset({"S", "N", "B"})
_SET_TYPES: Final = frozenset({"SS", "NS", "BS"})

Values = Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement with its condition and its actions bound, and the values of their placeholders.

    `where` is None where there is no WHERE clause; only an UPDATE has `actions`.
    """

    statement: Statement
    where: Predicate | None
    actions: tuple[Action, ...]
    values: Values

    def changes(self) -> Changes:
        """The update of an UPDATE."""
        return from_actions(self.actions, self.values, OPERAND_TYPE)


def bind(text: str, parameters: Sequence[AttributeValue] | None) -> Bound:
    """The statement of a text with its parameters, which are normalised; raises ApiError."""
    parsed = parse(text)
    given = parameters or ()
    if len(given) != parsed.parameters:
        raise validation("Number of parameters in request and statement don't match.")
    for parameter in given:
        normalise(parameter)
    values = {f":p{number}": parameter for number, parameter in enumerate(given)}
    values.update(parsed.literals)
    _check_sets(parsed, values)
    bindings = Bindings(None, values or None)
    scope = Scope(_KIND, bindings)
    statement = parsed.statement
    where = None if isinstance(statement, Insert) else statement.where
    if where is not None:
        _check_order(where, values)
        where = bind_predicate(where, scope, bindings)
    actions = _actions(statement.actions, scope) if isinstance(statement, Update) else ()
    return Bound(statement, where, actions, values)


def _check_sets(parsed: Parsed, values: Values) -> None:
    for placeholder, refusal in parsed.sets:
        if kind_of(values[placeholder]) not in _SET_TYPES:
            raise validation(refusal)


def _check_order(where: Predicate, values: Values) -> None:
    """Refuse to order what has no order (ApiError); of statements AWS says so in other words."""
    for leaf in leaves(where):
        if isinstance(leaf, Comparison) and leaf.operator in _ORDERING:
            operator = leaf.operator
        elif isinstance(leaf, Between):
            operator = "BETWEEN"
        else:
            continue
        for operand in operands(leaf):
            if isinstance(operand, Value):
                kind = kind_of(values[operand.placeholder])
                if kind not in _ORDERED_TYPES:
                    raise validation(
                        "Incorrect operand type for operator or function; "
                        f"operator or function: {operator}, operand type: {kind}"
                    )


def _actions(actions: Sequence[Action], scope: Scope) -> tuple[Action, ...]:
    bound = tuple(
        [
            Action(
                action.section,
                scope.attribute(action.target),
                None if action.value is None else scope.operand(action.value),
            )
            for action in actions
        ]
    )
    fault = paths_fault([action.target.path for action in bound])
    for check in (section_fault, value_fault):
        for action in bound:
            fault = fault or check(action)
    if fault is not None:
        raise validation(fault)
    return bound

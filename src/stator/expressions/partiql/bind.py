"""A parsed statement with the parameters of one request: bound trees and their values, checked.

What is wrong with a statement whatever its table is found here, before the table is looked up. All but the
values themselves depends on the text and the types of the parameters, and is kept by these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stator.base.errors import validation
from stator.expressions.ast import Action, Between, Comparison, Leaf, Predicate, Value, operands
from stator.expressions.bind import Bindings, Scope
from stator.expressions.cache import ProgramCache
from stator.expressions.checks import has_literal_checks, section_fault, value_fault
from stator.expressions.condition import bind_predicate, check_literals, leaves
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
    """A statement with its condition bound, and the values of its placeholders.

    `where` is None where there is no WHERE clause; `changes` are those of an UPDATE.
    """

    statement: Statement
    where: Predicate | None
    changes: Changes | None
    values: Values


@dataclass(frozen=True, slots=True)
class _Program:
    """What a statement comes to with parameters of certain types."""

    where: Predicate | None
    changes: Changes | None
    literal_leaves: tuple[Leaf, ...]  # those to check again for each request's values


_programs: Final[ProgramCache[_Program]] = ProgramCache()


def bind(text: str, parameters: Sequence[AttributeValue] | None) -> Bound:
    """The statement of a text with its parameters, which are normalised; raises ApiError."""
    parsed = parse(text)
    given = parameters or ()
    if len(given) != parsed.parameters:
        raise validation("Number of parameters in request and statement don't match.")
    for parameter in given:
        normalise(parameter)
    values = {**parsed.literals, **{f":p{number}": value for number, value in enumerate(given)}}
    bindings = Bindings(None, values or None)
    key = (text, *map(kind_of, given))
    program = _programs.get(key, len(text))
    if program is None:
        program = _program(parsed, bindings)
        _programs.add(key, program, len(text))
    else:
        for leaf in program.literal_leaves:
            check_literals(leaf, bindings, _KIND)
    changes = program.changes
    return Bound(parsed.statement, program.where, changes and changes.with_values(values), values)


def _program(parsed: Parsed, bindings: Bindings) -> _Program:
    for placeholder, refusal in parsed.sets:
        if kind_of(bindings.values[placeholder]) not in _SET_TYPES:
            raise validation(refusal)
    statement = parsed.statement
    scope = Scope(_KIND, bindings)
    where = None if isinstance(statement, Insert) else statement.where
    literal_leaves: list[Leaf] = []
    if where is not None:
        _check_order(where, bindings.values)
        where = bind_predicate(where, scope, bindings)
        literal_leaves = [leaf for leaf in leaves(where) if has_literal_checks(leaf)]
    changes = _changes(statement, scope, bindings) if isinstance(statement, Update) else None
    return _Program(where, changes, tuple(literal_leaves))


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


def _changes(statement: Update, scope: Scope, bindings: Bindings) -> Changes:
    bound = [
        Action(
            action.section,
            scope.attribute(action.target),
            None if action.value is None else scope.operand(action.value),
        )
        for action in statement.actions
    ]
    fault = paths_fault([action.target.path for action in bound])
    for check in (section_fault, value_fault):
        for action in bound:
            fault = fault or check(action)
    if fault is not None:
        raise validation(fault)
    return from_actions(bound, bindings.values, OPERAND_TYPE)

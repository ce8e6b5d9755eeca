"""The condition of a WHERE clause, as a free tree of `stator.expressions.ast`.

    or    := and { OR and }
    and   := not { AND not }
    not   := NOT not | prim
    prim  := '(' or ')' | function | operand comparison
    comparison := ( '=' | '<>' | '!=' | '<' | '<=' | '>' | '>=' ) operand
                | [ NOT ] BETWEEN operand AND operand
                | [ NOT ] IN ( '[' operand { ',' operand } ']' | '(' operand { ',' operand } ')' )
                | IS [ NOT ] ( MISSING | NULL )

`IS MISSING` is attribute_not_exists, and `IS NULL` asks for the type NULL.
"""

from typing import Final

from stator.base.errors import validation
from stator.expressions.ast import (
    And,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Operand,
    Or,
    Predicate,
)
from stator.expressions.parser import COMPARATORS, CONDITION_FUNCTIONS, OPERAND_FUNCTIONS
from stator.expressions.partiql.cursor import Cursor
from stator.expressions.partiql.operands import operand, starts_function

_FUNCTIONS: Final = CONDITION_FUNCTIONS | OPERAND_FUNCTIONS
_CLOSINGS: Final = {"[": "]", "(": ")"}


def predicate(cursor: Cursor) -> Predicate:
    """A whole condition (ApiError)."""
    alternatives = [_conjunction(cursor)]
    while cursor.accept("OR"):
        alternatives.append(_conjunction(cursor))
    return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))


def _conjunction(cursor: Cursor) -> Predicate:
    conditions = [_negation(cursor)]
    while cursor.accept("AND"):
        conditions.append(_negation(cursor))
    return conditions[0] if len(conditions) == 1 else And(tuple(conditions))


def _negation(cursor: Cursor) -> Predicate:
    if cursor.accept("NOT"):
        return Not(cursor.nested(_negation))
    if cursor.accept("("):
        inner = cursor.nested(predicate)
        cursor.expect(")")
        return inner
    return _leaf(cursor)


def _leaf(cursor: Cursor) -> Predicate:
    is_condition = starts_function(cursor) and cursor.token.text.lower() in CONDITION_FUNCTIONS
    left = operand(cursor, _FUNCTIONS)
    if is_condition:
        assert isinstance(left, Function)
        return left
    comparator = "<>" if cursor.kind == "!=" else cursor.kind
    if comparator in COMPARATORS:
        cursor.take()
        return Comparison(comparator, _valued(left), _value(cursor))
    if cursor.accept("IS"):
        return _state(cursor, left)
    negated = cursor.accept("NOT")
    if cursor.accept("BETWEEN"):
        low = _value(cursor)
        cursor.expect("AND")
        within: Predicate = Between(_valued(left), low, _value(cursor))
        return Not(within) if negated else within
    if cursor.accept("IN"):
        found: Predicate = In(_valued(left), _options(cursor))
        return Not(found) if negated else found
    raise cursor.unexpected()


def _state(cursor: Cursor, left: Operand) -> Predicate:
    """What follows `IS`."""
    negated = cursor.accept("NOT")
    if not isinstance(left, Attribute) or cursor.kind not in ("MISSING", "NULL"):
        raise cursor.unexpected()
    if cursor.take().kind == "MISSING":
        return Function("attribute_exists" if negated else "attribute_not_exists", (left,))
    null = Function("attribute_type", (left, cursor.literal({"S": "NULL"})))
    return Not(null) if negated else null


def _options(cursor: Cursor) -> tuple[Operand, ...]:
    closing = _CLOSINGS.get(cursor.kind)
    if closing is None:
        raise cursor.unexpected()
    cursor.take()
    options = [_value(cursor)]
    while cursor.accept(","):
        options.append(_value(cursor))
    cursor.expect(closing)
    return tuple(options)


def _value(cursor: Cursor) -> Operand:
    return _valued(operand(cursor, _FUNCTIONS))


def _valued(compared: Operand) -> Operand:
    """An operand that stands for a value: no function that is a condition (ApiError)."""
    pending = [compared]
    while pending:
        each = pending.pop()
        if isinstance(each, Function):
            if each.name in CONDITION_FUNCTIONS:
                raise validation(
                    f"The function is not allowed to be used this way in an expression; function: {each.name}"
                )
            pending.extend(each.arguments)
    return compared

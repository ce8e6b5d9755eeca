"""Paths, functions and operands of a statement.

path    := name { '.' name | '[' digits ']' }
operand := path | value | function '(' operand { ',' operand } ')'
"""

from typing import Final

from stator.base.errors import validation
from stator.base.limits import EXPRESSION_PATH_DEPTH_MAX
from stator.expressions.ast import Attribute, Function, Operand
from stator.expressions.partiql.cursor import Cursor
from stator.expressions.partiql.literals import starts_value, value

_LIST_INDEX_MAX: Final = 2**31 - 1


def path(cursor: Cursor) -> Attribute:
    """A document path (ApiError)."""
    elements: list[str | int] = [cursor.name().text]
    while True:
        if cursor.accept("."):
            elements.append(cursor.name().text)
        elif cursor.accept("["):
            elements.append(_index(cursor))
        else:
            break
    if len(elements) > EXPRESSION_PATH_DEPTH_MAX:
        raise validation(
            f"The document path has too many nesting elements; nesting elements: {len(elements)}"
        )
    return Attribute(tuple(elements))


def _index(cursor: Cursor) -> int:
    negative = cursor.accept("-")
    token = cursor.expect("number")
    cursor.expect("]")
    if not token.text.isdigit():
        raise validation(f"Unexpected path component at {cursor.place(token)}")
    # int() refuses very long texts; more than ten digits are too many in any case.
    index = int(token.text) if len(token.text) <= 10 else _LIST_INDEX_MAX + 1
    if negative or index > _LIST_INDEX_MAX:
        shown = f"-{token.text}" if negative else token.text
        raise validation(
            f"List index is not within the allowable range; index: [{shown}] at {cursor.place(token)}"
        )
    return index


def starts_function(cursor: Cursor) -> bool:
    """Whether the next tokens are a bare name and a parenthesis."""
    return cursor.kind == "name" and not cursor.token.quoted and cursor.following == "("


def operand(cursor: Cursor, functions: frozenset[str]) -> Operand:
    """A path, a value or one of some functions, whose names are given in lower case (ApiError)."""
    if starts_function(cursor):
        return cursor.nested(lambda inner: function(inner, functions))
    return value(cursor) if starts_value(cursor) else path(cursor)


def function(cursor: Cursor, functions: frozenset[str]) -> Function:
    """A call of one of some functions (ApiError)."""
    token = cursor.take()
    name = token.text.lower()
    if name not in functions:
        raise validation(f"Invalid function name; function: {token.text}")
    cursor.expect("(")
    arguments = [operand(cursor, functions)]
    while cursor.accept(","):
        arguments.append(operand(cursor, functions))
    cursor.expect(")")
    return Function(name, tuple(arguments))

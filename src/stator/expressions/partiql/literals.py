"""The values of a statement: scalars, `[…]`, `{…}` and sets `<<…>>`, as attribute values.

A parameter may stand for a whole value but not within one. `path` is how AWS names a place within a literal:
`root.a[0]`.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from stator.base.errors import validation
from stator.base.limits import NESTING_LEVELS_MAX
from stator.expressions.ast import Value
from stator.expressions.partiql.cursor import Cursor
from stator.values.attribute import AttributeValue
from stator.values.compare import kind_of

_T = TypeVar("_T")

_ROOT: Final = "root"
_STARTS: Final = frozenset({"string", "number", "+", "-", "TRUE", "FALSE", "NULL", "[", "{", "<<", "?"})


def starts_value(cursor: Cursor) -> bool:
    """Whether the next token begins a value."""
    return cursor.kind in _STARTS


def value(cursor: Cursor) -> Value:
    """A value or a parameter, as a placeholder (ApiError)."""
    if cursor.accept("?"):
        return cursor.parameter()
    return cursor.literal(_literal(cursor, _ROOT, 1))


def _literal(cursor: Cursor, path: str, depth: int) -> AttributeValue:
    if depth > NESTING_LEVELS_MAX:
        raise validation(f"Nesting Levels have exceeded supported limits under {path}")
    token = cursor.token
    match token.kind:
        case "string":
            return {"S": cursor.take().text}
        case "number" | "+" | "-":
            return {"N": _number(cursor)}
        case "TRUE" | "FALSE":
            return {"BOOL": cursor.take().kind == "TRUE"}
        case "NULL":
            cursor.take()
            return {"NULL": True}
        case "[":
            return {"L": _elements(cursor, "]", lambda at: _literal(cursor, f"{path}[{at}]", depth + 1))}
        case "<<":
            return _set(_elements(cursor, ">>", lambda _: _literal(cursor, path, depth + 1)))
        case "{":
            return {"M": dict(_elements(cursor, "}", lambda _: _member(cursor, path, depth)))}
        case "?":
            raise validation(f"Unsupported data type: Parameter under key {path} at {cursor.place(token)}")
    raise cursor.unexpected()


def _number(cursor: Cursor) -> str:
    """A number; any signs before it are part of it."""
    negative = False
    while cursor.kind in ("+", "-"):
        negative ^= cursor.take().kind == "-"
    if cursor.kind != "number":
        raise cursor.unexpected()
    return ("-" if negative else "") + cursor.take().text


def _elements(cursor: Cursor, closing: str, element: Callable[[int], _T]) -> list[_T]:
    """What stands between an opening token, the next one, and its closing one, separated by commas."""
    cursor.take()
    found: list[_T] = []
    if cursor.accept(closing):
        return found
    while True:
        found.append(element(len(found)))
        if not cursor.accept(","):
            cursor.expect(closing)
            return found


def _member(cursor: Cursor, path: str, depth: int) -> tuple[str, AttributeValue]:
    name = cursor.expect("string").text
    cursor.expect(":")
    return name, _literal(cursor, f"{path}.{name}", depth + 1)


def _set(members: list[AttributeValue]) -> AttributeValue:
    if not members:
        raise validation("Empty bags are not supported")
    kinds = {kind_of(member) for member in members}
    if kinds not in ({"S"}, {"N"}):
        raise validation(
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
        )
    (kind,) = kinds
    return {f"{kind}S": [member[kind] for member in members]}


def fields(cursor: Cursor) -> tuple[tuple[str, Value], ...]:
    """The attributes of an item: `{'name': value, …}` (ApiError)."""

    def field(_: int) -> tuple[str, Value]:
        name = cursor.expect("string").text
        cursor.expect(":")
        return name, value(cursor)

    if cursor.kind != "{":
        raise cursor.unexpected()
    return tuple(_elements(cursor, "}", field))

"""Statement text to its syntax tree; a text is parsed once.

    statement := ( select | insert | update | delete | EXISTS '(' select ')' ) [ ';' ]
    select    := SELECT ( '*' | path { ',' path } ) FROM source [ WHERE predicate ]
                 [ ORDER BY name [ ASC | DESC ] { ',' … } ]
    insert    := INSERT INTO source VALUE '{' string ':' value { ',' … } '}'
    update    := UPDATE source ( SET path '=' data { ',' … } | REMOVE path { ',' … } ) { … }
                 WHERE predicate [ RETURNING returning ]
    delete    := DELETE FROM source WHERE predicate [ RETURNING returning ]
    returning := ( ALL | MODIFIED ) ( OLD | NEW ) '*'
    data      := operand [ ( '+' | '-' ) operand ] | ( SET_ADD | SET_DELETE ) '(' path ',' value ')'

Source: "PartiQL statements for DynamoDB" of the developer guide.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from stator.base.errors import validation
from stator.expressions.ast import Action, Arithmetic, Attribute, Operand, Predicate, Value
from stator.expressions.cache import ProgramCache
from stator.expressions.parser import UPDATE_FUNCTIONS
from stator.expressions.partiql.ast import (
    Delete,
    Exists,
    Insert,
    Order,
    Parsed,
    Returning,
    Select,
    Source,
    Statement,
    TypedArgument,
    Update,
)
from stator.expressions.partiql.cursor import Cursor
from stator.expressions.partiql.errors import malformed
from stator.expressions.partiql.lexer import Token
from stator.expressions.partiql.literals import fields, value
from stator.expressions.partiql.operands import operand, path, starts_function
from stator.expressions.partiql.predicates import predicate

_PATH_ELEMENTS_MAX: Final = 2
_SECTIONS: Final = {"set_add": "ADD", "set_delete": "DELETE"}

_parsed: Final[ProgramCache[Parsed]] = ProgramCache()


def parse(text: str) -> Parsed:
    """The statement of a text; raises ApiError."""
    parsed = _parsed.get(text, len(text))
    if parsed is None:
        cursor = Cursor(text)
        statement = _statement(cursor)
        cursor.accept(";")
        if cursor.kind != "end":
            raise malformed("Unexpected token after expression")
        parsed = Parsed(statement, cursor.literals, cursor.parameters, tuple(cursor.sets))
        _parsed.add(text, parsed, len(text))
    return parsed


def _statement(cursor: Cursor) -> Statement:
    if starts_function(cursor) and cursor.accept_word("EXISTS"):
        cursor.expect("(")
        if cursor.kind != "SELECT":
            raise cursor.unexpected()
        checked = _select(cursor)
        cursor.expect(")")
        return Exists(checked.source, checked.where)
    rule = _RULES.get(cursor.kind)
    if rule is None:
        raise malformed("Expected data manipulation")
    return rule(cursor)


def _select(cursor: Cursor) -> Select:
    cursor.take()
    columns = _columns(cursor)
    cursor.expect("FROM")
    source = _source(cursor)
    where = _where(cursor)
    order: list[Order] = []
    if cursor.accept("ORDER"):
        cursor.expect("BY")
        order.append(_order(cursor))
        while cursor.accept(","):
            order.append(_order(cursor))
    return Select(source, columns, where, tuple(order))


def _columns(cursor: Cursor) -> tuple[Attribute, ...] | None:
    columns: list[Attribute] = []
    while True:
        if cursor.kind == "*":
            cursor.take()
            if columns or cursor.kind == ",":
                raise validation("Other attributes should not be present in the projection when '*' is used.")
            return None
        if starts_function(cursor):
            raise validation(f"Unexpected path component at {cursor.place(cursor.token)}")
        columns.append(path(cursor))
        if not cursor.accept(","):
            return tuple(columns)


def _order(cursor: Cursor) -> Order:
    attribute = cursor.name().text
    descending = cursor.accept("DESC")
    if not descending:
        cursor.accept("ASC")
    return Order(attribute, descending)


def _source(cursor: Cursor) -> Source:
    names = [cursor.name().text]
    while cursor.accept("."):
        names.append(cursor.name().text)
    if len(names) > _PATH_ELEMENTS_MAX:
        raise validation("A path may contain at most 2 components in the FROM clause")
    return Source(*names)


def _written(cursor: Cursor) -> Source:
    """The table of a write."""
    token = cursor.token
    source = _source(cursor)
    if cursor.kind == ",":
        raise _not_single(cursor, token)
    if source.index is not None:
        raise validation("This operation is not supported on an index")
    return source


def _not_single(cursor: Cursor, token: Token) -> Exception:
    return validation(
        "FROM clause may only contain a single table name in data manipulation statements "
        f"at {cursor.place(token)}"
    )


def _where(cursor: Cursor) -> Predicate | None:
    return predicate(cursor) if cursor.accept("WHERE") else None


def _insert(cursor: Cursor) -> Insert:
    cursor.take()
    cursor.expect("INTO")
    token = cursor.token
    source = _source(cursor)
    if source.index is not None:
        raise _not_single(cursor, token)
    if not cursor.accept_word("VALUE"):
        raise cursor.unexpected()
    return Insert(source, fields(cursor))


def _update(cursor: Cursor) -> Update:
    cursor.take()
    source = _written(cursor)
    actions: list[Action] = []
    while cursor.kind in ("SET", "REMOVE"):
        rule = _set if cursor.take().kind == "SET" else _remove
        actions.append(rule(cursor))
        while cursor.accept(","):
            actions.append(rule(cursor))
    if not actions:
        raise cursor.unexpected()
    return Update(source, tuple(actions), _where(cursor), _returning(cursor))


def _remove(cursor: Cursor) -> Action:
    return Action("REMOVE", path(cursor))


def _set(cursor: Cursor) -> Action:
    target = path(cursor)
    cursor.expect("=")
    if starts_function(cursor) and cursor.token.text.lower() in _SECTIONS:
        return _set_change(cursor, target)
    left = _operand(cursor)
    if cursor.kind not in ("+", "-"):
        return Action("SET", target, left)
    return Action("SET", target, Arithmetic(cursor.take().kind, left, _operand(cursor)))


def _operand(cursor: Cursor) -> Operand:
    return operand(cursor, UPDATE_FUNCTIONS)


def _set_change(cursor: Cursor, target: Attribute) -> Action:
    """SET_ADD and SET_DELETE, which change the very attribute that they are assigned to."""
    name = cursor.take()
    cursor.expect("(")
    first = cursor.token
    if path(cursor) != target:
        raise validation(
            f"The first argument to {name.text.upper()} must equal the assignment value "
            f"at {cursor.place(name)}"
        )
    cursor.expect(",")
    members: Value = value(cursor)
    cursor.expect(")")
    refusal = (
        f"The second argument to {name.text.upper()} must be a value with type SET at {cursor.place(first)}"
    )
    cursor.sets.append(TypedArgument(members.placeholder, refusal))
    return Action(_SECTIONS[name.text.lower()], target, members)


def _delete(cursor: Cursor) -> Delete:
    cursor.take()
    cursor.expect("FROM")
    source = _written(cursor)
    where = _where(cursor)
    returning = _returning(cursor)
    if returning is not None and returning != Returning("ALL", "OLD"):
        raise validation(
            f"Invalid returning clause: RETURNING {returning.scope} {returning.image} *. "
            "Only RETURNING ALL OLD * is allowed in DELETE statements."
        )
    return Delete(source, where, returning)


def _returning(cursor: Cursor) -> Returning | None:
    if not cursor.accept("RETURNING"):
        return None
    scope: Literal["ALL", "MODIFIED"]
    if cursor.accept_word("ALL"):
        scope = "ALL"
    elif cursor.accept_word("MODIFIED"):
        scope = "MODIFIED"
    else:
        raise cursor.unexpected()
    image: Literal["OLD", "NEW"]
    if cursor.accept_word("OLD"):
        image = "OLD"
    elif cursor.accept_word("NEW"):
        image = "NEW"
    else:
        raise cursor.unexpected()
    cursor.expect("*")
    return Returning(scope, image)


_RULES: Final[Mapping[str, Callable[[Cursor], Statement]]] = {
    "SELECT": _select,
    "INSERT": _insert,
    "UPDATE": _update,
    "DELETE": _delete,
}

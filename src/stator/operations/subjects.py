"""The tables that a request names, whichever operation it is for: part by part, as it names them."""

from typing import Any

import msgspec

from stator.base.errors import ApiError
from stator.expressions.partiql.parser import parse

_decode = msgspec.json.Decoder().decode


def named_tables(request: Any) -> list[str]:
    """What a request calls the tables of its parts, in their order (ApiError for a wrong statement)."""
    texts = statements(request)
    if texts:
        return [parse(text).statement.source.table for text in texts]
    if (actions := getattr(request, "TransactItems", None)) is not None:
        given = ([getattr(action, name) for name in action.__struct_fields__] for action in actions)
        return [part.TableName for parts in given for part in parts if part is not None]
    if (items := getattr(request, "RequestItems", None)) is not None:
        return list(items)
    name = getattr(request, "TableName", None)
    return [] if name is None else [name]


def statements(request: Any) -> list[str]:
    """The PartiQL statements of a request."""
    text = getattr(request, "Statement", None)
    if isinstance(text, str):
        return [text]
    several = getattr(request, "Statements", None) or getattr(request, "TransactStatements", None) or ()
    return [each.Statement for each in several]


def readable_tables(request: Any) -> list[str]:
    """The same of a request that may have wrong statements: those tables that can be told."""
    try:
        return named_tables(request)
    except ApiError:
        return [name for text in statements(request) for name in _of_statement(text)]


def tables_in_body(body: bytes) -> list[str]:
    """The tables that the body of a request names, as far as it can be read."""
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    if not isinstance(request, dict):
        return []
    found: list[Any] = [request.get("TableName"), *_names(request.get("RequestItems"))]
    for item in _list(request.get("TransactItems")):
        if isinstance(item, dict):
            found += [part.get("TableName") for part in item.values() if isinstance(part, dict)]
    texts = [request.get("Statement")]
    for member in ("Statements", "TransactStatements"):
        texts += [each.get("Statement") for each in _list(request.get(member)) if isinstance(each, dict)]
    for text in texts:
        if isinstance(text, str):
            found += _of_statement(text)
    return [name for name in found if isinstance(name, str)]


def plain_name(named: str) -> str:
    """The name of a table that a request names so, by its name or ARN."""
    return named if not named.startswith("arn:") else named.partition(":table/")[2]


def named_stream(arn: str) -> tuple[str, str]:
    """The table and the label of the stream of an ARN."""
    table, _, label = plain_name(arn).partition("/stream/")
    return table, label


def _of_statement(text: str) -> list[str]:
    try:
        return [parse(text).statement.source.table]
    except ApiError:
        return []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else []

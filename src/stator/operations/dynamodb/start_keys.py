"""ExclusiveStartKey: from attributes to a position in a table or an index, and AWS's refusals on the way.

The item that a start key names need not exist: reading goes on after its position.
"""

from typing import Final

from stator.base.errors import ApiError, validation
from stator.operations.dynamodb.parameters import normalise_values
from stator.tables.indexes import Index
from stator.tables.keyspace import PARTITION_BYTES
from stator.tables.ranges import KeyRange
from stator.tables.schema import MISMATCH, KeyAttribute
from stator.tables.table import Table
from stator.values.attribute import InvalidValue, Item

_INVALID: Final = "The provided starting key is invalid"
_INVALID_MISMATCH: Final = f"{_INVALID}: {MISMATCH}"
_OUTSIDE: Final = "The provided starting key is outside query boundaries based on provided conditions"
_NOT_IN_RANGE: Final = "The provided starting key does not match the range key predicate"
_ONE_ROW: Final = "The query can return at most one row and cannot be restarted"


def normalise_start_key(start_key: Item | None) -> None:
    """Check the values of a start key; AWS opens most refusals of them with a text of its own (ApiError)."""
    if start_key is None:
        return
    try:
        normalise_values(start_key, is_enveloped=False)
    except InvalidValue as error:
        if error.reason == "set" and "duplicates" in str(error.message):
            raise
        raise validation(f"{_INVALID}: {error.message}") from None


def query_position(table: Table, index: Index | None, start_key: Item, within: KeyRange) -> bytes:
    """The position after which a Query goes on (ApiError)."""
    names = index.key_names if index is not None else table.key.names
    if len(start_key) != len(names):
        raise validation(_INVALID)
    position = _position(table, index, start_key)
    if position[:PARTITION_BYTES] != within.partition:
        if not within.narrowed:
            raise validation(_OUTSIDE)
        raise validation(_ONE_ROW if _fits(position, within) else _NOT_IN_RANGE)
    if position < within.start or (within.end is not None and position >= within.end):
        raise validation(_NOT_IN_RANGE)
    return position


def _fits(position: bytes, within: KeyRange) -> bool:
    """Whether the position would be in the range if it were in the range's partition."""
    moved = within.partition + position[PARTITION_BYTES:]
    return within.start <= moved and (within.end is None or moved < within.end)


def scan_position(table: Table, index: Index | None, start_key: Item) -> bytes:
    """The position after which a Scan goes on (ApiError)."""
    names = index.key_names if index is not None else table.key.names
    if len(start_key) != len(names):
        raise validation(_INVALID_MISMATCH if index is None else _INVALID)
    return _position(table, index, start_key)


def wrong_segment(segment: int, total: int) -> ApiError:
    """AWS's refusal of a start key that another segment of a parallel scan gave out."""
    return validation(
        f"{_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        f"TotalSegments: {total} Segment: {segment}"
    )


def _position(table: Table, index: Index | None, start_key: Item) -> bytes:
    prefix = b""
    if index is not None:
        _check_attributes(index.hash + index.range, start_key, _INVALID, MISMATCH)
        found = index.prefix(start_key)
        if found is None:
            raise validation(_INVALID)
        prefix = found
    _check_attributes(table.key.attributes, start_key, _INVALID_MISMATCH, _INVALID_MISMATCH)
    try:
        return prefix + table.key.of_key(table.key.extract(start_key))
    except ApiError as error:
        raise validation(f"{_INVALID}: {error.message}") from None


def _check_attributes(
    attributes: tuple[KeyAttribute, ...], start_key: Item, absent: str, mismatched: str
) -> None:
    for attribute in attributes:
        value = start_key.get(attribute.name)
        if value is None:
            raise validation(absent)
        if attribute.kind not in value:
            raise validation(mismatched)

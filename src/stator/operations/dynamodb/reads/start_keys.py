"""ExclusiveStartKey: from attributes to a position in a table or an index, and AWS's refusals on the way.

The item that a start key names need not exist: reading goes on after its position.
"""

from typing import Final

from stator.base.errors import ApiError, validation
from stator.operations.dynamodb.parameters import normalise_values
from stator.tables.indexes import Index
from stator.tables.keyspace import PARTITION_BYTES
from stator.tables.ranges import KeyRange
from stator.tables.schema import MISMATCH
from stator.tables.table import Table
from stator.values.attribute import InvalidValue, Item

_INVALID: Final = "The provided starting key is invalid"
_INVALID_MISMATCH: Final = f"{_INVALID}: {MISMATCH}"
_OUTSIDE: Final = "The provided starting key is outside query boundaries based on provided conditions"
_NOT_IN_RANGE: Final = "The provided starting key does not match the range key predicate"
# Of the refusals of values, those that AWS leaves as they are.
_BARE: Final = ("contains duplicates", "An number set")
_ONE_ROW: Final = "The query can return at most one row and cannot be restarted"


def normalise_start_key(start_key: Item | None) -> None:
    """Check the values of a start key; AWS opens most refusals of them with a text of its own (ApiError)."""
    if start_key is None:
        return
    try:
        normalise_values(start_key, is_enveloped=False)
    except InvalidValue as error:
        if any(word in str(error.message) for word in _BARE):
            raise
        raise validation(f"{_INVALID}: {error.message}") from None


def check_shape(table: Table, index: Index | None, start_key: Item, *, whole_table: bool = False) -> None:
    """Refuse a start key of the wrong number of attributes, or with wrong index keys (ApiError).

    AWS has another text for the number where a whole table is scanned.
    """
    names = index.key_names if index is not None else table.key.names
    if len(start_key) != len(names):
        raise validation(_INVALID_MISMATCH if whole_table and index is None else _INVALID)
    if index is not None:
        for attribute in index.hash + index.range:
            value = start_key.get(attribute.name)
            if value is None:
                raise validation(_INVALID)
            if attribute.kind not in value:
                raise validation(MISMATCH)


def start_position(table: Table, index: Index | None, start_key: Item) -> bytes:
    """The position after which a read goes on, after `check_shape` (ApiError)."""
    key = {name: start_key[name] for name in table.key.names if name in start_key}
    try:
        position = table.key.of_key(key)
    except ApiError as error:
        raise validation(f"{_INVALID}: {error.message}") from None
    if index is None:
        return position
    prefix = index.prefix(start_key)
    if prefix is None:
        raise validation(_INVALID)
    return prefix + position


def check_restart(position: bytes, within: KeyRange) -> None:
    """Refuse a position from which the Query with that range cannot go on (ApiError)."""
    inside = position[:PARTITION_BYTES] == within.partition
    if not inside and not within.narrowed:
        raise validation(_OUTSIDE)
    moved = within.partition + position[PARTITION_BYTES:]
    if moved < within.start or (within.end is not None and moved >= within.end):
        raise validation(_NOT_IN_RANGE)
    if not inside:
        raise validation(_ONE_ROW)


def wrong_segment(segment: int, total: int) -> ApiError:
    """AWS's refusal of a start key that another segment of a parallel scan gave out."""
    return validation(
        f"{_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        f"TotalSegments: {total} Segment: {segment}"
    )

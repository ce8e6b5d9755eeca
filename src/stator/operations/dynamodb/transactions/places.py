"""Where the items are that a transaction names, and what is refused of them as a whole."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from stator.base.errors import ApiError, validation
from stator.base.limits import TRANSACTION_BYTES_MAX
from stator.operations.dynamodb.naming import data_table
from stator.operations.registry import Call
from stator.storage.engine import Reader
from stator.tables.in_flight import Position
from stator.tables.schema import EmptyKey
from stator.tables.table import Table

_DUPLICATES: Final = "Transaction request cannot include multiple operations on one item"
_TOO_LARGE: Final = (
    "Collection size of items exceeded, which can also be caused by the aggregate size of the items "
    "in the transaction exceeding the 4MB limit"
)


class Named(Protocol):
    """What has a place: an action, or a read. `size` is the bytes of what it gives."""

    @property
    def named(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    def position(self, table: Table) -> bytes: ...  # noqa: D102


class Place(NamedTuple):
    """A table and a position in it; where the key does not fit the schema, why."""

    table: Table
    position: bytes | None
    refusal: ApiError | None

    @property
    def known(self) -> bytes:
        """The position. Raises ApiError if there is none."""
        if self.position is None:
            assert self.refusal is not None
            raise self.refusal
        return self.position


def find_places(call: Call, reader: Reader, asked: Sequence[Named], names: dict[str, str]) -> list[Place]:
    """The place of each; `names` are the tables' names by what the request calls them.

    Raises ApiError for an empty key, for an item that is named twice, for more bytes than a transaction may
    have, and for a missing table, in this order.
    """
    places: list[Place] = []
    missing: ApiError | None = None
    for each in asked:
        try:
            table = data_table(call, reader, names[each.named])
        except ApiError as error:
            missing = missing or error
        else:
            places.append(_place(table, each))
    known = positions(places)
    if len(set(known)) < len(known):
        raise validation(_DUPLICATES)
    check_size(each.size for each in asked)
    if missing is not None:
        raise missing
    return places


def positions(places: Iterable[Place]) -> list[Position]:
    """The items that have a position."""
    return [(place.table.space, place.position) for place in places if place.position is not None]


def check_size(sizes: Iterable[int]) -> None:
    """Refuse items that are too large together (ApiError)."""
    if sum(sizes) > TRANSACTION_BYTES_MAX:
        raise validation(_TOO_LARGE)


def _place(table: Table, asked: Named) -> Place:
    try:
        return Place(table, asked.position(table), None)
    except EmptyKey:
        raise
    except ApiError as error:
        return Place(table, None, error)

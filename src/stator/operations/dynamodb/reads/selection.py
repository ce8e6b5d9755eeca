"""What a Query or Scan makes of each row that it walks over: filter, fetch, projection, or only a count."""

import msgspec

from stator.base.errors import invalid_parameter
from stator.operations.dynamodb.capacity import read_units
from stator.operations.dynamodb.reads.parameters import ReadParameters
from stator.storage.engine import Reader
from stator.tables import stored
from stator.tables.indexes import Index
from stator.tables.table import Table
from stator.tables.walk import Shape, counted

_encode = msgspec.json.Encoder().encode


class Selection:
    """How rows become answers, and what fetching whole items for index entries has cost."""

    __slots__ = ("_condition", "_consistent", "_fetches", "_mode", "_projection", "_table", "fetched_units")

    def __init__(
        self,
        table: Table,
        index: Index | None,
        parameters: ReadParameters,
        *,
        consistent: bool,
    ) -> None:
        self._table = table
        self._mode = parameters.select
        self._condition = parameters.filter
        self._projection = parameters.projection
        self._consistent = consistent
        self.fetched_units = 0.0
        self._fetches = index is not None and self._must_fetch(index)

    def _must_fetch(self, index: Index) -> bool:
        """Whether whole items are wanted of an index that does not hold them; a global index refuses."""
        if index.projected is None:
            return False
        missing = self._missing(index.projected)
        if index.kind == "local":
            return self._mode == "ALL_ATTRIBUTES" or bool(missing)
        if self._mode == "ALL_ATTRIBUTES":
            raise invalid_parameter(
                f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
                "because its projection type is not ALL"
            )
        if missing:
            raise invalid_parameter(
                f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
            )
        return False

    def _missing(self, projected: frozenset[str]) -> list[str]:
        """Attributes that the projection names and the index does not hold, in their order."""
        if self._projection is None:
            return []
        named = dict.fromkeys(str(path[0]) for path in self._projection.paths)
        return [name for name in named if name not in projected]

    def shape(self) -> Shape | None:
        """What to make of a row; None if it is answered as it lies there."""
        if self._fetches:
            return self._fetched
        if self._mode == "COUNT" and self._condition is None:
            return counted
        if self._condition is None and self._projection is None:
            return None
        return self._shape_of_row

    @property
    def counts_only(self) -> bool:
        """Whether the reply has no Items."""
        return self._mode == "COUNT"

    def _fetched(self, reader: Reader, value: bytes) -> bytes | None:
        """The shape of an index entry whose whole item is wanted."""
        position = self._table.key.position(stored.unpack(value))
        whole = reader.get(self._table.space, position)
        if whole is None:  # The item went while the page was being read.
            return None
        self.fetched_units += read_units(stored.size_of(whole), consistent=self._consistent)
        return self._shape_of_row(reader, whole)

    def _shape_of_row(self, _reader: Reader, value: bytes) -> bytes | None:
        if self._condition is not None:
            item = stored.partial_unpack(self._condition.attributes)(value)
            if not self._condition.test(item):
                return None
        if self._mode == "COUNT":
            return b""
        if self._projection is not None:
            item = stored.partial_unpack(self._projection.attributes)(value)
            return _encode(self._projection.apply(item))
        return stored.json_of(value)

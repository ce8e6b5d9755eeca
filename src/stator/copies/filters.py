"""Which items an export takes, and what of them: its key condition, filter and projection.

The texts are kept with the export, and compiled again whenever it is made. They are Query's and Scan's.
"""

from typing import Any

import msgspec
from msgspec import Struct

from stator.expressions.bind import Bindings
from stator.expressions.condition import Condition, condition
from stator.expressions.key_condition import key_condition
from stator.expressions.projection import Projection, projection
from stator.tables import stored
from stator.tables.ranges import KeyRange, key_range
from stator.tables.table import Table
from stator.values.attribute import Item


class FilterTexts(Struct, frozen=True, omit_defaults=True):
    """The expressions as they were given; the values are normalised."""

    filter: str | None = None
    projection: str | None = None
    key_condition: str | None = None
    names: dict[str, str] | None = None
    values: dict[str, dict[str, Any]] | None = None


class ItemFilter:
    """Expressions at work on the stored items of a table."""

    def __init__(self, texts: FilterTexts, table: Table) -> None:
        """Compile the texts. Raises ApiError for what AWS refuses."""
        bound = Bindings(texts.names, texts.values)
        self._range: KeyRange | None = None
        self._condition: Condition | None = None
        self._projection: Projection | None = None
        if texts.key_condition is not None:
            self._range = key_range(table.key, key_condition(texts.key_condition, bound))
        if texts.filter is not None:
            self._condition = condition(texts.filter, bound, "FilterExpression")
        if texts.projection is not None:
            self._projection = projection(texts.projection, bound)
        bound.check_unused()
        self._key = table.key

    @property
    def tested(self) -> frozenset[str]:
        """The attributes that the filter names."""
        return self._condition.attributes if self._condition is not None else frozenset()

    @property
    def nested(self) -> frozenset[str]:
        """The attributes into which the filter or the projection looks."""
        parts = (self._condition, self._projection)
        return frozenset().union(*(part.nested for part in parts if part is not None))

    def keeps(self, value: bytes) -> bool:
        """Whether a stored item is taken."""
        item: Item | None = None
        if self._range is not None:
            item = stored.unpack(value)
            key, end = self._key.position(item), self._range.end
            if key < self._range.start or (end is not None and key >= end):
                return False
        if self._condition is None:
            return True
        return self._condition.test(item if item is not None else stored.unpack(value))

    def json(self, value: bytes) -> bytes:
        """The DynamoDB JSON of what is taken of a stored item."""
        if self._projection is None:
            return stored.json_of(value)
        return msgspec.json.encode(self.item(value))

    def item(self, value: bytes) -> Item:
        """What is taken of a stored item."""
        item = stored.unpack(value)
        return item if self._projection is None else self._projection.apply(item)

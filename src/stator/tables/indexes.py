"""Secondary indexes: which entry an item has in each, as a function of the item alone.

An item is in an index if it has every key attribute of the index in the right type. Its entry holds the
projected attributes in an item's stored form, and its key names the item. Upkeep compares the entry before
with the entry after, and writes only what differs; a back-fill is the same function over items lying there.
"""

from typing import NamedTuple

from stator.tables import stored
from stator.tables.definition import IndexDefinition, IndexKind
from stator.tables.keyspace import Partitions
from stator.tables.schema import key_attributes, key_content
from stator.values.attribute import Item
from stator.values.keycode import encode
from stator.values.size import item_size


class Entry(NamedTuple):
    """An index entry: its key, and its value in an item's stored form."""

    key: bytes
    value: bytes


class IndexChange(NamedTuple):
    """What one write did to one index, for capacity: sizes of the entry before and after, 0 for none.

    `moved` tells that the entry's key changed, so that one entry was deleted and another inserted.
    """

    name: str
    kind: IndexKind
    before: int
    after: int
    moved: bool


class Index:
    """A secondary index at work."""

    __slots__ = (
        "_digest",
        "definition",
        "hash",
        "key_names",
        "kind",
        "name",
        "projected",
        "range",
        "space",
        "table_names",
    )

    def __init__(
        self,
        definition: IndexDefinition,
        types: dict[str, str],
        table_names: tuple[str, ...],
        partitions: Partitions,
    ) -> None:
        self.definition = definition
        self.name = definition.name
        self.kind = definition.kind
        self.space = definition.space
        self.hash, self.range = key_attributes(definition.keys, types)
        self.table_names = table_names
        # The names of a position in the index: its own keys, then the table's, each once.
        self.key_names = tuple(dict.fromkeys(definition.keys.names + table_names))
        self.projected = (
            None
            if definition.projection == "ALL"
            else frozenset(self.key_names + definition.non_key_attributes)
        )
        self._digest = partitions.digest

    def prefix(self, item: Item) -> bytes | None:
        """The entry key without the item's own key; None if the item is not in the index."""
        hashed = ordered = b""
        for attribute in self.hash:
            content = key_content(attribute, item)
            if content is None:
                return None
            hashed += encode(attribute.kind, content)
        for attribute in self.range:
            content = key_content(attribute, item)
            if content is None:
                return None
            ordered += encode(attribute.kind, content)
        return self._digest(hashed) + ordered

    def partition(self, values: Item) -> bytes:
        """The partition of complete hash key values of the right types."""
        return self._digest(b"".join(encode(kind, values[name][kind]) for name, kind, _ in self.hash))

    def entry(self, item: Item, value: bytes, item_key: bytes) -> Entry | None:
        """The entry of an item, given parsed, in stored form and by its position; None if it has none."""
        prefix = self.prefix(item)
        if prefix is None:
            return None
        if self.projected is not None:
            kept = {name: item[name] for name in item if name in self.projected}
            value = stored.pack(kept, item_size(kept))
        return Entry(prefix + item_key, value)

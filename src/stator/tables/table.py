"""A table at work: its definition as of now, compiled into what reads and writes need."""

from stator.base.limits import COLLECTION_BYTES_MAX
from stator.tables.change_log import ChangeLog
from stator.tables.definition import FOREVER, TableDefinition, next_change, table_status
from stator.tables.expiry import Expiry
from stator.tables.indexes import Index
from stator.tables.keyspace import Partitions
from stator.tables.schema import IndexKeyRule, TableKey


class Table:
    """A table at work, of a settled definition. Immutable; a changed definition makes a new one.

    `log` is where changes are recorded, None while nobody asks for it: no enabled stream, of a `view_type`,
    and neither recovery nor a copy under way (`keeps_old`). `collections` is the space of the sizes of its
    item collections, None if it has no local indexes; a collection may have up to `collection_bytes_max`.
    `expiry` is when its items expire, None if they do not.
    `valid_until` is when the definition changes by itself (seconds since the epoch; infinity for never).
    """

    __slots__ = (
        "collection_bytes_max",
        "collections",
        "definition",
        "expiry",
        "has_local_indexes",
        "index_by_name",
        "index_rules",
        "indexes",
        "keeps_old",
        "key",
        "key_labels",
        "log",
        "name",
        "readable",
        "space",
        "status",
        "valid_until",
        "view_type",
    )

    def __init__(
        self,
        definition: TableDefinition,
        partitions: Partitions,
        log: ChangeLog | None = None,
        *,
        collection_bytes_max: int = COLLECTION_BYTES_MAX,
    ) -> None:
        self.definition = definition
        self.view_type = definition.stream.view_type if definition.stream is not None else None
        self.keeps_old = definition.recovery is not None or bool(definition.holds)
        self.log = log if self.view_type is not None or self.keeps_old else None
        self.collections = definition.collections
        self.collection_bytes_max = collection_bytes_max
        ttl = definition.ttl
        self.expiry = None if ttl.attribute is None or ttl.space is None else Expiry(ttl.attribute, ttl.space)
        self.name = definition.name
        self.space = definition.space
        self.status = table_status(definition)
        self.readable = self.status in ("ACTIVE", "UPDATING")
        self.valid_until = next_change(definition)
        self.key = TableKey(definition.keys, definition.attributes, partitions)
        self.indexes = tuple(
            Index(index, definition.attributes, definition.keys.names, partitions)
            for index in definition.indexes
            if not index.deleting
        )
        self.index_by_name = {index.name: index for index in self.indexes}
        # Only tables with local indexes have item collections in AWS's sense.
        self.has_local_indexes = any(index.kind == "local" for index in self.indexes)
        # AWS checks global indexes in their order of creation, then local ones; hash before range.
        ordered = sorted(self.indexes, key=lambda index: index.kind != "global")
        # An attribute of the table's own key is checked as such; an index may hold it to fewer bytes.
        bytes_max = {attribute.name: attribute.bytes_max for attribute in self.key.attributes}
        self.index_rules = tuple(
            IndexKeyRule(index.name, attribute)
            for index in ordered
            for attribute in index.hash + index.range
            if attribute.bytes_max < bytes_max.get(attribute.name, FOREVER)
        )
        # What AWS calls a key attribute in its texts: of the table, or only of an index.
        self.key_labels: dict[object, str] = dict.fromkeys(self.key.names, "Key")
        for rule in self.index_rules:
            self.key_labels.setdefault(rule.attribute.name, "IndexKey")

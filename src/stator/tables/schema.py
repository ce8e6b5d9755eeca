"""Key attributes: from items and `Key` parameters to positions in a space, and AWS's refusals on the way.

Sources of the texts: AWS's replies, as listed in docs/validation.md under "Keys".
"""

from typing import Final, NamedTuple

from stator.base.errors import ApiError, invalid_parameter, validation
from stator.base.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from stator.tables.definition import Keys
from stator.tables.keyspace import Partitions
from stator.values.attribute import AttributeValue, Item
from stator.values.compare import kind_of
from stator.values.keycode import encode
from stator.values.size import binary_size, text_size

MISMATCH: Final = "The provided key element does not match the schema"
_EMPTY: Final = (
    "One or more parameter values are not valid. "
    "The AttributeValue for a key attribute cannot contain an empty {} value. Key: {}"
)
_HASH_TOO_LONG: Final = (
    f"Size of hashkey has exceeded the maximum size limit of{PARTITION_KEY_BYTES_MAX} bytes"
)
_RANGE_TOO_LONG: Final = (
    f"Aggregated size of all range keys has exceeded the size limit of {SORT_KEY_BYTES_MAX} bytes"
)
_TYPE_NAMES: Final = {"S": "string", "B": "binary"}


class EmptyKey(ApiError):
    """A key value that is empty. In a transaction, AWS takes it for an error of the request as a whole."""


class KeyAttribute(NamedTuple):
    """A key attribute: its name, its type (S, N or B), and the most bytes that its value may have."""

    name: str
    kind: str
    bytes_max: int

    @property
    def too_long(self) -> str:
        """AWS's text for a longer value."""
        return _HASH_TOO_LONG if self.bytes_max == PARTITION_KEY_BYTES_MAX else _RANGE_TOO_LONG


def key_attributes(keys: Keys, types: dict[str, str]) -> tuple[tuple[KeyAttribute, ...], ...]:
    """The hash attributes and the range attributes of some keys."""
    return (
        tuple(KeyAttribute(name, types[name], PARTITION_KEY_BYTES_MAX) for name in keys.hash),
        tuple(KeyAttribute(name, types[name], SORT_KEY_BYTES_MAX) for name in keys.range),
    )


def content_bytes(kind: str, content: str) -> int:
    """Bytes of a key value that is held to a limit; numbers are not."""
    if kind == "S":
        return text_size(content)
    return binary_size(content) if kind == "B" else 0


def key_content(attribute: KeyAttribute, item: Item) -> str | None:
    """What an item has for an index's key attribute; None if that keeps it out of the index.

    No write leaves a value of the wrong type, an empty or a too long one in an index that is there. One that
    was there before the index keeps its item out. Source: "Detecting and correcting index key violations" of
    the developer guide.
    """
    name, kind, bytes_max = attribute
    value = item.get(name)
    content: str | None = value.get(kind) if value is not None else None
    if not content or (len(content) * 4 > bytes_max and content_bytes(kind, content) > bytes_max):
        return None
    return content


class TableKey:
    """The primary key of a table: one hash attribute and at most one range attribute."""

    __slots__ = ("_digest", "_hash", "_range", "attributes", "count", "hash", "names", "range")

    def __init__(self, keys: Keys, types: dict[str, str], partitions: Partitions) -> None:
        self.hash, self.range = key_attributes(keys, types)
        self.attributes = self.hash + self.range
        self.count = len(self.attributes)
        self.names = keys.names
        self._hash = self.hash[0]
        self._range = self.range[0] if self.range else None
        self._digest = partitions.digest

    def position(self, item: Item) -> bytes:
        """The position of a stored item, whose key is known to be right."""
        name, kind, _ = self._hash
        digest = self._digest(encode(kind, item[name][kind]))
        if self._range is None:
            return digest
        name, kind, _ = self._range
        return digest + encode(kind, item[name][kind])

    def of_key(self, key: Item) -> bytes:
        """The position that a `Key` parameter names.

        Raises ApiError if it has other attributes than the key's, a wrong type, or a value that no key has.
        """
        if len(key) != self.count:
            raise validation(MISMATCH)
        for attribute in self.attributes:
            value = key.get(attribute.name)
            if value is None or attribute.kind not in value:
                raise validation(MISMATCH)
            check_content(attribute, value[attribute.kind])
        return self.position(key)

    def of_item(self, item: Item) -> bytes:
        """The position of an item that is to be put.

        Raises ApiError if a key attribute is missing, of the wrong type, empty, or too long.
        """
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None:
                raise invalid_parameter(f"Missing the key {attribute.name} in the item")
            if attribute.kind not in value:
                raise invalid_parameter(
                    f"Type mismatch for key {attribute.name} expected: {attribute.kind} "
                    f"actual: {kind_of(value)}"
                )
            check_content(attribute, value[attribute.kind])
        return self.position(item)

    def extract(self, item: Item) -> Item:
        """The key attributes of an item."""
        return {name: item[name] for name in self.names}

    def partition(self, values: Item) -> bytes:
        """The partition of a hash key value of the right type."""
        name, kind, _ = self._hash
        return self._digest(encode(kind, values[name][kind]))


def check_content(attribute: KeyAttribute, content: str) -> None:
    """Refuse a key value that is empty or too long (ApiError)."""
    if attribute.kind == "N":
        return
    if not content:
        raise EmptyKey("ValidationException", _EMPTY.format(_TYPE_NAMES[attribute.kind], attribute.name))
    # A character has at most four bytes: the exact size is only taken where it may matter.
    if len(content) * 4 > attribute.bytes_max and (
        content_bytes(attribute.kind, content) > attribute.bytes_max
    ):
        raise invalid_parameter(attribute.too_long)


class IndexKeyRule(NamedTuple):
    """One key attribute of one index, in AWS's order of checks (see `check_index_keys`)."""

    index_name: str
    attribute: KeyAttribute


# How a put and an update word the refusal of an empty index key.
_PUT_EMPTY: Final = (
    "One or more parameter values are not valid. "
    "A value specified for a secondary index key is not supported. "
    "The AttributeValue for a key attribute cannot contain an empty {} value. IndexName: {}, IndexKey: {}"
)
_UPDATE_EMPTY: Final = (
    "One or more parameter values are not valid. "
    "The update expression attempted to update a secondary index key to a value that is not supported. "
    "The AttributeValue for a key attribute cannot contain an empty {} value."
)
_UPDATE_TYPE: Final = "The update expression attempted to update the secondary index key to unsupported type"


def check_index_keys(rules: tuple[IndexKeyRule, ...], item: Item) -> None:
    """Refuse an item to be put whose attributes cannot be index keys (ApiError)."""
    for index, attribute in rules:
        value = item.get(attribute.name)
        if value is None:
            continue
        content = value.get(attribute.kind)
        if content is None:
            raise index_key_mismatch(index, attribute, value)
        if content == "":
            raise validation(_PUT_EMPTY.format(_TYPE_NAMES[attribute.kind], index, attribute.name))
        if content_bytes(attribute.kind, content) > attribute.bytes_max:
            raise invalid_parameter(attribute.too_long)


def check_updated_index_keys(rules: tuple[IndexKeyRule, ...], before: Item, after: Item) -> None:
    """Refuse an update that leaves a changed attribute unfit as an index key (ApiError)."""
    for _, attribute in rules:
        value = after.get(attribute.name)
        if value is None or value == before.get(attribute.name):
            continue
        content = value.get(attribute.kind)
        if content is None:
            raise validation(_UPDATE_TYPE)
        if content == "":
            raise validation(_UPDATE_EMPTY.format(_TYPE_NAMES[attribute.kind]))
        if content_bytes(attribute.kind, content) > attribute.bytes_max:
            raise invalid_parameter(attribute.too_long)


def index_key_mismatch(index: str, attribute: KeyAttribute, value: AttributeValue) -> ApiError:
    """AWS's refusal of a literal value of the wrong type for an index key."""
    return invalid_parameter(
        f"Type mismatch for Index Key {attribute.name} Expected: {attribute.kind} "
        f"Actual: {kind_of(value)} IndexName: {index}"
    )

"""When items expire: which items of a table with a TTL attribute are due when, kept in the order of that.

    key      expiry, in whole seconds since the epoch (8 bytes)  the item's key
    value    nothing

An item has an entry if its TTL attribute is a number that may be a time. Like an index entry it is a function
of the item alone, so the write funnel keeps it, a back-fill makes those that are missing, and the check
proves them. What is due at a moment is a range of such keys, and costs what is due, not what the table holds.

Sources: "Using time to live (TTL) in DynamoDB" of the developer guide; "UpdateTimeToLive" of the API
reference.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from stator.base.limits import EXPIRED_SECONDS_MAX
from stator.storage.engine import Reader, Transaction
from stator.tables.image import Image
from stator.tables.indexes import Entry
from stator.values.attribute import AttributeValue, Item

_SECOND_BYTES: Final = 8
_SECOND_MAX: Final = (1 << 62) - 1
_PLAIN_DIGITS: Final = 18


class Expiry:
    """When the items of a table expire; `space` holds their entries."""

    __slots__ = ("attribute", "space")

    def __init__(self, attribute: str, space: int) -> None:
        self.attribute = attribute
        self.space = space

    def entry(self, item: Item, _value: bytes, item_key: bytes) -> Entry | None:
        """The entry of an item; None if it never expires."""
        key = _key(item.get(self.attribute), item_key)
        return None if key is None else Entry(key, b"")

    def key_of(self, image: Image | None, item_key: bytes) -> bytes | None:
        """The key of an item's entry; None if there is no item, or if it never expires."""
        return None if image is None else _key(image.value(self.attribute), item_key)


def _key(value: AttributeValue | None, item_key: bytes) -> bytes | None:
    text = None if value is None else value.get("N")
    second = None if text is None else _second(text)
    return None if second is None else second.to_bytes(_SECOND_BYTES, "big") + item_key


def _second(text: str) -> int | None:
    """The first whole second at which a time has come; None if a number is no time."""
    if len(text) <= _PLAIN_DIGITS and text.isdecimal():
        return int(text)
    number = Decimal(text)
    if not 0 <= number <= _SECOND_MAX:
        return None
    return int(number.to_integral_value(ROUND_CEILING))


def maintain(
    transaction: Transaction, expiry: Expiry, key: bytes, before: Image | None, after: Image | None
) -> None:
    """Move the entry of the item at `key`, which was `before` and is `after`."""
    old, new = expiry.key_of(before, key), expiry.key_of(after, key)
    if old == new:
        return
    if old is not None:
        transaction.delete(expiry.space, old)
    if new is not None:
        transaction.put(expiry.space, new, b"")


def due(reader: Reader, expiry: Expiry, now: float, limit: int) -> list[bytes]:
    """The keys of the entries of items that have expired at `now`, but not more than five years before."""
    if now < 0:
        return []
    start = max(0, int(now) - EXPIRED_SECONDS_MAX)
    rows = reader.scan(
        expiry.space,
        start.to_bytes(_SECOND_BYTES, "big"),
        (int(now) + 1).to_bytes(_SECOND_BYTES, "big"),
        limit=limit,
    )
    return [key for key, _ in rows]


def item_key(key: bytes) -> bytes:
    """The key of the item that an entry is of."""
    return key[_SECOND_BYTES:]

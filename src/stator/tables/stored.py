r"""The stored form of an item: what lies in the database is what is answered.

    01                format
    00 00 01 2c       the item's size by DynamoDB's rules, big endian
    {"pk":{"S":…      its canonical DynamoDB JSON

A read that wants all attributes answers the JSON as it lies there, unparsed.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypedDict

import msgspec

from stator.values.attribute import Item

_FORMAT: Final = b"\x01"
HEADER_BYTES: Final = 5

_decode = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode
_encode = msgspec.json.Encoder().encode
_typed_dict: Any = TypedDict  # made at run time, which type checkers do not follow


def pack(item: Item, size: int) -> bytes:
    """The stored form of a normalised item of `size` bytes."""
    return _FORMAT + size.to_bytes(4, "big") + _encode(item)


def unpack(stored: bytes) -> Item:
    """The item, parsed."""
    return _decode(stored[HEADER_BYTES:])


def size_of(stored: bytes) -> int:
    """The item's size in bytes by DynamoDB's rules."""
    return int.from_bytes(stored[1:HEADER_BYTES], "big")


def json_of(stored: bytes) -> bytes:
    """The item's DynamoDB JSON."""
    return stored[HEADER_BYTES:]


@lru_cache(maxsize=256)
def partial_unpack(names: frozenset[str]) -> Callable[[bytes], Item]:
    """A parser of stored items that keeps some attributes, and skips the others without building them."""
    wanted: Any = _typed_dict("wanted", dict.fromkeys(names, dict[str, Any]), total=False)
    decode: Callable[[bytes], Item] = msgspec.json.Decoder(wanted).decode
    return lambda stored: decode(stored[HEADER_BYTES:])

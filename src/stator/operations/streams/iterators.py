"""Shard iterators: where a reader stands, as a text that only this database makes.

    base64url of   8 bytes of keyed digest, JSON of [stream's ARN, shard, position, time of issue]

The digest keeps a made-up text from being taken for a position. An iterator is good for 15 minutes.
"""

import base64
from hashlib import blake2b
from typing import Final

import msgspec

from stator.base.errors import ApiError, validation

VALID_SECONDS: Final = 15 * 60
_DIGEST_BYTES: Final = 8


class Iterator(msgspec.Struct, array_like=True, frozen=True):
    """Where a reader stands: the next position to read in a shard of a stream."""

    arn: str
    shard: str
    position: int
    issued_at: float


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Iterator).decode


def write(iterator: Iterator, secret: bytes) -> str:
    """The text of an iterator."""
    body = _encode(iterator)
    return base64.urlsafe_b64encode(_digest(body, secret) + body).decode()


def read(text: str, secret: bytes, now: float) -> Iterator:
    """The iterator of a text; raises ApiError if it is none of ours, or too old."""
    try:
        data = base64.urlsafe_b64decode(text)
        digest, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if digest != _digest(body, secret):
            raise ValueError
        iterator = _decode(body)
    except (ValueError, msgspec.DecodeError):
        raise validation("Invalid ShardIterator") from None
    if now >= iterator.issued_at + VALID_SECONDS:
        raise ApiError("ExpiredIteratorException", "Iterator expired. The iterator was created too long ago.")
    return iterator


def _digest(body: bytes, secret: bytes) -> bytes:
    return blake2b(body, key=secret, digest_size=_DIGEST_BYTES).digest()

"""NextToken of ExecuteStatement: where a page of a SELECT ended.

    digest of the statement and its parameters   16 bytes
    number of the range                           2 bytes, big endian
    position of the last row in it                the rest; none if the range has not been entered

A token is good for the same statement with the same parameters only; Limit and ConsistentRead may differ. It
holds nothing secret, and a forged one leads nowhere but into the ranges of its own statement.
"""

import base64
import binascii
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from stator.base.errors import ApiError, validation
from stator.values.attribute import AttributeValue

_encode = msgspec.json.Encoder(order="sorted").encode

_DIGEST_BYTES: Final = 16
_NUMBER_BYTES: Final = 2


class Stop(NamedTuple):
    """Where a page ended: in which range, and after which position in it."""

    number: int
    position: bytes


def digest(statement: str, parameters: Sequence[AttributeValue] | None) -> bytes:
    """What binds a token to a statement and its parameters."""
    return blake2b(_encode([statement, parameters]), digest_size=_DIGEST_BYTES).digest()


def issue(bound_to: bytes, stop: Stop) -> str:
    """The token of a page's end."""
    return base64.b64encode(bound_to + stop.number.to_bytes(_NUMBER_BYTES, "big") + stop.position).decode()


def redeem(token: str, bound_to: bytes) -> Stop:
    """Where the page of a token ended (ApiError)."""
    try:
        decoded = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise invalid() from None
    number = decoded[_DIGEST_BYTES : _DIGEST_BYTES + _NUMBER_BYTES]
    if len(number) < _NUMBER_BYTES:
        raise invalid()
    if decoded[:_DIGEST_BYTES] != bound_to:
        raise validation("NextToken does not match request")
    return Stop(int.from_bytes(number, "big"), decoded[_DIGEST_BYTES + _NUMBER_BYTES :])


def invalid() -> ApiError:
    """AWS's refusal of what is no token."""
    return validation("Invalid NextToken")

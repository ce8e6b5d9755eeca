"""NextTokens: where a page ended, and of which request.

A token is no secret, and one that was made up can only ask for another page of what its request asks for.
It is bound to its request by a digest, so that it does not go on with another one.
"""

import base64
import binascii
from hashlib import blake2b
from typing import Any, Final

import msgspec

_DIGEST_BYTES: Final = 12

_encode = msgspec.msgpack.Encoder(order="sorted").encode


def token_of(position: Any, request: Any) -> str:
    """The token for a position (what MessagePack can hold) in the results of a request."""
    return base64.urlsafe_b64encode(_encode((_digest(request), position))).decode()


def position_of(token: str, request: Any) -> Any:
    """The position of a token; None if it is none of this request's."""
    try:
        digest, position = msgspec.msgpack.decode(
            base64.urlsafe_b64decode(token.encode()), type=tuple[bytes, Any]
        )
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None
    return position if digest == _digest(request) else None


def _digest(request: Any) -> bytes:
    return blake2b(_encode(request), digest_size=_DIGEST_BYTES).digest()

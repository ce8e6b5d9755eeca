"""Smithy RPC v2 CBOR: maps in, maps out.

Timestamps are numbers with tag 1. Of all other tags, which a decoder may do much for (references to what came
before, regular expressions, numbers of any length), none is read.

Source: smithy.io, "Smithy RPC v2 CBOR protocol"; RFC 8949.
"""

from datetime import datetime
from typing import Any, Final, NoReturn

import cbor2

from stator.base.errors import serialization
from stator.model.catalogue import Kind
from stator.model.services.directory import Service
from stator.model.services.values import typed
from stator.model.shapes import Shape
from stator.protocol.pipeline import ReadyReply
from stator.protocol.services.errors import Failure
from stator.protocol.services.results import shown
from stator.protocol.services.speaking import query_error, told

CONTENT_TYPE: Final = "application/cbor"
_PROTOCOL: Final = "smithy-protocol: rpc-v2-cbor\r\n"
_TIMESTAMP_TAG: Final = 1
_DEPTH_MAX: Final = 32  # no request has more than ten levels


def _unread(*_arguments: Any) -> NoReturn:
    raise ValueError("a tag that no request has")


# All tags that the library knows, but for that of timestamps.
_TAGS_KNOWN: Final = (
    *(0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799),
)
_UNREAD: Final = dict.fromkeys(_TAGS_KNOWN, _unread)


class Cbor:
    """The protocol."""

    def parse(self, body: bytes) -> Any:
        """The map; none at all is an empty one."""
        try:
            value = cbor2.loads(
                body or b"\xa0",
                semantic_decoders=_UNREAD,
                tag_hook=_unread,
                max_depth=_DEPTH_MAX,
                strict_hashable_types=True,
            )
        except cbor2.CBORError:
            raise serialization() from None
        if not isinstance(value, dict):
            raise serialization()
        return value

    def operation(self, parsed: Any) -> str:
        """Named by the path."""
        return ""

    def read(self, shape: Shape, parsed: Any) -> dict[str, Any]:
        """The request."""
        request: dict[str, Any] = typed(shape, _seconds(parsed))
        return request

    def reply(
        self, service: Service, operation: str, shape: Shape | None, result: Any, request_id: str
    ) -> ReadyReply:
        """The result; an operation without one answers an empty map."""
        body = {} if shape is None else shown(shape, result, _leaf)
        return ReadyReply(200, cbor2.dumps(body), CONTENT_TYPE, request_id, _PROTOCOL)

    def failure(self, service: Service, failure: Failure, request_id: str) -> ReadyReply:
        """The error."""
        fields = _PROTOCOL + query_error(service, failure)
        return ReadyReply(
            failure.status, cbor2.dumps(told(service, failure)), CONTENT_TYPE, request_id, fields
        )


def _seconds(value: Any) -> Any:
    """The value, its moments told in seconds since the epoch."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: _seconds(each) for key, each in value.items()}
    return [_seconds(each) for each in value] if isinstance(value, list) else value


def _leaf(kind: Kind, value: Any) -> Any:
    if kind == "timestamp":
        return cbor2.CBORTag(_TIMESTAMP_TAG, int(value) if value.is_integer() else value)
    return value

"""From a request's body to the Struct of its operation.

The fast path is one typed decode in C, which accepts only wholly valid requests. What it refuses goes the
slow way, which finds AWS's reason, or coerces what AWS coerces and returns the same Struct after all. The
invariant: what the fast path accepts, the slow path would accept with an equal result.
"""

from functools import cache
from typing import Any

import msgspec

from stator.base.errors import serialization, validation
from stator.model import requests

_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)


class Decoder:
    """Decodes the requests of one operation."""

    __slots__ = ("_fast", "_operation", "_struct")

    def __init__(self, operation: str, struct: type[msgspec.Struct]) -> None:
        self._operation = operation
        self._struct = struct
        self._fast = msgspec.json.Decoder(struct).decode

    def decode(self, body: bytes) -> msgspec.Struct:
        """The request in `body`, an instance of the operation's Struct in `requests`.

        Raises ApiError: SerializationException without a text if the body is not a JSON object, with one if a
        member has a wrong JSON type; ValidationException if the request breaks constraints.
        """
        try:
            return self._fast(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # The slow path says what is wrong, outside this handler so that its error stands alone.
        return self.explain(body)

    def explain(self, body: bytes) -> msgspec.Struct:
        """As `decode`, by the slow path alone."""
        # The tables are loaded for the first request that needs them: a start-up does not wait for them.
        from stator.model.constraints import check
        from stator.model.deserialize import deserialize
        from stator.model.shapes import input_shape

        shape = input_shape(self._operation)
        try:
            tree = deserialize(shape, _json_object(body))
            check(self._operation, shape, tree)
            return msgspec.convert(tree, self._struct)
        except RecursionError:
            raise validation(_TOO_DEEP) from None


def _json_object(body: bytes) -> dict[str, Any]:
    """The body's JSON object; of a member that occurs twice, the last.

    Raises ApiError (SerializationException without a text) if it is none.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise serialization() from None
    if not isinstance(value, dict):
        raise serialization()
    return value


@cache
def decode(operation: str) -> Decoder:
    """The decoder of an operation's requests; made on first use. Raises KeyError if it is not implemented."""
    return Decoder(operation, requests.INPUTS[operation])

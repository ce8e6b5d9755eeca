"""The registry of operations: adding one touches one function.

Dispatch, and later permissions, metrics and the generated list in the docs, derive from what the decorator is
told; no other place names an operation.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final, Literal, TypeVar

from stator.tables.database import Database

DYNAMODB: Final = "DynamoDB_20120810"
STREAMS: Final = "DynamoDBStreams_20120810"

Access = Literal["read", "write", "control"]
# JSON text, or an object to be encoded.
Reply = bytes | dict[str, Any]
Handler = Callable[["Call", Any], Reply | Awaitable[Reply]]
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])


@dataclass(slots=True)
class Call:
    """What a handler is given besides its request.

    `region` is that of the request's credential scope; `host` is the Host header that the client used.
    """

    database: Database
    region: str
    host: str

    def arn(self, resource: str) -> str:
        """The ARN of a resource such as `table/orders`, in the caller's region."""
        return f"arn:aws:dynamodb:{self.region}:{self.database.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    `action` is its IAM action; `access` tells whether it reads items, writes items, or concerns tables.
    `from_snapshot` operations can be carried out by any process that has a snapshot of what is stored, since
    they need nothing that only lives in the process that writes. If such a request turns out to write (a
    PartiQL statement may), its handler calls `engine.write` before it has done anything else, and the request
    goes to the process that writes.
    """

    name: str
    service: str
    handler: Handler
    action: str
    access: Access
    from_snapshot: bool


REGISTRY: Final[dict[str, Operation]] = {}
"""Operations by their target, such as `DynamoDB_20120810.PutItem`."""


def operation(
    name: str,
    *,
    access: Access,
    service: str = DYNAMODB,
    action: str | None = None,
    from_snapshot: bool | None = None,
) -> Callable[[HandlerT], HandlerT]:
    """Register a handler.

    The IAM action is `dynamodb:<name>`, and what reads items does so from a snapshot, unless told otherwise.
    """

    def register(handler: HandlerT) -> HandlerT:
        target = f"{service}.{name}"
        known = REGISTRY.get(target)
        assert known is None or isinstance(known.handler, _Deferred), f"{target} is registered twice"
        registered = Operation(
            name,
            service,
            handler,
            action or f"dynamodb:{name}",
            access,
            access == "read" if from_snapshot is None else from_snapshot,
        )
        assert known is None or replace(known, handler=handler) == registered, (
            f"{target} was deferred as {known}"
        )
        REGISTRY[target] = registered
        return handler

    return register


class _Deferred:
    """The handler of an operation whose module is imported with the first request."""

    def __init__(self, target: str, module: str) -> None:
        self._target = target
        self._module = module

    def __call__(self, call: Call, request: Any) -> Reply | Awaitable[Reply]:
        import_module(self._module)
        return REGISTRY[self._target].handler(call, request)


def defer(module: str, names: Iterable[str], *, access: Access = "control") -> None:
    """Register operations of a module that few servers need: a start-up does without it."""
    for name in names:
        target = f"{DYNAMODB}.{name}"
        if target not in REGISTRY:
            handler = _Deferred(target, module)
            action = f"dynamodb:{name}"
            REGISTRY[target] = Operation(name, DYNAMODB, handler, action, access, access == "read")

"""From a request to another service to its reply: the order of checks, readable top to bottom in `_read`.

Every reply leaves as a `ReadyReply`, which has what it needs to be written by any process of the server. Long
requests are read, and long replies written, in a thread: they would keep the loop for half a second.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any, Final, NamedTuple, NoReturn

from stator.base.errors import ApiError
from stator.model.services.catalogue import ServiceOperation, service_model
from stator.model.services.directory import NAMES, Service
from stator.model.services.rules import check
from stator.model.services.shapes import shape_of
from stator.operations.services import Handler, ServiceCall, handler_of
from stator.protocol import authentication
from stator.protocol.compression import TooLong, gunzip
from stator.protocol.http import IdSource, Request
from stator.protocol.pipeline import ReadyReply
from stator.protocol.services.aws_json import AwsJson
from stator.protocol.services.cbor import Cbor
from stator.protocol.services.errors import failure_of, too_large
from stator.protocol.services.query import Query
from stator.protocol.services.recognition import Asked, Language, recognised
from stator.protocol.services.speaking import Speaker
from stator.tables.database import Database

# Of CloudWatch's own 1 MB, four times, since it counts compressed bodies as they are sent.
BODY_BYTES_MAX: Final = 4 * 1024 * 1024
_LONG_BODY: Final = 32 * 1024  # bytes: a few milliseconds
_LONG_RESULT: Final = 2_000  # values: the same

_SPEAKERS: Final[dict[Language, Speaker]] = {"query": Query(), "json": AwsJson(), "cbor": Cbor()}


def refusal(asked: Asked, error: BaseException, request_id: str) -> ReadyReply:
    """What a client is told of an error, in the form of the protocol that it speaks."""
    failure = failure_of(asked.service, error, request_id)
    return _SPEAKERS[asked.language].failure(asked.service, failure, request_id)


class _Readied(NamedTuple):
    """A request that has passed every check, and what carries it out."""

    operation: ServiceOperation
    handler: Handler
    call: ServiceCall
    values: dict[str, Any]

    def begin(self) -> Any:
        """The result, or an awaitable of it."""
        return self.handler(self.call, self.values)


class Front:
    """Answers requests to the other services.

    `region` is that of requests that name none; with `strict`, the scope and the date of signatures are
    checked too; `handlers` finds the handler of a service's operation.
    """

    def __init__(
        self,
        database: Database,
        ids: IdSource,
        *,
        region: str,
        strict: bool,
        handlers: Callable[[str, str], Handler | None] = handler_of,
    ) -> None:
        self._database = database
        self._ids = ids
        self._region = region
        self._strict = strict
        self._handlers = handlers

    def answer(self, request: Request) -> ReadyReply | Awaitable[NoReturn] | None:
        """The reply, or an awaitable that raises it; None if the request is for none of these services."""
        asked = recognised(request)
        if asked is None:
            return None
        request_id = self._ids.next()
        if len(request.body) > _LONG_BODY or b"content-encoding" in request.headers:
            return self._long(asked, request, request_id)
        try:
            readied = self._read(asked, request)
            outcome = readied.begin()
            if isawaitable(outcome):
                return self._later(asked, readied.operation, outcome, request_id)
            return _reply(asked, readied.operation, outcome, request_id)
        except Exception as error:
            return refusal(asked, error, request_id)

    async def _later(
        self, asked: Asked, operation: ServiceOperation, outcome: Awaitable[Any], request_id: str
    ) -> NoReturn:
        try:
            reply = await _long_reply(asked, operation, await outcome, request_id)
        except Exception as error:
            reply = refusal(asked, error, request_id)
        raise reply

    async def _long(self, asked: Asked, request: Request, request_id: str) -> NoReturn:
        try:
            readied = await asyncio.to_thread(self._read, asked, request)
            outcome = readied.begin()
        except Exception as error:
            raise refusal(asked, error, request_id) from None
        await self._later(asked, readied.operation, _awaited(outcome), request_id)

    def _read(self, asked: Asked, request: Request) -> _Readied:
        """Every check, up to the operation."""
        service, speaker = asked.service, _SPEAKERS[asked.language]
        headers = {name: value.rstrip() for name, value in request.headers.items()}
        query = request.url.partition(b"?")[2]
        # The signature.
        claim = authentication.read_claim(headers, query)
        checks = authentication.FORM_CHECKS
        if self._strict:
            checks += authentication.scope_checks(service.signing)
        authentication.check(claim, self._database.clock.now(), checks)
        # The body, and the operation, which a form names inside.
        parsed = speaker.parse(query if request.method == b"GET" else _unpacked(headers, request.body))
        name = asked.operation or speaker.operation(parsed)
        operation = _operation(service, name)
        handler = self._handlers(service.name, name)
        if handler is None:
            raise _unknown(service, name)
        # Types and constraints.
        shape = shape_of(service.name, operation.input)
        values = speaker.read(shape, parsed)
        check(operation, shape, service.refusal, values)
        call = ServiceCall(self._database, claim.region(self._region), claim.scope[0])
        return _Readied(operation, handler, call, values)


def _unpacked(headers: dict[bytes, bytes], body: bytes) -> bytes:
    if len(body) > BODY_BYTES_MAX:
        raise too_large()
    if b"gzip" not in headers.get(b"content-encoding", b"").lower():
        return body
    try:
        return gunzip(body, BODY_BYTES_MAX)
    except zlib.error:
        raise ApiError("SerializationException", "The body is not gzip") from None
    except TooLong:
        raise too_large() from None


def _operation(service: Service, name: str) -> ServiceOperation:
    if not name:
        raise ApiError("MissingActionException", "The request is missing an action or operation.")
    operation = service_model(service.name).operation(name)
    if operation is None:
        raise _unknown(service, name)
    return operation


def _unknown(service: Service, name: str) -> ApiError:
    """The error for an operation that is not served: a client's, or it would try again for minutes."""
    if service.name not in NAMES or name in service_model(service.name).not_served:
        return ApiError("UnknownOperationException", f"Stator does not serve {name} of {service.name}.")
    return ApiError(
        "UnknownOperationException", f"Could not find operation {name} for version {service.version}"
    )


def _size(value: Any) -> int:
    """About how many values a result has."""
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return sum(map(_size, value))
    return len(value) if isinstance(value, list) else 1


async def _awaited(outcome: Any) -> Any:
    return await outcome if isawaitable(outcome) else outcome


async def _long_reply(asked: Asked, operation: ServiceOperation, result: Any, request_id: str) -> ReadyReply:
    if _size(result) > _LONG_RESULT:
        return await asyncio.to_thread(_reply, asked, operation, result, request_id)
    return _reply(asked, operation, result, request_id)


def _reply(asked: Asked, operation: ServiceOperation, result: Any, request_id: str) -> ReadyReply:
    service = asked.service
    shape = None if operation.output is None else shape_of(service.name, operation.output)
    return _SPEAKERS[asked.language].reply(service, operation.name, shape, result or {}, request_id)

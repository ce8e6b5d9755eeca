"""From a request to its reply: the order of checks, readable top to bottom in `_checked`.

Nearly every request is a good one like the one before it on the same connection, so `handle` recognises it
by three look-ups and goes straight to the operation. It accepts nothing that `_checked` would refuse; all
else takes the long way, which is the definition.

    handle ──known target, known credential──> _run ──> reply, or an awaitable for `finish`
       └────────── anything else ──> _checked ──┘

Source: docs/protocol.md, "Request handling order".
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from stator.base.clock import Clock
from stator.base.errors import ApiError, NotHere, serialization
from stator.base.limits import REQUEST_BODY_BYTES_MAX
from stator.operations.request_meter import RequestMeter, Tally, Work
from stator.protocol import authentication, json10
from stator.protocol.compression import TooLong, gunzip
from stator.protocol.http import JSON, JSON_10, TEXT, TOO_LARGE, ReplyWriter, Request, preflight_fields

C = TypeVar("C")
Handler = Callable[[C, Any], Any]  # (call, request) -> bytes | dict | Awaitable[bytes | dict]

RESERVED_PATH: Final = b"/_stator/"
METRICS_PATH: Final = b"/metrics"
_JSON_10_FIELD: Final = JSON_10.encode()
_CONTENT_TYPES: Final = {_JSON_10_FIELD: JSON_10, JSON.encode(): JSON}
_TARGETS: Final = b"DynamoDB"  # how the targets of the pipeline's own operations start
_SIGNATURE_LENGTH: Final = 64  # hex digits, at the end of the Authorization header of every SDK
_CALLS_KEPT_MAX: Final = 1000
_NOT_FOUND: Final = b"<UnknownOperationException/>\n"


class Decoder(Protocol):
    """Reads one operation's request out of a body, or raises the ApiError that AWS would."""

    def decode(self, body: bytes) -> Any:
        """The request."""
        ...


class Operation(Protocol):
    """What the pipeline needs to know of an operation."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def handler(self) -> Callable[..., Any]: ...  # noqa: D102


class OwnReply(NamedTuple):
    """A reply to a request to the server itself."""

    status: int
    body: bytes
    content_type: str = JSON


class ReadyReply(Exception):
    """A reply that was made elsewhere, in the place of an outcome: another process carried the request out.

    Without a `content_type` it has that of the request; without a `request_id` it gets a new one. `fields`
    are further header lines, each ending in CR LF.
    """

    def __init__(
        self,
        status: int,
        body: bytes,
        content_type: str | None = None,
        request_id: str | None = None,
        fields: str = "",
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.content_type = content_type
        self.request_id = request_id
        self.fields = fields


# The reply, None where there is nothing, or an awaitable that ends with a `ReadyReply`.
Reserved = Callable[[Request], OwnReply | Awaitable[Any] | None]
# The same for requests to other services, which are told apart there.
OtherServices = Callable[[Request], ReadyReply | Awaitable[Any] | None]
Elsewhere = Callable[[Request], bytes | Awaitable[Any]]


def nothing_reserved(_request: Request) -> OwnReply | None:
    """What answers requests to the server itself where there is nothing to ask of it."""
    return None


def no_others(_request: Request) -> ReadyReply | None:
    """What answers requests to other services where there are none."""
    return None


class Route(Generic[C]):
    """The way of one operation: its decoder, its handler, and where it is counted (None: nowhere)."""

    __slots__ = ("decode", "handler", "tally")

    def __init__(self, decode: Callable[[bytes], Any], handler: Handler[C], tally: Tally | None) -> None:
        self.decode = decode
        self.handler = handler
        self.tally = tally


class Pipeline(Generic[C]):
    """Answers requests to a set of operations.

    `operations` maps targets (`DynamoDB_20120810.GetItem`) to operations; `decoder` gives the decoder of an
    operation's name; `make_call(region, host)` makes what a handler is given besides its request, which is
    shared by the requests that agree in both. With `strict`, the scope and the date of signatures are
    checked too, not only that there is one. `meter` counts what becomes of requests; None if nobody does.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        *,
        decoder: Callable[[str], Decoder],
        make_call: Callable[[str, str], C],
        replies: ReplyWriter,
        clock: Clock,
        region: str,
        strict: bool = False,
        meter: RequestMeter | None = None,
    ) -> None:
        self._operations = operations
        self._decoder = decoder
        self._make_call = make_call
        self._replies = replies
        self._clock = clock
        self._region = region
        self._strict = strict
        self._meter = meter
        # What answers requests to the server itself: below `/_stator/`, and for `/metrics`.
        self.reserved: Reserved = nothing_reserved
        # What answers requests to other services than DynamoDB.
        self.others: OtherServices = no_others
        # Where a request goes whose handler cannot carry it out here (NotHere).
        self.elsewhere: Elsewhere | None = None
        self._checks = authentication.FORM_CHECKS + (authentication.SCOPE_CHECKS if strict else ())
        # What was found good before: routes by target, calls by (Authorization less the signature, Host).
        self._routes: dict[bytes | None, Route[C]] = {}
        self._calls: dict[tuple[bytes, bytes | None], C] = {}

    def serve(self, operations: Mapping[str, Operation]) -> None:
        """Answer requests to these operations, from the next one on."""
        self._operations = operations
        self._routes.clear()

    def carry_out(self, target: str, region: str, host: str, body: bytes) -> "tuple[Any, Work | None]":
        """Do what a request asks for whose checks another process has made, all before the body's decoding.

        The result as JSON, or an awaitable whose outcome is for `carried_out`, and what that is given with
        it. Raises ReadyReply.
        """
        work = self._begun(body)
        try:
            route = self._route(target.encode("latin-1"))
            asked = route.decode(body)
            if work is not None:
                work.tally, work.asked = route.tally, asked
            result = route.handler(self._make_call(region, host), asked)
        except Exception as error:
            raise self._failure(error, work) from None
        if isinstance(result, bytes | dict):
            self._count(work)
            return encoded(result), None
        return result, work

    def carried_out(self, outcome: "asyncio.Future[Any]", work: "Work | None") -> bytes:
        """The result as JSON of what `carry_out` gave, once it is done. Raises ReadyReply."""
        try:
            result = encoded(outcome.result())
        except (Exception, asyncio.CancelledError) as error:
            raise self._failure(error, work) from None
        self._count(work)
        return result

    def handle(self, request: Request) -> bytes | Awaitable[Any]:
        """The reply's bytes; or an awaitable, whose outcome `finish` turns into the reply."""
        headers = request.headers
        authorization = headers.get(b"authorization", b"")
        route = self._routes.get(headers.get(b"x-amz-target"))
        call = self._calls.get((authorization[:-_SIGNATURE_LENGTH], headers.get(b"host")))
        if (
            route is None
            or call is None
            or request.method != b"POST"
            or request.url != b"/"
            or not request.body
            or headers.get(b"content-type") != _JSON_10_FIELD
            or b"content-encoding" in headers
            or not headers.get(b"x-amz-date")
            or not authorization[-_SIGNATURE_LENGTH:].isalnum()
        ):
            return self._checked(request)
        return self._run(request, route, call, JSON_10)

    def finish(self, request: Request, outcome: "asyncio.Future[Any]") -> bytes:
        """The reply's bytes, once the awaitable that `handle` gave for `request` is done."""
        work: Work | None = request.work
        try:
            body = encoded(outcome.result())
        except (Exception, asyncio.CancelledError) as error:
            return self._refused(request, error, work)
        self._count(work)
        request_id = self._told(request, work)
        return self._replies.write(request, 200, body, _reply_type(request), request_id=request_id)

    def _checked(self, request: Request) -> bytes | Awaitable[Any]:
        """Every check, in AWS's order (§2 of the source, numbered as there)."""
        headers = request.headers = {name: value.rstrip() for name, value in request.headers.items()}
        method, body = request.method, request.body
        path, _, query = request.url.partition(b"?")
        try:
            # 3. What is not a call of an operation.
            if method == b"OPTIONS" and b"origin" in headers:
                return self._preflight(request)
            if path.startswith(RESERVED_PATH) or (path == METRICS_PATH and method == b"GET"):
                return self._own(request)
            if not headers.get(b"x-amz-target", b"").startswith(_TARGETS):
                other = self.others(request)
                if other is not None:
                    return self._refused(request, other) if isinstance(other, ReadyReply) else other
            if method == b"GET":
                return self._healthy(request)
            if method != b"POST" or (body and _content_type(request) is None):
                return self._not_found(request)
            # 4. The body, if there is one.
            if body and b"gzip" in headers.get(b"content-encoding", b"").lower():
                body = request.body = _unpacked(body)
            if body:
                json10.check_object(body)
            # 5. The target.
            route = self._route(headers.get(b"x-amz-target", b""))
            # 6. The signature.
            claim = authentication.read_claim(headers, query)
            authentication.check(claim, self._clock.now(), self._checks)
            call = self._call(claim, headers)
            # 7. No body.
            if not body:
                raise serialization()
        except TooLong:
            request.keep_alive = False
            return TOO_LARGE
        except ApiError as error:
            return self._refused(request, error, self._begun(body))
        # 8 and 9. Types, constraints, and the action.
        return self._run(request, route, call, _reply_type(request))

    def _run(self, request: Request, route: Route[C], call: C, content_type: str) -> bytes | Awaitable[Any]:
        meter = self._meter
        started = 0.0 if meter is None else meter.meter.start()
        asked = None
        try:
            asked = route.decode(request.body)
            result = route.handler(call, asked)
            if type(result) is not bytes:
                if not isinstance(result, dict):
                    if meter is not None:
                        request.work = Work(route.tally, asked, request.body, started)
                    return result  # type: ignore[no-any-return]
                result = json10.encode(result)
        except Exception as error:
            if self.elsewhere is not None and isinstance(error, NotHere):
                return self.elsewhere(request)
            work = None if meter is None else Work(route.tally, asked, request.body, started)
            return self._refused(request, error, work)
        if meter is None or route.tally is None:
            return self._replies.write(request, 200, result, content_type)
        request_id = None
        meter.answered(route.tally, asked, started)
        if meter.meter.observers:
            request_id = self._told(request, Work(route.tally, asked, request.body, started))
        second = meter.meter.second
        return self._replies.write(request, 200, result, content_type, "", request_id, second)

    # What is counted of requests, and told of them.

    def _begun(self, body: bytes) -> Work | None:
        """The work of a request, from now on, if anybody counts."""
        return None if self._meter is None else Work(None, None, body, self._meter.meter.start())

    def _count(self, work: Work | None) -> None:
        """Count a request that was carried out."""
        if self._meter is not None and work is not None and work.tally is not None:
            self._meter.answered(work.tally, work.asked, work.started)

    def _told(self, request: Request, work: Work | None, refusal: ReadyReply | None = None) -> str | None:
        """Tell of a request that is being answered, if anybody wants to know; its id, if that is known."""
        request_id = None if refusal is None else refusal.request_id
        if self._meter is None or work is None or not self._meter.meter.observers:
            return request_id
        request_id = request_id or self._replies.request_id()
        name = None if refusal is None else json10.error_name(refusal.body)
        status = 200 if refusal is None else refusal.status
        self._meter.observe(work, status, name, request_id, request.headers)
        return request_id

    def _failure(self, error: BaseException, work: Work | None) -> ReadyReply:
        """What a client is told of an error; one that another process was told of is as it should be."""
        if isinstance(error, ReadyReply):
            return error
        if self._meter is not None and work is not None:
            self._meter.failed(work, error)
        request_id = self._replies.request_id()
        status, body = json10.failure(error, request_id)
        return ReadyReply(status, body, request_id=request_id)

    def _route(self, target: bytes) -> Route[C]:
        route = self._routes.get(target)
        if route is None:
            operation = self._operations.get(target.decode("latin-1"))
            if operation is None:
                raise ApiError("UnknownOperationException", None)
            tally = None if self._meter is None else self._meter.tally(operation.name)
            route = Route(self._decoder(operation.name).decode, operation.handler, tally)
            self._routes[target] = route
        return route

    def _call(self, claim: authentication.Claim, headers: Mapping[bytes, bytes]) -> C:
        host = headers.get(b"host")
        call = self._make_call(claim.region(self._region), (host or b"").decode("latin-1"))
        unsigned = headers.get(b"authorization", b"")[:-_SIGNATURE_LENGTH]
        # A strict check depends on the date too, so nothing is found good for ever. Where the signature is
        # not the header's end, what stands before it would not tell the header.
        if not self._strict and unsigned.endswith(b"Signature="):
            if len(self._calls) >= _CALLS_KEPT_MAX:
                self._calls.clear()
            self._calls[unsigned, host] = call
        return call

    def _refused(self, request: Request, error: BaseException, work: Work | None = None) -> bytes:
        told = self._failure(error, work)
        kind = told.content_type or _reply_type(request)
        request_id = self._told(request, work, told)
        return self._replies.write(request, told.status, told.body, kind, told.fields, request_id)

    def _not_found(self, request: Request) -> bytes:
        return self._replies.write(request, 404, _NOT_FOUND, None)

    def _own(self, request: Request) -> bytes | Awaitable[Any]:
        try:
            reply = self.reserved(request)
        except Exception as error:
            return self._refused(request, error)
        if reply is None:
            return self._not_found(request)
        if not isinstance(reply, OwnReply):
            return reply
        return self._replies.write(request, reply.status, reply.body, reply.content_type)

    def _healthy(self, request: Request) -> bytes:
        text = f"healthy: dynamodb.{self._region}.amazonaws.com "
        return self._replies.write(request, 200, text.encode(), TEXT)

    def _preflight(self, request: Request) -> bytes:
        return self._replies.write(request, 200, b"", None, preflight_fields(request.headers))


def _content_type(request: Request) -> str | None:
    """The request's content type, if operations speak it."""
    field = request.headers.get(b"content-type", b"")
    return _CONTENT_TYPES.get(field) or _CONTENT_TYPES.get(field.partition(b";")[0].strip().lower())


def _reply_type(request: Request) -> str:
    return _content_type(request) or JSON


def _unpacked(body: bytes) -> bytes:
    try:
        return gunzip(body, REQUEST_BODY_BYTES_MAX)
    except zlib.error:
        raise serialization() from None


def encoded(result: Any) -> bytes:
    """What a handler has answered, as JSON."""
    return result if type(result) is bytes else json10.encode(result)

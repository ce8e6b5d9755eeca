"""The application around a service: request ids, logs, errors in one form, liveness; and its server."""

import http
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import uvicorn
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common import logs
from services.common.errors import FieldError, Invalid, ServiceError, translate
from services.common.time_ids import Ids, RandomIds

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

REQUEST_ID: Final = "X-Request-Id"
LIVENESS: Final = "/health/live"
_ID_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_QUIET_SECONDS_MAX = 5


def make_app(
    title: str,
    version: str,
    routers: Iterable[APIRouter],
    *,
    variables: Mapping[str, str],
    state: Mapping[str, Any] | None = None,
    lifespan: Lifespan | None = None,
    ids: Ids | None = None,
    description: str = "",
) -> FastAPI:
    """An application.

    `variables` are the names of settings by subject, for messages (see Database.variables). `state` is what
    the routes find in `request.app.state`.
    """
    app = FastAPI(
        title=title,
        version=version,
        description=description,
        lifespan=lifespan or _no_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # see common.telemetry
    )
    for name, value in (state or {}).items():
        setattr(app.state, name, value)
    for router in routers:
        app.include_router(router)
    app.add_api_route(LIVENESS, _live, include_in_schema=False)
    _handle_errors(app, variables)
    app.add_middleware(_Observe, ids=ids or RandomIds(), variables=variables)
    return app


def serve(app: FastAPI, *, name: str, host: str, port: int) -> None:
    """Serve until told to stop; port 0 is any free one. Standard output gets one line when it listens.

    Requests under way are finished first. Then the process ends in order, so what runs at its exit does.
    """
    signal.signal(signal.SIGTERM, _end)  # uvicorn has its own while it runs, and then raises it again
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, reuse_port=False)
    shown = f"[{host}]" if ":" in host else host
    print(f"{name} listens on http://{shown}:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=_QUIET_SECONDS_MAX
    )
    uvicorn.Server(config).run(sockets=[listener])


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


@asynccontextmanager
async def _no_lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


def _live() -> dict[str, str]:
    return {"status": "ok"}


class _Observe:
    """ASGI middleware: gives each request an id, logs it, and answers what nothing else has caught."""

    def __init__(self, app: ASGIApp, ids: Ids, variables: Mapping[str, str]) -> None:
        self._app, self._ids, self._variables = app, ids, variables

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        identifier = given if _ID_ACCEPTED.fullmatch(given) else self._ids.new()
        token = logs.request_id.set(identifier)
        try:
            await self._answer(scope, receive, send, identifier)
        finally:
            logs.request_id.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, identifier: str) -> None:
        began, status = time.perf_counter(), 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = identifier
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception as error:
            if status:
                raise
            await _failed(error, self._variables)(scope, receive, observed)
        logs.REQUESTS.info(
            "%s %s",
            scope["method"],
            scope["path"],
            extra=logs.fields(
                method=scope["method"],
                path=scope["path"],
                status=status,
                milliseconds=round((time.perf_counter() - began) * 1000, 2),
            ),
        )


def _handle_errors(app: FastAPI, variables: Mapping[str, str]) -> None:
    @app.exception_handler(ServiceError)
    async def ours(_: Request, error: ServiceError) -> Response:
        return _reply(error) if error.status < 500 else _failed(error, variables)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return _reply(Invalid(*map(_field_error, error.errors())))

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Response:
        if error.status_code == http.HTTPStatus.BAD_REQUEST:  # a body that is not even text
            return _reply(Invalid(FieldError("body", _TEXTS["json_invalid"])))
        phrase = http.HTTPStatus(error.status_code).phrase
        body = {"error": phrase.lower().replace(" ", "_"), "message": str(error.detail)}
        return _json(error.status_code, body, error.headers or {})

    @app.exception_handler(ClientError)
    @app.exception_handler(BotoCoreError)
    async def database(_: Request, error: Exception) -> Response:
        return _failed(error, variables)


def _failed(error: Exception, variables: Mapping[str, str]) -> Response:
    """The reply to a failure, which is logged with its stack unless it is the client's."""
    told = error if isinstance(error, ServiceError) else translate(error, variables)
    if told.status >= 500:
        logs.ERRORS.error(
            "%s",
            told.message,
            extra=logs.fields(status=int(told.status), exception=type(error).__name__),
            exc_info=error,
        )
    return _reply(told)


def _reply(error: ServiceError) -> Response:
    return _json(error.status, error.body(), {"Retry-After": "1"} if error.status == 503 else {})


def _json(status: int, body: dict[str, Any], headers: Mapping[str, str]) -> Response:
    return JSONResponse({**body, "request_id": logs.request_id.get()}, status, dict(headers))


# Where a request keeps its parts; a field of the body is named without it.
_PLACES = {"body", "query", "path", "header"}
# By the type of pydantic's error; of others, its own words.
_TEXTS = {
    "missing": "must be given",
    "extra_forbidden": "is not a field",
    "json_invalid": "must be JSON",
    "string_type": "must be a text",
    "string_too_short": "must not be shorter than {min_length}",
    "string_too_long": "must not be longer than {max_length}",
    "string_pattern_mismatch": "does not have the right form",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "decimal_max_places": "must not have more than {decimal_places} decimals",
}


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place = [str(part) for part in error["loc"]]
    path = place[1:] if place and place[0] in _PLACES else place
    if error["type"] == "json_invalid":
        path = []
    text = _TEXTS.get(error["type"])
    if text is None:
        text = str(error["msg"]).removeprefix("Value error, ")
    else:
        text = text.format(**error.get("ctx", {}))
    return FieldError(".".join(path) or "body", text)

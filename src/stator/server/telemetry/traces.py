"""A span of each request, for OpenTelemetry; imported only by servers that are asked for traces.

A span is made when its request has been answered, and sent in batches by a thread of the SDK, so nothing
waits for the collector. If it cannot be reached, spans are dropped and the log says so. Sampling, limits,
headers and names of the resource are the SDK's business, which reads them from the `OTEL_*` variables.

A span goes on from the caller's: `traceparent` (W3C), else `X-Amzn-Trace-Id` (AWS X-Ray).

Source: OpenTelemetry's semantic conventions for AWS DynamoDB, for database spans and for HTTP.
"""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stator import __version__
from stator.server.config import BY_VARIABLES
from stator.tables.observation import Observation

_PATH: Final = "/v1/traces"
_FLUSH_SECONDS: Final = 3.0  # for which a stopping server waits for the collector
_SERVER_FAULT: Final = 500
_XRAY_FIELD: Final = "X-Amzn-Trace-Id"

_w3c: Final = TraceContextTextMapPropagator()
_xray: Final = AwsXRayPropagator()


class Traces:
    """Sends spans to the collector at `endpoint`, or where the variables say."""

    def __init__(self, endpoint: str) -> None:
        ours = Resource({"service.name": "stator", "service.version": __version__})
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
        resource = Resource.create(dict(ours.merge(OTELResourceDetector().detect()).attributes))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=_url(endpoint))))
        self._tracer = self._provider.get_tracer("stator", __version__)

    def __call__(self, observation: Observation) -> None:
        """Make the span of a request."""
        began = int(observation.started * 1e9)
        span = self._tracer.start_span(
            f"DynamoDB.{observation.operation}" if observation.operation else "DynamoDB",
            _parent(observation.headers),
            SpanKind.SERVER,
            _attributes(observation),
            start_time=began,
        )
        if observation.status >= _SERVER_FAULT:
            span.set_status(Status(StatusCode.ERROR, observation.error))
        span.end(began + int(observation.seconds * 1e9))

    async def close(self) -> None:
        """Send what there is, as far as the collector takes it soon."""
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # Nobody waits any more.
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=shut_down, daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                await sent.wait()


def _url(endpoint: str) -> str | None:
    """Where spans are sent; None leaves it to the variables. As there, a collector's URL has no path."""
    if endpoint == BY_VARIABLES:
        return None
    return endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH


def _parent(headers: Mapping[bytes, bytes]) -> Context:
    """The caller's span; an empty context if the header fields name none."""
    carrier = {
        name: headers[name.encode()].decode("latin-1")
        for name in ("traceparent", "tracestate")
        if name.encode() in headers
    }
    context = _w3c.extract(carrier, Context())
    if not get_current_span(context).get_span_context().is_valid:
        field = headers.get(_XRAY_FIELD.lower().encode())
        if field is not None:
            return _xray.extract({_XRAY_FIELD: field.decode("latin-1")}, Context())
    return context


def _attributes(observation: Observation) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "db.system.name": "aws.dynamodb",
        "http.request.method": "POST",
        "http.response.status_code": observation.status,
        "aws.request_id": observation.request_id,
    }
    if observation.operation:
        attributes["db.operation.name"] = observation.operation
    if observation.tables:
        attributes["aws.dynamodb.table_names"] = observation.tables
    if len(observation.tables) == 1:
        attributes["db.collection.name"] = observation.tables[0]
    if observation.error is not None:
        attributes["error.type"] = observation.error
    return attributes

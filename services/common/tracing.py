"""The spans of requests and of database calls; loaded only where `telemetry` is asked for it."""

from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_tracer = trace.get_tracer("services")


def start(service: str, endpoint: str) -> None:
    """Export the spans of this process to a collector at `endpoint`, by OTLP over HTTP."""
    provider = TracerProvider(
        id_generator=AwsXRayIdGenerator(), resource=Resource.create({"service.name": service})
    )
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces"))
    )
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(AwsXRayPropagator())


class TraceRequests:
    """ASGI middleware: a span for each request, which continues the caller's trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The propagator looks for its header in the spelling X-Amzn-Trace-Id; servers pass on small letters.
        carrier = {
            name.decode("latin-1").title(): value.decode("latin-1") for name, value in scope["headers"]
        }
        context = propagate.extract(carrier)
        with _tracer.start_as_current_span(
            f"{scope['method']} {scope['path']}", context, SpanKind.SERVER
        ) as span:
            span.set_attribute("http.request.method", scope["method"])
            span.set_attribute("url.path", scope["path"])

            async def observed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            await self._app(scope, receive, observed)


def trace_calls(client: Any) -> None:
    """A span for each call of a client, whose trace goes on in the header of the call."""
    service = client.meta.service_model.service_id.hyphenize()
    events = client.meta.events
    events.register(f"before-call.{service}", _call_begins)
    events.register(f"after-call.{service}", _call_ends)
    events.register(f"after-call-error.{service}", _call_fails)


def _call_begins(model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    span = _tracer.start_span(f"DynamoDB.{model.name}", kind=SpanKind.CLIENT)
    span.set_attribute("db.system.name", "aws.dynamodb")
    span.set_attribute("db.operation.name", model.name)
    context["span"] = span
    propagate.inject(params["headers"], trace.set_span_in_context(span))


def _call_ends(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    span: Span | None = context.pop("span", None)
    if span is not None:
        metadata = parsed.get("ResponseMetadata", {})
        span.set_attribute("http.response.status_code", metadata.get("HTTPStatusCode", 0))
        span.set_attribute("http.request.resend_count", metadata.get("RetryAttempts", 0))
        if "Error" in parsed:
            span.set_status(Status(StatusCode.ERROR, parsed["Error"].get("Code")))
        span.end()


def _call_fails(exception: Exception, context: dict[str, Any], **_: Any) -> None:
    span: Span | None = context.pop("span", None)
    if span is not None:
        span.record_exception(exception)
        span.set_status(Status(StatusCode.ERROR))
        span.end()

"""Traces by OpenTelemetry, for those who set OTEL_EXPORTER_OTLP_ENDPOINT; nothing of it is loaded otherwise.

Ids and the header X-Amzn-Trace-Id are AWS X-Ray's, so a trace goes on through load balancers, services and
the database. Each request is a span, and each call of the database one inside it.
"""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from services.common.dynamodb import Observer
from services.common.settings import ServerSettings


def observers(service: str, settings: ServerSettings) -> tuple[Observer, ...]:
    """Set up the traces of this process, if asked for; what clients of the database are observed by."""
    if settings.telemetry_endpoint is None:
        return ()
    from services.common import tracing

    tracing.start(service, settings.telemetry_endpoint)
    return (tracing.trace_calls,)


def instrument(app: FastAPI, settings: ServerSettings) -> None:
    """Trace the requests of an application, if asked for."""
    if settings.telemetry_endpoint is not None:
        from services.common import tracing

        middleware: Callable[..., Any] = tracing.TraceRequests
        app.add_middleware(middleware)

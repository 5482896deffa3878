"""Where spans, measurements and log lines go: as OpenTelemetry's own variables and WHENCE_LOG say."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import metrics, trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import ConfigError
from kg.telemetry.log import note

FASTAPI: TelemetryConfig = {"logs": False, "operation_spans": False, "auto_configure": False}
"""Of what FastAPI tells by itself the span and the measurements of each request; its logs repeat what was sent."""
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HIDDEN = "REDACTED"
EXIT_S = 3.0
"""So long waits a command that is done for a receiver that is not there; OTEL_EXPORTER_OTLP_TIMEOUT goes before it."""
_PERSONAL = ("url.path", "url.query")
"""Names of entities and what is looked for may be personal; the route says what was called."""


def export(environment: Mapping[str, str]) -> None:
    """Send spans and measurements, if the environment says where to and nothing has set that up already.

    Raises ConfigError where it cannot be done.
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    wanted = {signal: _exporter(signal, environment) for signal in ("TRACES", "METRICS")}
    if not any(wanted.values()):
        return
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError as exc:
        raise ConfigError(
            "the environment asks for OpenTelemetry, whose SDK is not installed: pip install 'whence[otel]', "
            "or set OTEL_SDK_DISABLED=true"
        ) from exc
    if (kind := wanted["TRACES"]) and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        _export_spans(kind)
    if (kind := wanted["METRICS"]) and type(metrics.get_meter_provider()).__name__ == "_ProxyMeterProvider":
        _export_measurements(kind)


def _exporter(signal: str, environment: Mapping[str, str]) -> str:
    """``otlp``, ``console``, or nothing. Raises ConfigError for what Whence does not bring."""
    named = environment.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
    somewhere = environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or environment.get(ENDPOINT)
    kind = named or ("otlp" if somewhere else "none")
    if kind not in ("otlp", "console", "none"):
        raise ConfigError(f"OTEL_{signal}_EXPORTER: {named!r} is not otlp, console or none")
    protocol = environment.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL") or environment.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"
    )
    if kind == "otlp" and protocol != "http/protobuf":
        raise ConfigError(f"OTEL_EXPORTER_OTLP_PROTOCOL: {protocol!r} is not http/protobuf, in which Whence sends")
    return "" if kind == "none" else kind


def _resource() -> Any:
    from opentelemetry.sdk.resources import Resource

    return Resource.create({} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "whence"})


def _patience(signal: str) -> float | None:
    set_already = os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") or os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT")
    return None if set_already else EXIT_S


def _export_spans(kind: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    provider = TracerProvider(resource=_resource())
    provider.add_span_processor(
        BatchSpanProcessor(
            OTLPSpanExporter(timeout=_patience("TRACES")) if kind == "otlp" else ConsoleSpanExporter(out=sys.stderr)
        )
    )
    trace.set_tracer_provider(provider)


def _export_measurements(kind: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader

    reader = PeriodicExportingMetricReader(
        OTLPMetricExporter(timeout=_patience("METRICS")) if kind == "otlp" else ConsoleMetricExporter(out=sys.stderr)
    )
    metrics.set_meter_provider(MeterProvider([reader], resource=_resource()))


class Requests:
    """A log line a request, by its route; and nothing personal in the span that FastAPI makes of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        span = trace.get_current_span()
        if span.is_recording():
            span.set_attributes(dict.fromkeys(_PERSONAL, HIDDEN))

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            ms = round((time.perf_counter() - began) * 1000, 3)
            note("request", method=scope["method"], route=route, status=status, ms=ms)

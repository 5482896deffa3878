"""Where spans and measurements go: as OpenTelemetry's own variables say."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from opentelemetry import metrics, trace

from kg.errors import ConfigError

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
EXIT_S = 3.0
"""So long waits a command that is done for a receiver that is not there; OTEL_EXPORTER_OTLP_TIMEOUT goes before it."""


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

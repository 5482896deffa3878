"""One call of a model as a CLIENT span, and as measurements of OpenTelemetry."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import metrics, trace
from opentelemetry.metrics import Counter, Histogram, MeterProvider
from opentelemetry.trace import Span, SpanKind, TracerProvider

from kg.domain.completion import ModelSpec, Reply, Request
from kg.telemetry import conventions as names
from kg.telemetry.conventions import Conventions
from kg.telemetry.spans import SCOPE, failed

PORTS = {"http": 80, "https": 443}
AZURE = ".openai.azure.com"


class Call:
    """One call under way."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.reply: Reply | None = None


class Calls:
    """Tells of calls in the names of these conventions; to the global providers, if no others are given."""

    def __init__(
        self, conventions: Conventions, tracing: TracerProvider | None = None, metering: MeterProvider | None = None
    ) -> None:
        self._names = conventions
        self._tracer = trace.get_tracer(SCOPE, tracer_provider=tracing)
        meter = metrics.get_meter(SCOPE, meter_provider=metering)
        self._seconds = meter.create_histogram(
            conventions.duration, "s", "How long calls take.", explicit_bucket_boundaries_advisory=names.SECONDS
        )
        self._tokens: dict[str, Counter | Histogram] = {}
        for kind, name in conventions.tokens.items():
            self._tokens[kind] = (
                meter.create_histogram(
                    name, "{token}", "Tokens of calls.", explicit_bucket_boundaries_advisory=names.TOKENS
                )
                if conventions.typed
                else meter.create_counter(name, "{token}", "Tokens of calls.")
            )

    @contextmanager
    def call(self, request: Request, spec: ModelSpec) -> Iterator[Call]:
        """Around the call; whoever makes it leaves the ``reply``."""
        common = _common(spec)
        began = time.perf_counter()
        with self._tracer.start_as_current_span(
            f"chat {spec.model}",
            kind=SpanKind.CLIENT,
            attributes=common,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            call, error = Call(span), {}
            if span.is_recording():
                span.set_attributes(self._asked(request, spec))
            try:
                yield call
            except BaseException as exc:
                failed(span, exc)
                error = {names.ERROR_TYPE: getattr(exc, "code", type(exc).__name__)}
                raise
            finally:
                self._seconds.record(time.perf_counter() - began, {**common, **error})
                if call.reply is not None:
                    self._replied(call.reply, span, common)

    def _asked(self, request: Request, spec: ModelSpec) -> dict[str, Any]:
        told: dict[str, Any] = {names.STREAM: True, names.OUTPUT_TYPE: "json", names.PURPOSE: request.purpose}
        told[names.MODEL_NAME] = spec.name
        told |= {key: request.parameters[name] for name, key in names.PARAMETERS.items() if name in request.parameters}
        if (used := request.prompt) is not None:
            told[self._names.prompt_name] = used.version.name
            told[self._names.prompt_version] = str(used.version.number)
            told[names.PROMPT_HASH] = used.version.hash
            told |= {} if used.label is None else {names.PROMPT_LABEL: used.label}
        if self._names.content:
            told[names.INSTRUCTIONS] = json.dumps([_part(request.system)], ensure_ascii=False)
            told[names.INPUT] = json.dumps([{"role": "user", "parts": [_part(request.user)]}], ensure_ascii=False)
        return told

    def _replied(self, reply: Reply, span: Span, common: dict[str, Any]) -> None:
        counted = {kind: count for kind, count in asdict(reply.tokens).items() if count is not None}
        for kind in counted.keys() & self._tokens.keys():
            typed = {names.TOKEN_TYPE: kind} if self._names.typed else {}
            instrument = self._tokens[kind]
            if isinstance(instrument, Histogram):
                instrument.record(counted[kind], {**common, **typed})
            else:
                instrument.add(counted[kind], {**common, **typed})
        if not span.is_recording():
            return
        span.set_attributes({names.USAGE[kind]: count for kind, count in counted.items()})
        span.set_attributes({names.RESPONSE_MODEL: reply.model, names.FINISH: [reply.finish]})
        span.set_attributes({names.COST: reply.cost, names.REQUESTS: reply.calls})
        if reply.id:
            span.set_attribute(names.RESPONSE_ID, reply.id)
        if self._names.content:
            said = [{"role": "assistant", "parts": [_part(reply.text)], "finish_reason": reply.finish}]
            span.set_attribute(names.OUTPUT, json.dumps(said, ensure_ascii=False))


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _common(spec: ModelSpec) -> dict[str, Any]:
    """What spans and measurements of one model have alike."""
    server = urlsplit(spec.base_url)
    told: dict[str, Any] = {names.OPERATION: "chat", names.PROVIDER: _provider(spec, server.hostname or "")}
    told[names.REQUEST_MODEL] = spec.model
    if server.hostname:
        told |= {names.ADDRESS: server.hostname, names.PORT: server.port or PORTS[server.scheme]}
    return told


def _provider(spec: ModelSpec, host: str) -> str:
    """Whose interface it is, which is all that is known of a compatible server."""
    if spec.scripted:
        return "scripted"
    return "azure.ai.openai" if host.endswith(AZURE) else "openai"

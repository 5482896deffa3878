"""What is told of each request: a span, measurements and a log line, with nothing personal in them."""

from __future__ import annotations

import time

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.telemetry.log import note

FASTAPI: TelemetryConfig = {"logs": False, "operation_spans": False, "auto_configure": False}
"""Of what FastAPI tells by itself the span and the measurements of each request; its logs repeat what was sent."""
HIDDEN = "REDACTED"
_PERSONAL = ("url.path", "url.query")
"""Names of entities and what is looked for may be personal; the route says what was called."""


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

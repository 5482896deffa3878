"""A model whose calls are told to OpenTelemetry; nearest to the server, so that each call is one that was made."""

from __future__ import annotations

from kg.domain.completion import ModelSpec, Reply, Request
from kg.ports.model import Model
from kg.telemetry.calls import Calls


class Traced:
    """One span for each request with all its tries."""

    def __init__(self, model: Model, calls: Calls) -> None:
        self._model = model
        self._calls = calls

    @property
    def spec(self) -> ModelSpec:
        return self._model.spec

    def complete(self, request: Request) -> Reply:
        with self._calls.call(request, self.spec) as call:
            call.reply = self._model.complete(request)
            return call.reply

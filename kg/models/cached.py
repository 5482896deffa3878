"""A model that gives a reply again when it is asked the same again."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import replace

from kg.domain.completion import ModelSpec, Reply, Request
from kg.ports.model import Model


def request_hash(request: Request, spec: ModelSpec) -> str:
    """``sha256:`` over everything that changes the answer: model, interface, messages, schema and parameters."""
    content = {
        "base_url": spec.base_url,
        "model": spec.model,
        "api": spec.api,
        "structured": spec.structured,
        "system": request.system,
        "user": request.user,
        "schema": dict(request.schema),
        "parameters": dict(request.parameters),
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


class Cached:
    """Keeps the replies used last, so many of them. What comes from here cost nothing and made no call."""

    def __init__(self, model: Model, most: int) -> None:
        self._model = model
        self._most = most
        self._held: OrderedDict[str, Reply] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def spec(self) -> ModelSpec:
        return self._model.spec

    def complete(self, request: Request) -> Reply:
        key = request_hash(request, self.spec)
        with self._lock:
            if (held := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return replace(held, cost=0.0, calls=0, ms=0.0)
        reply = self._model.complete(request)
        with self._lock:
            self._held[key] = reply
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return reply

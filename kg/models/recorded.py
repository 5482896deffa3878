"""A model that remembers what it was asked and what it said: what a decision keeps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from kg.domain.completion import ModelSpec, Reply, Request, Tokens
from kg.errors import ModelError
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


@dataclass(frozen=True, slots=True)
class Call:
    """One request and what came of it."""

    purpose: str
    request: str
    """Hash of it."""
    model: str
    """As the provider reports it; as the entry names it, where no reply came."""
    text: str = ""
    """The reply as it came."""
    reply_id: str = ""
    finish: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    cost: float = 0.0
    calls: int = 0
    ms: float = 0.0
    error: str | None = None
    """Code of the error, where no reply came."""

    def document(self) -> dict[str, Any]:
        """As a decision records it."""
        return {
            "purpose": self.purpose,
            "request": self.request,
            "model": self.model,
            "text": self.text,
            "reply_id": self.reply_id,
            "finish": self.finish,
            "tokens": {"input": self.tokens.input, "output": self.tokens.output, "cached": self.tokens.cached},
            "cost": self.cost,
            "calls": self.calls,
            "ms": round(self.ms, 1),
            "error": self.error,
        }


class Recorded:
    """One for each decision: ``calls`` are in the order in which they were made."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.calls: list[Call] = []

    @property
    def spec(self) -> ModelSpec:
        return self._model.spec

    def complete(self, request: Request) -> Reply:
        key = request_hash(request, self.spec)
        try:
            reply = self._model.complete(request)
        except ModelError as exc:
            self.calls.append(Call(request.purpose, key, self.spec.model, error=exc.code))
            raise
        self.calls.append(
            Call(
                request.purpose,
                key,
                reply.model,
                reply.text,
                reply.id,
                reply.finish,
                reply.tokens,
                reply.cost,
                reply.calls,
                reply.ms,
            )
        )
        return reply

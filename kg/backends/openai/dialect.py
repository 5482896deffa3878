"""How a server is asked, and what it has said that it does not take."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from typing import Literal as OneOf

from kg.domain.completion import ModelSpec, Request
from kg.models.form import is_strict

Structured = OneOf["schema", "object", "none"]
WEAKER: dict[Structured, Structured] = {"schema": "object", "object": "none"}
OPTIONAL = ("stream_options", "seed", "temperature", "top_p")
"""Parts of a request that are left out where a server names them as what it does not take."""
_FINAL = re.compile(r"invalid schema|context.?(length|window)|maximum context|too many tokens", re.IGNORECASE)
"""Rejections of the request itself, which no other way of asking mends."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of asking."""

    structured: Structured
    without: frozenset[str] = frozenset()
    long_name: bool = False
    """Whether the length of a reply is bounded by ``max_completion_tokens``."""

    def weaker(self, rejected: str, body: dict[str, Any]) -> Dialect | None:
        """What to try after these words of a server that rejected the body; ``None`` if there is nothing."""
        if _FINAL.search(rejected):
            return None
        if "max_tokens" in body and "max_completion_tokens" in rejected:
            return replace(self, long_name=True)
        for name in OPTIONAL:
            if name in body and re.search(rf"\b{name}\b", rejected):
                return replace(self, without=self.without | {name})
        if self.structured == "none":
            return None
        return replace(self, structured=WEAKER[self.structured])

    def body(self, request: Request, spec: ModelSpec) -> dict[str, Any]:
        """The request as the interface of this model takes it."""
        told = "" if self.structured == "schema" else _told(request)
        system, user = _sendable(request.system + told), _sendable(request.user)
        given = dict(request.parameters)
        if "max_tokens" in given:
            given["max_tokens"] += spec.thinking_tokens
        if spec.api == "responses":
            body = self._responses(request, system, user, given)
        else:
            body = self._chat(request, system, user, given)
        return {"model": spec.model, "stream": True} | {k: v for k, v in body.items() if k not in self.without}

    def _chat(self, request: Request, system: str, user: str, given: dict[str, Any]) -> dict[str, Any]:
        if self.long_name and "max_tokens" in given:
            given["max_completion_tokens"] = given.pop("max_tokens")
        body: dict[str, Any] = {
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "stream_options": {"include_usage": True},
            **given,
        }
        if self.structured == "schema":
            body["response_format"] = {"type": "json_schema", "json_schema": _named(request)}
        elif self.structured == "object":
            body["response_format"] = {"type": "json_object"}
        return body

    def _responses(self, request: Request, system: str, user: str, given: dict[str, Any]) -> dict[str, Any]:
        if "max_tokens" in given:
            given["max_output_tokens"] = given.pop("max_tokens")
        given.pop("seed", None)
        # The provider is not to keep it.
        body: dict[str, Any] = {"instructions": system, "input": user, "store": False, **given}
        if self.structured == "schema":
            body["text"] = {"format": {"type": "json_schema", **_named(request)}}
        elif self.structured == "object":
            body["text"] = {"format": {"type": "json_object"}}
        return body


def _named(request: Request) -> dict[str, Any]:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", str(request.schema.get("title", "") or "reply"))[:64]
    return {"name": name, "schema": dict(request.schema), "strict": is_strict(request.schema)}


def _told(request: Request) -> str:
    schema = json.dumps(dict(request.schema), ensure_ascii=False, separators=(",", ":"))
    return f"\n\nReply with one JSON object and nothing else. It must fit this JSON Schema:\n{schema}"


def _sendable(text: str) -> str:
    """Without halves of characters, which no JSON text can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")

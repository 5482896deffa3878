"""What came back, put together: events of a stream or one whole object, of either interface.

Everything is read as plain JSON of unknown form. What is not as the interface has it raises one of ``UNREADABLE``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kg.domain.completion import Tokens
from kg.errors import ModelMalformed, ModelRefused, ModelUnavailable

UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError)
"""What reading an object of another form than expected raises."""


@dataclass(slots=True)
class Said:
    """What a server said so far."""

    parts: list[str] = field(default_factory=list)
    refused: bool = False
    finish: str | None = None
    id: str = ""
    model: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    heard: bool = False
    """Whether anything came that can be read."""

    def text(self, name: str) -> str:
        """The whole text. Raises ModelRefused or ModelMalformed where there is none, or a part only."""
        if self.refused or self.finish == "content_filter":
            raise ModelRefused(f"{name} refused to answer")
        if not self.heard:
            raise ModelMalformed(f"what {name} replied is nothing of a model's interface: is its base_url right?")
        if self.finish == "length":
            raise ModelMalformed(
                f"the reply of {name} was cut off at its longest: raise max_tokens of the prompt,"
                " or thinking_tokens of the model"
            )
        if self.finish is None:
            raise ModelMalformed(f"the reply of {name} was cut off: it did not say that it had ended")
        if self.finish != "stop":
            raise ModelMalformed(f"the reply of {name} ended with {self.finish[:40]!r}")
        if not (text := "".join(self.parts)).strip():
            raise ModelMalformed(f"the reply of {name} is empty")
        return text


def read_chat(events: Iterable[Any], said: Said) -> None:
    """Chunks of a chat completion, or one completion."""
    for event in events:
        said.id, said.model = event.get("id") or said.id, event.get("model") or said.model
        if usage := event.get("usage"):
            said.tokens = _tokens(usage, "prompt_tokens", "completion_tokens")
        choices = event["choices"]
        if not choices:  # The last chunk of a stream has the usage alone.
            continue
        said.heard = True
        choice = choices[0]
        message = choice.get("delta") or choice.get("message") or {}
        said.parts.append(_text(message.get("content")))
        said.refused = said.refused or bool(message.get("refusal"))
        said.finish = choice.get("finish_reason") or said.finish


def read_responses(events: Iterable[Any], said: Said) -> None:
    """Events of a response, or one response."""
    for event in events:
        kind = event.get("type", "")
        said.heard = said.heard or kind.startswith("response.")
        if event.get("object") == "response":
            _whole_response(event, said)
            for item in event["output"]:
                for part in item.get("content") or ():
                    said.parts.append(_text(part.get("text")))
                    said.refused = said.refused or part.get("type") == "refusal"
        elif kind == "response.output_text.delta":
            said.parts.append(_text(event["delta"]))
        elif kind == "response.refusal.delta":
            said.refused = True
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            _whole_response(event["response"], said)
        elif kind == "error":
            raise ModelUnavailable("the server failed while it answered")


def _whole_response(response: dict[str, Any], said: Said) -> None:
    said.heard = True
    said.id, said.model = response.get("id") or "", response.get("model") or ""
    if usage := response.get("usage"):
        said.tokens = _tokens(usage, "input_tokens", "output_tokens")
    status = response.get("status")
    if status == "failed":
        raise ModelUnavailable("the server failed while it answered")
    if status == "incomplete":
        reason = (response.get("incomplete_details") or {}).get("reason", "")
        said.finish = {"max_output_tokens": "length", "content_filter": "content_filter"}.get(reason, "incomplete")
    elif status == "completed":
        said.finish = "stop"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError
    return value


def _tokens(usage: dict[str, Any], taken: str, given: str) -> Tokens:
    details = usage.get(f"{taken}_details") or {}
    return Tokens(_count(usage.get(taken)), _count(usage.get(given)), _count(details.get("cached_tokens")))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

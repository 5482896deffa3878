"""What a request will use at most, told before it is made."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kg.domain.completion import ModelSpec, Request, Tokens, cost_of, tokens_of

FRAME_TOKENS = 16
"""What an interface adds around two messages."""
OUTPUT_TOKENS = 1_000
"""Of a reply whose length the request does not bound: some thirty claims."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens and what they cost."""

    input: int
    output: int
    cost: float

    @property
    def tokens(self) -> int:
        return self.input + self.output


def estimate(request: Request, spec: ModelSpec) -> Estimate:
    schema = json.dumps(dict(request.schema), ensure_ascii=False, separators=(",", ":"))
    taken = sum(tokens_of(text) for text in (request.system, request.user, schema)) + FRAME_TOKENS
    given = int(request.parameters.get("max_tokens") or OUTPUT_TOKENS) + spec.thinking_tokens
    return Estimate(taken, given, cost_of(Tokens(taken, given), spec.price))

"""One small request, to see whether a model can be used and what its server can do."""

from __future__ import annotations

from kg.domain.completion import Request

REQUEST = Request(
    "You answer in JSON.",
    "Say whether you are ready.",
    {
        "title": "ready",
        "type": "object",
        "additionalProperties": False,
        "required": ["ready"],
        "properties": {"ready": {"type": "boolean"}},
    },
    # Models that think before they answer count that too.
    {"max_tokens": 1_000},
    purpose="check",
    caller="check",
)

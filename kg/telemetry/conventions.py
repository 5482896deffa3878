"""The names that OpenTelemetry's conventions have for calls of models, version by version; nothing else writes them.

Conventions for generative AI are in development and were renamed when they moved to a repository of their own.
``OTEL_SEMCONV_STABILITY_OPT_IN`` says which are written, as for every instrumentation. What they have no name for
has one under ``whence.``, never under ``gen_ai.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

OPT_IN, LATEST_NAME = "OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental"
CAPTURE, CAPTURED = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", ("true", "span_only", "span_and_event")

ERROR_TYPE = "error.type"
DECISION, OUTCOME = "whence.decision.id", "whence.decision.outcome"
PURPOSE, PROMPT_HASH, PROMPT_LABEL = "whence.purpose", "whence.prompt.hash", "whence.prompt.label"
MODEL_NAME, COST, REQUESTS = "whence.model.name", "whence.cost", "whence.requests"
DATASET, RUN, RUN_STATE = "whence.dataset", "whence.run.id", "whence.run.state"
RECORDS, REJECTED = "whence.run.records", "whence.run.rejected"


@dataclass(frozen=True, slots=True)
class Conventions:
    """One version's names, and whether what is said to a model and by it is written into spans."""

    prompt_name: str
    prompt_version: str
    duration: str
    """Histogram of seconds."""
    tokens: Mapping[str, str]
    """Instrument for the tokens of each kind; those of one name are told apart by ``gen_ai.token.type``."""
    typed: bool
    """Whether they are one histogram, or a counter each."""
    content: bool = False


V1_41 = Conventions(
    "whence.prompt.name",
    "whence.prompt.version",
    "gen_ai.client.operation.duration",
    dict.fromkeys(("input", "output"), "gen_ai.client.token.usage"),
    typed=True,
)
"""The last in the common repository; what instrumentations of other Python clients write."""
LATEST = Conventions(
    "gen_ai.prompt.name",
    "gen_ai.prompt.version",
    "gen_ai.client.inference.duration",
    {
        "input": "gen_ai.client.inference.usage.input_tokens",
        "output": "gen_ai.client.inference.usage.output_tokens",
        "cached": "gen_ai.client.inference.usage.cache_read.input_tokens",
    },
    typed=False,
)
"""Version 0.1.0 of the repository of their own."""

# Alike in both.
OPERATION, PROVIDER, OUTPUT_TYPE = "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.output.type"
REQUEST_MODEL, RESPONSE_MODEL = "gen_ai.request.model", "gen_ai.response.model"
RESPONSE_ID, FINISH = "gen_ai.response.id", "gen_ai.response.finish_reasons"
STREAM, ADDRESS, PORT = "gen_ai.request.stream", "server.address", "server.port"
PARAMETERS = {name: f"gen_ai.request.{name}" for name in ("max_tokens", "temperature", "top_p", "seed")}
USAGE = {
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cached": "gen_ai.usage.cache_read.input_tokens",
}
TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 (a name of an attribute)
INSTRUCTIONS, INPUT, OUTPUT = "gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = tuple(4**power for power in range(14))
"""Bounds of the histograms that the conventions ask for."""


def conventions(environment: Mapping[str, str]) -> Conventions:
    """As the environment says: those of 1.41 without the content of messages, unless it asks for more."""
    wanted = {one.strip() for one in environment.get(OPT_IN, "").split(",")}
    found = LATEST if LATEST_NAME in wanted else V1_41
    return replace(found, content=environment.get(CAPTURE, "").strip().lower() in CAPTURED)

"""A model that says again what a decision has of it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.domain.completion import ModelSpec, Reply, Request, Tokens
from kg.domain.lineage import Classification
from kg.errors import ModelError, ModelUnavailable

OTHER = "it was not asked this then, and is not asked anew"
"""Why nothing is said to a request that the decision does not have."""


@dataclass
class Replayed:
    """The replies and failures of a decision, each to the very request it came to."""

    spec: ModelSpec
    calls: Sequence[Mapping[str, Any]]
    """As the decision keeps them."""
    other: bool = False
    """Whether it was asked what the decision does not have."""

    def complete(self, request: Request) -> Reply:
        from kg.models.form import parsed

        held = next((one for one in self.calls if one["rendered"] == request.rendered), None)
        if held is None:
            self.other = True
            raise ModelUnavailable(OTHER)
        if held["reply"] is None:
            raise _error(str(held["error"]))
        content = parsed(held["reply"], request.schema, self.spec.name, is_json=False)
        tokens = Tokens(held["tokens"]["input"], held["tokens"]["output"])
        return Reply(content, held["reply"], held["model"], tokens=tokens, cost=held["cost"])


def spec_of(recorded: Mapping[str, Any]) -> ModelSpec:
    """What a decision keeps of the model, as far as it decides what the model was sent."""
    return ModelSpec(
        recorded["name"],
        recorded["model"],
        ceiling=Classification[recorded["ceiling"].upper()],
        redact=tuple(recorded["redact"]),
        context_tokens=recorded["context_tokens"],
        scripted=recorded["scripted"],
    )


def _error(text: str) -> ModelError:
    code, _, message = text.partition(": ")
    return next((kind(message) for kind in _kinds(ModelError) if kind.code == code), ModelError(message))


def _kinds(kind: type[ModelError]) -> Iterator[type[ModelError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _kinds(inner)

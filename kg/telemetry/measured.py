"""What a decision's record tells of its making that is neither personal nor long: for logs and metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kg.domain.decision import Document

OK, CACHED = "ok", "cached"


@dataclass(frozen=True, slots=True)
class Called:
    """One use of a model."""

    model: str
    """Its name here; what a server calls itself may be anything."""
    purpose: str
    prompt: str
    result: str
    """``ok``, ``cached`` where no request was made, or the code of the error."""
    ms: float
    input: int
    output: int
    cost: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One decision in numbers."""

    decision_id: str
    outcome: str
    steps: dict[str, float]
    """Milliseconds of each step, of all parts of the question together."""
    calls: tuple[Called, ...]
    dropped: dict[str, int]
    """Claims of the model that did not stand, by verdict."""

    @property
    def ms(self) -> float:
        return round(sum(self.steps.values()), 3)

    @property
    def codes(self) -> tuple[str, ...]:
        """Of what went wrong and did not keep it from being decided."""
        return tuple(sorted({one.result for one in self.calls} - {OK, CACHED}))


def measured(document: Document) -> Measured:
    """A recorded decision, measured."""
    steps: dict[str, float] = {}
    for one in document["trace"]["steps"]:
        steps[one["step"]] = round(steps.get(one["step"], 0.0) + one["ms"], 3)
    model = document["versions"]["model"]
    name = "" if model is None else str(model["name"])
    calls = zip(document["calls"], document["trace"]["calls"], strict=True)
    return Measured(
        document["decision_id"],
        document["outcome"],
        steps,
        tuple(_called(name, call, timed) for call, timed in calls),
        dict(sorted(Counter(one["verdict"] for one in document["writer"]["dropped"]).items())),
    )


def _called(name: str, call: dict[str, Any], timed: dict[str, Any]) -> Called:
    cached = call["error"] is None and not timed["requests"]
    result = CACHED if cached else OK if call["error"] is None else call["error"].partition(":")[0]
    tokens = {} if cached else call["tokens"] or {}
    return Called(
        name,
        call["purpose"],
        call["prompt"],
        result,
        timed["ms"],
        tokens.get("input") or 0,
        tokens.get("output") or 0,
        call["cost"] or 0.0,
    )

"""A model in the same process that says what it was told to say; scripted, no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kg.answer.pipeline import answer
from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.domain.completion import ModelSpec, Reply, Request
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.plan import Plan
from kg.domain.question import Question
from kg.errors import ModelTimeout
from tests.builders import TickingClock
from tests.unit.answer.garden import store

Said = tuple[str, tuple[str, ...]]
"""A claim and what it cites."""


@dataclass
class Scripted:
    """Says these plans and these claims, one after the other, the last again and again; no plan stands for silence."""

    plans: Sequence[dict[str, Any] | str | None] = (None,)
    claims: Sequence[Sequence[Said]] = ((),)
    spec: ModelSpec = field(
        default_factory=lambda: ModelSpec("house", "scripted", ceiling=Classification.CONFIDENTIAL, scripted=True)
    )
    asked: list[Request] = field(default_factory=list)

    def complete(self, request: Request) -> Reply:
        self.asked.append(request)
        content: dict[str, Any]
        if "claims" in request.schema["properties"]:
            before = sum("claims" in one.schema["properties"] for one in self.asked) - 1
            told = self.claims[min(before, len(self.claims) - 1)]
            content = {"claims": [{"text": text, "evidence": list(cited)} for text, cited in told]}
        else:
            before = sum("plan_json" in one.schema["properties"] for one in self.asked) - 1
            plan = self.plans[min(before, len(self.plans) - 1)]
            if plan is None:
                raise ModelTimeout("it says nothing")
            content = {"reading": "", "plan_json": plan if isinstance(plan, str) else json.dumps(plan)}
        return Reply(content, json.dumps(content), "scripted-1")

    def may_see(self, ceiling: Classification, *redact: str) -> Scripted:
        self.spec = replace(self.spec, ceiling=ceiling, redact=redact)
        return self


def ask_with(model: Scripted, text: str, plan: Plan | None = None) -> Document:
    author = Author(model, Prompts(store()))
    return answer(Question(text), store(), store(), TickingClock(), plan, author=author)

"""The file of review rules: which decisions need whom.

``python -m kg.decisions.review_file FILE`` writes its JSON Schema, for editors.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kg.domain.decision import Outcome
from kg.domain.review import Approver, Stage
from kg.domain.review_rules import SAID, Condition, ReviewRule, ReviewRules, Tier
from kg.domain.rule_file import RuleVersion
from kg.errors import ReviewInvalid

MAX_RULES = 200


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(min_length=1)]
Hours = Annotated[int, Field(ge=1, le=24 * 365, strict=True)]


class When(_Part):
    """What has to hold of a decision, all of it. Of a list, one is enough."""

    outcome: list[Outcome] = list(SAID)  # type: ignore[arg-type]
    tier: list[Tier] | None = None
    confidence_below: Annotated[float, Field(gt=0, le=1)] | None = None
    conflict: bool | None = None
    single_source: bool | None = None
    types: Names | None = None
    predicates: Names | None = None
    tables: Names | None = None
    prompt_label: Names | None = None
    model: bool | Names | None = None

    def condition(self) -> Condition:
        named = self.model if isinstance(self.model, list) else ()
        return Condition(
            frozenset(self.outcome),
            frozenset(self.tier or ()),
            self.confidence_below,
            self.conflict,
            self.single_source,
            frozenset(self.types or ()),
            frozenset(self.predicates or ()),
            frozenset(self.tables or ()),
            frozenset(self.prompt_label or ()),
            self.model if isinstance(self.model, bool) else None,
            frozenset(named),
        )


class StageSpec(_Part):
    """How many callers in a role have to approve: people, or services too. What only gives advice never does."""

    role: Name
    count: Annotated[int, Field(ge=1, le=20, strict=True)] = 1
    by: Approver = "human"


class Escalate(_Part):
    """After how many hours another role may decide too."""

    after_hours: Hours
    to: Name


class Rule(_Part):
    """One rule."""

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
    when: When = When()
    withhold: bool = False
    stages: Annotated[list[StageSpec], Field(min_length=1, max_length=10)]
    within_hours: Hours | None = None
    escalate: Escalate | None = None

    @model_validator(mode="after")
    def _in_time(self) -> Rule:
        roles = [stage.role for stage in self.stages]
        if twice := [role for role in roles if roles.count(role) > 1]:
            raise ValueError(f"two stages for the role {twice[0]!r}: give one with a higher count")
        if self.escalate and self.within_hours and self.escalate.after_hours >= self.within_hours:
            raise ValueError("escalate.after_hours has to be below within_hours, when its time is over")
        return self

    def rule(self) -> ReviewRule:
        return ReviewRule(
            self.name,
            self.when.condition(),
            tuple(Stage(stage.role, stage.count, stage.by) for stage in self.stages),
            self.withhold,
            self.within_hours,
            None if self.escalate is None else self.escalate.after_hours,
            None if self.escalate is None else self.escalate.to,
        )


class TierRule(_Part):
    """How much depends on decisions of a kind."""

    tier: Tier
    when: When


class ReviewFile(_Part):
    """All of a file of review rules."""

    review_rules: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")] = "default"
    title: Annotated[str, Field(max_length=200)] = ""
    tiers: list[TierRule] = []
    rules: Annotated[list[Rule], Field(max_length=MAX_RULES)]

    @model_validator(mode="after")
    def _named_once(self) -> ReviewFile:
        names = [rule.name for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules are called {twice[0]!r}")
        return self


def review_content(document: Any, where: str) -> tuple[str, dict[str, Any]]:
    """The name of the rules, and what the file says in its one form. Raises ReviewInvalid naming the place."""
    try:
        held = ReviewFile.model_validate(document)
    except ValidationError as exc:
        raise ReviewInvalid(f"{where}: {first_problem(exc)}") from exc
    return held.review_rules, held.model_dump(mode="json", exclude_defaults=True) | {"rules": _rules(held)}


def _rules(held: ReviewFile) -> list[dict[str, Any]]:
    return [rule.model_dump(mode="json", exclude_defaults=True) for rule in held.rules]


@functools.lru_cache(maxsize=8)
def rules_of(version: RuleVersion) -> ReviewRules:
    """The rules of a saved version."""
    held = ReviewFile.model_validate(version.content)
    return ReviewRules(
        version.ref,
        version.hash,
        tuple((one.tier, one.when.condition()) for one in held.tiers),
        tuple(rule.rule() for rule in held.rules),
    )


def first_problem(exc: ValidationError) -> str:
    """The first thing that is wrong with a document, its place before it, and how many more there are."""
    first = exc.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    said = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"]
    more = f" (and {exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
    return f"{place}: {said}{more}"


def schema_text() -> str:
    """Its JSON Schema."""
    body = ReviewFile.model_json_schema() | {"title": "Whence review rules"}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), "utf-8")

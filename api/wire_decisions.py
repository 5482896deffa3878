"""What is done with recorded decisions, as it stands on the wire."""

from __future__ import annotations

from typing import Any, get_args
from typing import Literal as OneOf

from pydantic import BaseModel, Field

from kg.domain.decision import Outcome


class AskingHeaders(BaseModel):
    """How a question is asked."""

    accept: str | None = Field(
        default=None, title="Accept", description="`text/event-stream` for its steps.", max_length=1000
    )
    idempotency_key: str | None = Field(
        default=None,
        title="Idempotency key",
        description="For a day, the same question under the same key gives the same decision; another is refused.",
        min_length=1,
        max_length=200,
    )


class DecisionChoice(BaseModel):
    """Which decisions are listed."""

    words: str = Field(default="", title="Words", description="Each of them stands in the question.", max_length=200)
    outcome: Outcome | None = Field(default=None, title="Outcome", json_schema_extra={"enum": list(get_args(Outcome))})
    actor: str | None = Field(default=None, title="Actor", description="Who asked.", max_length=200)
    since: str | None = Field(
        default=None, title="Since", description="Asked at this time or later, or on this day.", max_length=40
    )
    until: str | None = Field(
        default=None, title="Until", description="Asked before this time, or up to this day.", max_length=40
    )
    current: bool = Field(default=False, title="Current", description="Only those that none supersedes.")
    after: str | None = Field(
        default=None, title="After", description="As the page before says in `next`.", max_length=100
    )


class SidesOut(BaseModel):
    """One thing as the decision has it, and as it is now."""

    before: Any = Field(title="Before")
    after: Any = Field(title="After")


class DifferenceOut(BaseModel):
    """What came, what went, and what is told otherwise; each with its id."""

    came: list[dict[str, Any]] = Field(title="Came", description="`id`, and `after`.")
    went: list[dict[str, Any]] = Field(title="Went", description="`id`, and `before`.")
    changed: list[dict[str, Any]] = Field(title="Changed", description="`id`, `before` and `after`.")


class ReplayOut(BaseModel):
    """A decision run again, held against its record. Where it could not be run, only the first keys say something."""

    decision_id: str = Field(title="Decision id")
    live: bool = Field(title="Live", description="Whether it ran on the graph of today.")
    state: OneOf["same", "differs", "erased"] = Field(
        title="State", description="`same`: equal evidence hash. `erased`: what it quoted was purged."
    )
    notes: list[str] = Field(title="Notes", description="What to know of the comparison, in sentences.")
    erased: list[dict[str, Any]] = Field(title="Erased", description="The purges: what, by which run, when.")
    compared: OneOf["whole", "evidence"] | None = Field(
        default=None, title="Compared", description="`evidence`: a model's sentences are not compared; a note says why."
    )
    identical: bool | None = Field(
        default=None, title="Identical", description="Equal to the byte, in comparable form."
    )
    same_evidence: bool | None = Field(default=None, title="Same evidence")
    same_answer: bool | None = Field(default=None, title="Same answer", description="Whether the same was found.")
    evidence_hash: SidesOut | None = Field(default=None, title="Evidence hash")
    comparable_hash: SidesOut | None = Field(default=None, title="Comparable hash")
    known_at: SidesOut | None = Field(default=None, title="Known at")
    outcome: SidesOut | None = Field(default=None, title="Outcome")
    text: SidesOut | None = Field(default=None, title="Text")
    value: SidesOut | None = Field(default=None, title="Value")
    facts: DifferenceOut | None = Field(default=None, title="Facts", description="Each with its text and its places.")
    rows: DifferenceOut | None = Field(default=None, title="Rows")
    claims: DifferenceOut | None = Field(default=None, title="Claims")
    places: list[str] | None = Field(default=None, title="Places", description="JSON pointers to what differs.")


class AttributedOut(BaseModel):
    """One fact, path or source, and what its loss does to the answer; the other two keys are not there."""

    fact: str | None = Field(default=None, title="Fact")
    path: str | None = Field(default=None, title="Path", description="The claim it stands behind, or its two ends.")
    source: str | None = Field(default=None, title="Source")
    effect: OneOf["necessary", "redundant", "irrelevant"] = Field(
        title="Effect",
        description="`necessary`: the answer changes without it. `redundant`: it supports what stands without it too.",
    )
    facts: list[str] | None = Field(default=None, title="Facts", description="Of a path.")


class SufficientOut(BaseModel):
    """The fewest facts that give the same answer without its others."""

    facts: list[str] = Field(title="Facts")
    exact: bool = Field(title="Exact", description="If not, none of them can be left out, but others might be fewer.")


class CarriedOut(BaseModel):
    """A claim that does not stand without a source."""

    claim: str = Field(title="Claim")
    sources: list[str] = Field(title="Sources", description="Each by itself carries it.")


class FlipOut(BaseModel):
    """One change of one fact, after which the answer is another."""

    change: OneOf["without", "instead"] = Field(title="Change")
    fact: str = Field(title="Fact")
    says: str = Field(title="Says", description="The value or the entity that it names.")
    instead: str | None = Field(title="Instead", description="What it would say.")
    value: Any = Field(title="Value", description="The value of the answer then.")
    lost: list[str] = Field(title="Lost", description="Entities whose rows it loses.")
    gained: list[str] = Field(title="Gained", description="Entities whose rows it gains.")


class AttributionOut(BaseModel):
    """What an answer hangs on."""

    decision_id: str = Field(title="Decision id")
    attribution: list[AttributedOut] = Field(title="Attribution")
    sufficient: SufficientOut | None = Field(
        title="Sufficient", description="null where there is too much to look at, or the answer stands on no fact."
    )
    single_source: list[CarriedOut] = Field(title="Single source", description="Claims that one source alone carries.")
    flips: list[FlipOut] = Field(title="Flips", description="Those first that give the answer another value.")
    left_out: int = Field(title="Left out", description="Facts, paths and sources beyond what is looked at.")
    runs: int = Field(title="Runs", description="How often the plan was run.")

"""What is done with recorded decisions, as it stands on the wire."""

from __future__ import annotations

from typing import Any
from typing import Literal as OneOf

from pydantic import BaseModel, Field


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

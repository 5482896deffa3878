"""Impact as it stands on the wire."""

from __future__ import annotations

import logging
from typing import Any

from pydantic import BaseModel, Field

from kg.decisions.impact import Impact, report
from kg.errors import KgError
from kg.telemetry.log import note


class SideOut(BaseModel):
    """What a decision says, before or after."""

    outcome: str = Field(title="Outcome")
    text: str = Field(title="Text")
    value: Any = Field(title="Value")
    rows: int = Field(title="Rows", description="How many.")


class TouchOut(BaseModel):
    """One decision that is touched."""

    decision: str = Field(title="Decision id")
    question: str = Field(title="Question")
    asked_at: str = Field(title="Asked at")
    review: str | None = Field(title="Review", description="State of its review, if one was asked for.")
    carried: bool = Field(title="Carried", description="Whether a claim of it was carried.")
    changed: bool | None = Field(
        title="Changed", description="Whether claims, rows or evidence differ when it is run again; null: it was not."
    )
    before: SideOut = Field(title="Before")
    after: SideOut | None = Field(title="After")
    note: str = Field(title="Note", description="Why it was not run again.")


class EndedOut(BaseModel):
    """Since when a thing is not seen any more, and what ended it."""

    at: str = Field(title="At")
    run: str = Field(title="Run id")
    job: str = Field(title="Job", description="A retirement, or the load that did not say it again.")


class ImpactOut(BaseModel):
    """The decisions that a thing touches, approved ones first."""

    ref: str = Field(title="Ref")
    what_if: bool = Field(title="What if", description="Whether it is what would be, if it were retired.")
    carried: list[TouchOut] = Field(title="Carried", description="Those whose claims it carried.")
    looked_at: list[TouchOut] = Field(title="Looked at", description="Those that only looked at it.")
    not_run: int = Field(title="Not run", description="How many of both were not run again.")
    more: bool = Field(title="More", description="Whether there are more than are told.")
    ended: EndedOut | None = Field(
        title="Ended", description="Of a thing that is not seen any more: since when; null while it is."
    )

    @staticmethod
    def of(found: Impact) -> ImpactOut:
        return ImpactOut.model_validate(report(found))


def untold(exc: KgError) -> str:
    """Why the decisions that a thing touches are not told with it, where they could not be looked for."""
    note("decisions not told", level=logging.WARNING, code=exc.code)
    return f"the decisions that are touched could not be told: {exc}"

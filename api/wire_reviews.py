"""Request and response models of reviews, feedback and review rules."""

from __future__ import annotations

from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import BaseModel, ConfigDict, Field

from api.wire_acts import Actor, Message
from api.wire_versions import VersionLine
from kg.decisions.reviews import MAX_TEXT
from kg.domain.access import MAX_NAME
from kg.domain.review import State

Role = Annotated[str, Field(max_length=200)]


class MoveIn(BaseModel):
    """What somebody says of a decision that needs a review."""

    model_config = ConfigDict(extra="forbid", title="Review move")

    move: OneOf["approve", "reject", "request_changes", "override", "except", "assign"] = Field(
        title="Move", description="`override` and `except` are for the role of the last stage."
    )
    actor: Actor = None
    roles: list[Role] = Field(
        default=[], title="Roles", description="Roles of who does it, where access is off.", max_length=20
    )
    reason: str = Field(
        default="", title="Reason", description="Why; needed for all but `approve` and `assign`.", max_length=MAX_TEXT
    )
    shown: str | None = Field(
        default=None,
        title="Shown",
        description="Digest of what was shown, as the review has it; as If-Match.",
        max_length=100,
    )
    answer: str | None = Field(
        default=None, title="Answer", description="Of `override`: the answer to use instead.", max_length=MAX_TEXT
    )
    until: str | None = Field(
        default=None, title="Until", description="Of `except`: a day or a time, at which it ends.", max_length=40
    )
    to: str | None = Field(default=None, title="To", description="Of `assign`: who.", max_length=MAX_NAME)


class StageOut(BaseModel):
    """How many callers in a role have to approve, and of which kind."""

    role: str = Field(title="Role")
    count: int = Field(title="Count")
    by: OneOf["human", "any"] = Field(title="By", description="`any`: a service may, too.")


class ReviewLine(BaseModel):
    """A review in the queue."""

    model_config = ConfigDict(extra="allow", title="Review line")

    decision_id: str = Field(title="Decision id")
    state: State = Field(title="State")
    state_reason: str | None = Field(title="Reason of the state", description="Of the move that led to it.")
    by: str | None = Field(title="By", description="Whose move that was.")
    answer: str | None = Field(title="Answer", description="Of an override: the answer to use instead.")
    until: str | None = Field(title="Until", description="When an exception ends.")
    superseded_by: str | None = Field(title="Superseded by", description="The later decision.")
    released: bool = Field(title="Released", description="Whether whoever asked may read the answer.")
    asked_by: str | None = Field(title="Asked by")
    opened_at: str = Field(title="Opened at")
    required_because: str | None = Field(title="Required because", description="The review rules that hold.")
    tier: str = Field(title="Tier", description="How much depends on it.")
    rules: str | None = Field(title="Rules", description="The version of the review rules.")
    withhold: bool = Field(title="Withhold", description="Whether the answer is withheld until the review releases it.")
    stages: list[StageOut] = Field(title="Stages", description="Who has to approve, in order.")
    approvals: list[dict[str, Any]] = Field(title="Approvals", description="Stage, actor and time of each.")
    waits_for: StageOut | None = Field(title="Waits for", description="Who is asked now, and how many are missing.")
    assignee: str | None = Field(title="Assignee")
    due_at: str | None = Field(title="Due at", description="When it expires; nothing is approved by that.")
    escalated: bool = Field(title="Escalated", description="Whether the role it escalates to may decide too.")


class QueueLine(ReviewLine):
    """A review in the queue, with its question."""

    question: str = Field(title="Question")
    unfilled: str | None = Field(title="Unfilled", description="Why nobody can fill the stage it waits for; else null.")


class Queue(BaseModel):
    """Reviews, newest first."""

    reviews: list[QueueLine] = Field(title="Reviews")
    next: str | None = Field(title="Next", description="Where there are more: give this as `after`.")


class ReviewOut(ReviewLine):
    """A review with its decision and all that was said."""

    shown: str = Field(title="Shown", description="Digest of what is shown here; a move is of this. The ETag too.")
    evidence_hash: dict[str, str] = Field(title="Evidence hash", description="As decided, and as it is today.")
    events: list[dict[str, Any]] = Field(title="Events", description="What was said, oldest first.")
    decision: dict[str, Any] = Field(title="Decision", description="The decision, whole.")


class FeedbackIn(BaseModel):
    """A caller's word on an answer."""

    model_config = ConfigDict(extra="forbid", title="Feedback")

    verdict: OneOf["right", "wrong", "partly"] = Field(title="Verdict")
    answer: str | None = Field(
        default=None, title="Answer", description="What would have been right.", max_length=MAX_TEXT
    )
    reason: str = Field(default="", title="Reason", max_length=MAX_TEXT)
    actor: Actor = None


class FeedbackOut(BaseModel):
    """What was said of an answer."""

    model_config = ConfigDict(extra="allow", title="Feedback event")

    number: int = Field(title="Number", description="Its place among all that was said of the decision.")
    verdict: str = Field(title="Verdict")
    actor: str = Field(title="Actor")
    at: str = Field(title="At")


class FeedbackList(BaseModel):
    """What was said of an answer, oldest first."""

    feedback: list[FeedbackOut] = Field(title="Feedback")


class RulesIn(BaseModel):
    """Review rules to use from now on."""

    model_config = ConfigDict(extra="forbid", title="New review rules")

    content: dict[str, Any] = Field(title="Content", description="What a file of review rules says, as JSON.")
    message: Message
    actor: Actor = None


class RuleVersionOut(VersionLine):
    """A version with its content."""

    name: str = Field(title="Name")
    content: dict[str, Any] = Field(title="Content", description="What the file says.")


class SavedRulesOut(RuleVersionOut):
    """A version that was saved."""

    warnings: list[str] = Field(title="Warnings", description="Stages that nobody could fill, as callers are now.")

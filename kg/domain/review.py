"""The review of a decision: what people said of it, one after the other, and the state that this comes to. Pure.

::

    open ──▶ approved | rejected | changes_requested | overridden | excepted ──▶ superseded
      └────▶ expired          approved, overridden, excepted ──▶ lapsed | rejected

An approval counts for one stage. Nobody counts twice, and nobody approves what they asked for themselves. Time never
approves: a review whose time is over has expired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from typing import Literal as OneOf

from kg.domain.access import CallerKind
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.errors import MoveRefused, ReviewInvalid, ReviewSettled

State = OneOf[
    "open", "approved", "rejected", "changes_requested", "overridden", "excepted", "superseded", "lapsed", "expired"
]
Kind = OneOf[
    "opened", "assigned", "approved", "rejected", "changes_requested", "overridden", "excepted", "lapsed", "expired",
    "superseded", "feedback",
]  # fmt: skip
Approver = OneOf["human", "any"]
RELEASING: tuple[State, ...] = ("approved", "overridden", "excepted")
"""States in which an answer that was withheld may be read by whoever asked."""
ERASED = "erased"
"""In the place of a reason that may have quoted what was purged."""
FINAL: tuple[State, ...] = ("rejected", "changes_requested", "superseded", "lapsed", "expired")
"""States that only a later decision changes."""
JUDGED: tuple[Kind, ...] = ("approved", "rejected", "changes_requested", "overridden", "excepted")
"""Moves that people make who have a role in the review."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How many callers in this role have to approve, and of which kind."""

    role: str
    count: int = 1
    by: Approver = "human"
    """``any``: a service may, too. What only gives advice never does."""

    def takes(self, kind: CallerKind) -> bool:
        """Whether the word of a caller of this kind counts."""
        return kind == "human" or (kind == "service" and self.by == "any")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What review a decision needs."""

    required: bool = False
    reason: str | None = None
    tier: str = "low"
    rules: str | None = None
    """The version of the review rules that say so."""
    withhold: bool = False
    """Whether the answer is withheld until the review releases it."""
    stages: tuple[Stage, ...] = ()
    within_hours: int | None = None
    escalate_after_hours: int | None = None
    escalate_to: str | None = None
    """From then on this role may make every move of the stage at hand."""

    def document(self) -> dict[str, Any]:
        """As the document of a decision tells it; nothing was said of it yet."""
        return {**asdict(self), "stages": [asdict(one) for one in self.stages], "state": self._first}

    @property
    def _first(self) -> str | None:
        return "open" if self.required else None

    @staticmethod
    def read(told: Mapping[str, Any]) -> Requirement:
        """What a document, or an event, says of it."""
        held = {key: told[key] for key in Requirement.__dataclass_fields__ if key in told}
        return Requirement(**held | {"stages": tuple(Stage(**one) for one in held.get("stages", ()))})


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """One thing that was said of a decision; appended, never changed."""

    decision: str
    number: int
    """From 1 on, without a gap."""
    kind: Kind
    actor: str
    """Of ``opened``, whoever asked."""
    at: Instant
    roles: tuple[str, ...] = ()
    """The roles of the actor then."""
    reason: str = ""
    shown: str | None = None
    """Digest of what the actor was shown."""
    evidence: str | None = None
    """Evidence hash: of what was judged, or of what was found when it lapsed."""
    answer: str | None = None
    """The corrected answer of an override or of feedback."""
    until: Instant | None = None
    """When an exception ends."""
    to: str | None = None
    """Whom it is assigned to; which decision supersedes it."""
    verdict: OneOf["right", "wrong", "partly"] | None = None
    actor_kind: CallerKind | None = None
    """Of a move; one of before is of a person."""
    requirement: Requirement | None = None
    """Of ``opened``."""


def opening_of(document: Document) -> ReviewEvent | None:
    """The event that opens the review of a decision; none where no rule asks for one."""
    requirement = Requirement.read(document.get("review") or {})
    if not requirement.required:
        return None
    asked = document["trace"]
    return ReviewEvent(
        document["decision_id"],
        1,
        "opened",
        asked.get("actor") or "",
        asked["asked_at"],
        reason=requirement.reason or "",
        evidence=document["evidence_hash"],
        requirement=requirement,
    )


def superseding(document: Document, number: int) -> ReviewEvent:
    """The event that ends the review of the decision whose place this one takes."""
    asked = document["trace"]
    return ReviewEvent(
        asked["supersedes"],
        number,
        "superseded",
        asked.get("actor") or "",
        asked["asked_at"],
        to=document["decision_id"],
    )


def stands(event: ReviewEvent) -> bool | None:
    """Whether the review stands after the event, so that it is looked at again; none where that stays as it was."""
    if event.kind == "opened":
        return True
    return False if event.kind in FINAL else None


def releases(events: Iterable[ReviewEvent]) -> bool:
    """Whether an answer may be used by what was said of it, when that was said: an exception may have ended since."""
    said = tuple(events)
    review = review_of(said, said[-1].at) if said else None
    return review is not None and review.state in RELEASING


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, for which stage."""

    stage: int
    actor: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Review:
    """What the events of one decision come to."""

    decision: str
    author: str
    opened_at: Instant
    requirement: Requirement
    state: State = "open"
    approvals: tuple[Approval, ...] = ()
    assignee: str | None = None
    reason: str | None = None
    """Of the move that led to the state."""
    by: str | None = None
    answer: str | None = None
    until: Instant | None = None
    superseded_by: str | None = None
    escalated: bool = False
    due_at: Instant | None = None

    @property
    def stage(self) -> int:
        """The stage at hand: the first that lacks approvals; as many as there are once none does."""
        for number, stage in enumerate(self.requirement.stages):
            if sum(one.stage == number for one in self.approvals) < stage.count:
                return number
        return len(self.requirement.stages)

    @property
    def waits_for(self) -> Stage | None:
        """The role that is asked now, and how many of it are."""
        number = self.stage
        if self.state not in ("open", "excepted") or number == len(self.requirement.stages):
            return None
        stage = self.requirement.stages[number]
        return replace(stage, count=stage.count - sum(one.stage == number for one in self.approvals))

    @property
    def released(self) -> bool:
        """Whether the answer may be read by whoever asked."""
        return not self.requirement.withhold or self.state in RELEASING


def review_of(events: Iterable[ReviewEvent], now: Instant) -> Review | None:
    """The review as it stands now; none where none was opened. An event that may not be has no effect."""
    review: Review | None = None
    for event in events:
        if review is None:
            if event.kind == "opened" and event.requirement is not None:
                review = _opened(event, event.requirement)
            continue
        try:
            review = moved(review, event)
        except (MoveRefused, ReviewInvalid, ReviewSettled):
            continue
    return None if review is None else _at(review, now)


def moved(review: Review, event: ReviewEvent) -> Review:
    """The review after the event. Raises MoveRefused, ReviewInvalid, ReviewSettled where it may not be."""
    review = _at(review, event.at)
    if event.kind in JUDGED:
        return _judged(review, event)
    if event.kind == "assigned":
        if review.state not in ("open", "excepted"):
            raise ReviewSettled(_settled(review))
        return replace(review, assignee=event.to)
    if event.kind == "superseded":
        return replace(review, state="superseded", superseded_by=event.to, by=event.actor, reason=event.reason)
    if event.kind == "lapsed":
        if review.state in FINAL:
            raise ReviewSettled(_settled(review))
        return replace(review, state="lapsed", approvals=(), reason=event.reason, by=event.actor)
    if event.kind == "expired" and review.state in ("open", "excepted"):
        return replace(review, state="expired", reason=event.reason, by=event.actor)
    return review


def _opened(event: ReviewEvent, requirement: Requirement) -> Review:
    hours = requirement.within_hours
    due = None if hours is None else _later(event.at, hours)
    return Review(event.decision, event.actor, event.at, requirement, due_at=due)


def _at(review: Review, now: Instant) -> Review:
    """What time does to it: it ends exceptions and reviews, and calls others in; it releases nothing."""
    hours = review.requirement.escalate_after_hours
    escalated = hours is not None and now >= _later(review.opened_at, hours)
    review = replace(review, escalated=review.escalated or escalated)
    if review.state == "excepted" and review.until is not None and now >= review.until:
        return replace(review, state="expired", reason=f"the exception ended at {review.until}")
    if review.state == "open" and review.due_at is not None and now >= review.due_at:
        return replace(review, state="expired", reason=f"nobody decided before {review.due_at}")
    return review


def _judged(review: Review, event: ReviewEvent) -> Review:
    withdraws = event.kind == "rejected" and review.state in RELEASING
    if review.state not in ("open", "excepted") and not withdraws:
        raise ReviewSettled(_settled(review))
    if event.actor == review.author:
        raise MoveRefused(f"{event.actor!r} asked for this decision: somebody else has to review it")
    if event.kind == "approved":
        return _approved(review, event)
    if not event.reason.strip():
        raise ReviewInvalid("a reason is needed: say why")
    judged = replace(review, reason=event.reason, by=event.actor, until=None)
    if event.kind in ("rejected", "changes_requested"):
        _check_kind(event, review.requirement.stages, any)
        _check_role(review, event)
        return replace(judged, state="rejected" if event.kind == "rejected" else "changes_requested")
    # It takes the place of every stage, so that whose word does not count in one of them may not do it.
    _check_kind(event, review.requirement.stages, all)
    _check_role(review, event, review.requirement.stages[-1])
    if event.kind == "overridden":
        if not (event.answer or "").strip():
            raise ReviewInvalid("an override needs the answer to use instead")
        return replace(judged, state="overridden", answer=event.answer)
    if event.until is None or event.until <= event.at:
        raise ReviewInvalid("an exception needs the time at which it ends, later than now")
    return replace(judged, state="excepted", until=event.until)


def _approved(review: Review, event: ReviewEvent) -> Review:
    number = review.stage
    stage = review.requirement.stages[number]
    _check_kind(event, (stage,), all)
    _check_role(review, event, stage)
    if any(one.actor == event.actor for one in review.approvals):
        raise MoveRefused(f"{event.actor!r} approved already: nobody counts twice, whatever the stage")
    review = replace(review, approvals=(*review.approvals, Approval(number, event.actor, event.at)))
    if review.stage == len(review.requirement.stages):
        return replace(review, state="approved", reason=event.reason or None, by=event.actor, until=None)
    return review


def _check_kind(event: ReviewEvent, stages: Iterable[Stage], of: Callable[[Iterable[bool]], bool]) -> None:
    """Whether the word of who says it counts in all, or any, of these stages."""
    kind = event.actor_kind or "human"
    if not of(stage.takes(kind) for stage in stages):
        said = "gives advice, which decides nothing" if kind == "advisory" else "is a service, and a person is asked"
        raise MoveRefused(f"{event.actor!r} {said}: feedback is open to all")


def _check_role(review: Review, event: ReviewEvent, stage: Stage | None = None) -> None:
    """The role that the move is for, or any of the review; from the escalation on, the one it was escalated to too."""
    wanted = {one.role for one in (review.requirement.stages if stage is None else (stage,))}
    if review.escalated and review.requirement.escalate_to is not None:
        wanted.add(review.requirement.escalate_to)
    if not wanted & set(event.roles):
        raise MoveRefused(f"{event.actor!r} is no {' or '.join(sorted(wanted))}, who is asked now")


def _settled(review: Review) -> str:
    why = f" ({review.reason})" if review.reason else ""
    return f"the review of {review.decision} is {review.state.replace('_', ' ')}{why} and takes no such move"


def _later(at: Instant, hours: int) -> Instant:
    moment = datetime.fromisoformat(at) + timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

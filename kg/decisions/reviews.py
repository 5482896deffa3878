"""Reviews of recorded decisions: looking at one, judging it, feedback, the queue, and approvals that lapse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.prompts import PRODUCTION
from kg.answer.seal import sha256
from kg.decisions.queue import Queued, Sought, queue
from kg.decisions.replay_report import replay
from kg.decisions.review_file import rules_of
from kg.decisions.rule_files import in_use, move, save
from kg.decisions.withheld import withheld
from kg.domain.access import CallerKind
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.review import JUDGED, Kind, Review, ReviewEvent, moved, review_of
from kg.domain.review_rules import ReviewRules
from kg.domain.rule_file import RuleVersion
from kg.errors import AnswerWithheld, DecisionNotFound, PlanInvalid, ReviewInvalid, ReviewMoved, ReviewNotFound
from kg.ports.clock import Clock, instant
from kg.ports.ledger import Ledger
from kg.ports.rules import Registry
from kg.ports.store import GraphStore

WHENCE = "whence"
"""Who notes that the evidence changed, or that a time is over."""
RULES = "default"
"""The review rules that decisions are held against are the ones of this name."""
MAX_TEXT = 2_000
"""Characters of a reason or a corrected answer."""
TRIES = 5
PAGE = 200
MOVES: tuple[Kind, ...] = (*JUDGED, "assigned")


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody says of a decision."""

    kind: Kind
    actor: str
    roles: tuple[str, ...] = ()
    reason: str = ""
    shown: str | None = None
    """Digest of what they were shown; without it they are taken to have seen what there is."""
    answer: str | None = None
    until: str | None = None
    to: str | None = None
    actor_kind: CallerKind = "human"


@dataclass(frozen=True, slots=True)
class Looked:
    """A review as it stands, with the decision and what it rests on today."""

    document: Document
    events: tuple[ReviewEvent, ...]
    review: Review
    evidence: str
    """Evidence hash on today's graph."""
    known: Instant | None
    """Known time of that graph; None where it was not looked at."""

    @property
    def shown(self) -> str:
        """Digest of what is shown: the decision, its evidence today, and what was judged so far."""
        judged = [asdict(one) for one in self.events if one.kind in (*JUDGED, "lapsed", "superseded")]
        return sha256([self.review.decision, self.evidence, judged])

    def told(self, *, whole: bool = True) -> dict[str, Any]:
        """As JSON; the decision whole, or less an answer that is withheld."""
        return {
            **line(self.review),
            "shown": self.shown,
            "evidence_hash": {"decided": self.document["evidence_hash"], "today": self.evidence},
            "events": [event_told(one) for one in self.events],
            "decision": self.document if whole or self.review.released else withheld(self.document),
        }


@dataclass(frozen=True, slots=True)
class Reviews:
    """All that has to do with reviews, over the ports of one database."""

    store: GraphStore
    ledger: Ledger
    registry: Registry
    adapter: Adapter
    clock: Clock

    def rules(self) -> ReviewRules | None:
        """The rules in use."""
        version = in_use("review", RULES, self.registry)
        return None if version is None else rules_of(version)

    # --- looking ---

    def look(self, decision: str) -> Looked:
        """The review of a decision, its evidence checked on today's graph. Raises DecisionNotFound, ReviewNotFound."""
        document = self._decision(decision)
        for _ in range(TRIES):
            events = self.ledger.review_events([decision]).get(decision, ())
            found = review_of(events, self._now())
            if found is None:
                raise ReviewNotFound(f"no review rule asked for a review of {decision}")
            evidence, known = self._evidence(document, found)
            noted = self._noted(document, found, events, evidence)
            if noted is None:
                return Looked(document, events, found, evidence, known)
            try:
                self.ledger.append_review(replace(noted, number=len(events) + 1))
            except ReviewMoved:
                continue
        raise ReviewMoved(f"the review of {decision} moves all the time: try again")

    def _evidence(self, document: Document, review: Review) -> tuple[str, Instant | None]:
        """The evidence hash on today's graph, and its known time; what it was when nothing can change the review."""
        if review.state in ("rejected", "changes_requested", "superseded", "lapsed"):
            return str(document["evidence_hash"]), None
        try:
            told = replay(document, self.store, self.registry, self.adapter, live=True)
        except PlanInvalid:
            # What it was read with, a decision table say, is not there any more.
            return "none: it cannot be run any more", None
        if "evidence_hash" not in told:
            return f"none: {told['state']}", None
        evidence = document["evidence_hash"] if told["state"] == "same" else told["evidence_hash"]["after"]
        return str(evidence), told["known_at"]["after"]

    def _noted(
        self, document: Document, review: Review, events: Sequence[ReviewEvent], evidence: str
    ) -> ReviewEvent | None:
        """What Whence itself has to say of the review: that its evidence changed, or that its time is over."""
        at = self._now()
        if review.state in ("open", "approved", "overridden", "excepted") and evidence != document["evidence_hash"]:
            reason = "its evidence is not what it was: the question has to be asked again"
            return ReviewEvent(review.decision, 0, "lapsed", WHENCE, at, reason=reason, evidence=evidence)
        if review.state == "expired" and not any(one.kind == "expired" for one in events):
            return ReviewEvent(review.decision, 0, "expired", WHENCE, at, reason=review.reason or "")
        return None

    def told(self, document: Document) -> Document:
        """The decision as whoever asked may read it: with the state of its review, less an answer that is withheld."""
        if not document.get("review", {}).get("required"):
            return document
        review = self.look(document["decision_id"]).review
        state = {**document["review"], **state_of(review)}
        return (document if review.released else withheld(document)) | {"review": state}

    def readable(self, document: Document) -> Document:
        """The decision whole, if whoever asked may read its answer. Raises AnswerWithheld."""
        told = self.told(document)
        if told["outcome"] == "pending_review":
            raise AnswerWithheld(f"{document['decision_id']}: {told['answer']['reason']}")
        return document

    def all_told(self, documents: list[Document]) -> list[Document]:
        """The same of several, by what was said of them; their evidence is not looked at anew."""
        needed = [one["decision_id"] for one in documents if one.get("review", {}).get("required")]
        events = self.ledger.review_events(needed) if needed else {}
        shown = []
        for one in documents:
            review = review_of(events.get(one["decision_id"], ()), self._now())
            kept = one["decision_id"] in needed and (review is None or not review.released)
            shown.append(withheld(one) if kept else one)
        return shown

    # --- judging ---

    def move(self, decision: str, move: Move) -> Looked:
        """Append what somebody says. Raises MoveRefused, ReviewInvalid, ReviewSettled, ReviewMoved, and as ``look``."""
        _check_words(move)
        for _ in range(TRIES):
            looked = self.look(decision)
            event = ReviewEvent(
                decision,
                len(looked.events) + 1,
                move.kind,
                move.actor,
                self._now(),
                move.roles,
                move.reason,
                looked.shown,
                looked.evidence,
                move.answer,
                move.until,
                move.to,
                actor_kind=move.actor_kind,
            )
            moved(looked.review, event)
            if move.shown is not None and move.shown != looked.shown:
                raise ReviewMoved(
                    f"the review of {decision}, or its evidence, is not what was shown: look at it again, then decide"
                )
            try:
                self.ledger.append_review(event, looked.known)
            except ReviewMoved:
                continue
            return self.look(decision)
        raise ReviewMoved(f"the review of {decision} moves all the time: try again")

    def feedback(self, decision: str, event: ReviewEvent) -> ReviewEvent:
        """Append a caller's word on an answer. Raises DecisionNotFound, ReviewInvalid."""
        self._decision(decision)
        _check_words(Move("feedback", event.actor, reason=event.reason, answer=event.answer))
        for _ in range(TRIES):
            number = len(self.ledger.review_events([decision]).get(decision, ())) + 1
            said = replace(event, decision=decision, number=number, kind="feedback", at=self._now())
            try:
                self.ledger.append_review(said)
            except ReviewMoved:
                continue
            return said
        raise ReviewMoved(f"much is said of {decision} at once: try again")

    def feedback_of(self, decision: str) -> list[ReviewEvent]:
        """What callers said of it, oldest first. Raises DecisionNotFound."""
        self._decision(decision)
        return [one for one in self.ledger.review_events([decision]).get(decision, ()) if one.kind == "feedback"]

    # --- the queue, and what a change of the graph does to it ---

    def queue(self, sought: Sought) -> Queued:
        """Reviews that are sought, newest first. Raises ReviewNotFound for the one to go on after."""
        return queue(self.ledger, sought, self._now())

    def check(self, tell: Callable[[int], None] = lambda _: None, *, at_once: int = PAGE) -> list[Review]:
        """Look at every review that stands, after a change of the graph; those that ended by it."""
        ended = []
        for number, decision in enumerate(self._standing(at_once), 1):
            try:
                found = self.look(decision).review
            except (DecisionNotFound, ReviewNotFound):
                continue  # it was erased meanwhile
            if found.state in ("lapsed", "expired"):
                ended.append(found)
            tell(number)
        return ended

    def _standing(self, at_once: int) -> Iterator[str]:
        """Page by page, however many stand; one that is looked at may not stand any more, and is gone on after."""
        after: str | None = None
        while page := self.ledger.reviews(standing=True, after=after, limit=at_once):
            yield from page
            after = page[-1]

    def _decision(self, decision: str) -> Document:
        document = self.ledger.decision(decision)
        if document is None:
            raise DecisionNotFound(f"no decision {decision!r}")
        return document

    def _now(self) -> str:
        return instant(self.clock())


def put_in_use(name: str, content: dict[str, Any], message: str, actor: str, registry: Registry) -> RuleVersion:
    """Save review rules and point ``production`` at them. Raises ReviewInvalid, LabelMoved."""
    if name != RULES:
        raise ReviewInvalid(f"review_rules: decisions are held against the rules called {RULES!r}; call them so")
    before = registry.rule_labels("review", name).get(PRODUCTION)
    version = save("review", name, content, message, actor, registry)
    if version.number != before:
        move(
            "review", name, PRODUCTION, version.number,
            actor=actor, reason=message, registry=registry, expected=before,
        )  # fmt: skip
    return version


def ending(text: str) -> Instant:
    """The time at which an exception ends; a day is meant to its end. Raises ReviewInvalid."""
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-03-31"):
            moment += timedelta(days=1)
        return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as exc:
        raise ReviewInvalid(f"{text[:40]!r} is no time: write it like 2026-03-31 or 2026-03-31T09:00:00Z") from exc


def _check_words(move: Move) -> None:
    if not move.actor.strip():
        raise ReviewInvalid("who says so is not named")
    for what, text in (("reason", move.reason), ("answer", move.answer or ""), ("to", move.to or "")):
        if len(text) > MAX_TEXT or any("\ud800" <= c <= "\udfff" or (c < " " and c != "\n") for c in text):
            raise ReviewInvalid(f"{what}: expected text of at most {MAX_TEXT:,} characters")
    if move.kind == "assigned" and not (move.to or "").strip():
        raise ReviewInvalid("to whom is it assigned?")


def line(review: Review) -> dict[str, Any]:
    """A review without its decision and events."""
    needed = review.requirement
    return {
        "decision_id": review.decision,
        **state_of(review),
        "asked_by": review.author or None,
        "opened_at": review.opened_at,
        "required_because": needed.reason,
        "tier": needed.tier,
        "rules": needed.rules,
        "withhold": needed.withhold,
        "stages": [asdict(one) for one in needed.stages],
        "approvals": [asdict(one) for one in review.approvals],
        "waits_for": None if review.waits_for is None else asdict(review.waits_for),
        "assignee": review.assignee,
        "due_at": review.due_at,
        "escalated": review.escalated,
    }


def state_of(review: Review) -> dict[str, Any]:
    """The state, how it came to be, and whether the answer may be read."""
    return {
        "state": review.state,
        "state_reason": review.reason if review.state != "open" else None,
        "by": review.by,
        "answer": review.answer,
        "until": review.until,
        "superseded_by": review.superseded_by,
        "released": review.released,
    }


def event_told(event: ReviewEvent) -> dict[str, Any]:
    """An event as JSON, without what was not said."""
    told = asdict(event)
    return {key: value for key, value in told.items() if value not in (None, "", ()) and key != "requirement"}

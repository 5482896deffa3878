"""Append-only records: decisions, runs, lineage events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol

from kg.domain.difference import FactChange
from kg.domain.fact import Instant
from kg.domain.lineage import LiveRun, Rejection, Run
from kg.domain.openlineage import LineageEvent, LineageNode, Toward
from kg.domain.review import ReviewEvent
from kg.errors import Conflict, DecisionNotFound, DecisionSuperseded, RequestReused, ReviewMoved
from kg.ports.kept import ALL, HoldMove, Kept, Requested, Wanted

RunEvents = Callable[[Run], Iterable[LineageEvent]]
"""The events of a run, once it is known what it changed."""


def no_events(_: Run) -> tuple[LineageEvent, ...]:
    """A run that says nothing of itself."""
    return ()


class Appending(Protocol):
    """What an answer needs of a ledger."""

    def append(self, kept: Kept, requested: Requested | None = None) -> Kept:
        """Record it; the same one again is kept once. Says what is recorded under the request: it, or one before.

        Raises DecisionNotFound for a decision it is to supersede that is not there, DecisionSuperseded for one that
        another supersedes, and RequestReused where the request's key was used for another body.
        """
        ...


class DecisionLedger(Appending, Protocol):
    """Decisions, each kept as a record and its quotes; append and read, no update of a record.

    A purge empties the quotes; what is older than it has to be kept may be expired, unless it is held.
    """

    def requested(self, caller: str, key: str, at: Instant) -> tuple[str, str] | None:
        """Body and decision of the request with this key, if it is still remembered."""
        ...

    def decision(self, decision_id: str) -> dict[str, Any] | None:
        """The document; without a word of it where it was erased."""
        ...

    def documents(self, decision_ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The documents of those that are there, in one read."""
        ...

    def kept(self, decision_id: str) -> Kept | None: ...

    def decisions(
        self, limit: int, after: str | None = None, wanted: Wanted = ALL, *, skip: int = 0
    ) -> list[dict[str, Any]]:
        """Newest first, from the one that came before ``after`` on, less so many. Raises DecisionNotFound for it."""
        ...

    def hold(self, move: HoldMove) -> None:
        """Put a decision under legal hold, or end that. Raises DecisionNotFound, and Conflict if it is so."""
        ...

    def holds(self, decision_id: str) -> tuple[HoldMove, ...]:
        """Oldest first."""
        ...

    def expire(self, before: Instant, limit: int, actor: str) -> tuple[str, ...]:
        """Erase the oldest of the decisions asked before this that are not held; gives their ids."""
        ...


def check_supersedes(wanted: str, *, there: bool, by: str | None) -> None:
    """Whether a decision may take the place of another: the rule of every ledger.

    Raises DecisionNotFound, DecisionSuperseded.
    """
    if not there:
        raise DecisionNotFound(f"no decision {wanted!r} to supersede")
    if by is not None:
        raise DecisionSuperseded(f"{wanted} is superseded by {by} already: supersede that one")


def check_hold(move: HoldMove, *, there: bool, held: bool) -> None:
    """Whether the move may be made: the rule of every ledger. Raises DecisionNotFound, Conflict."""
    if not there:
        raise DecisionNotFound(f"no decision {move.decision!r}")
    if held == move.held:
        raise Conflict(f"{move.decision} is {'held already' if held else 'not held'}")


def check_body(requested: Requested, body: str) -> None:
    """Whether a request with a used key asks the same. Raises RequestReused."""
    if body != requested.body:
        raise RequestReused("this idempotency key was used for another request: take a new one")


def check_unmoved(event: ReviewEvent, head: Instant, known: Instant | None) -> None:
    """Whether the graph is still as its evidence was looked at: the rule of every ledger. Raises ReviewMoved."""
    if known is not None and head > known:
        raise ReviewMoved(f"the graph moved since the evidence of {event.decision} was looked at: look at it again")


class ReviewLedger(Protocol):
    """What was said of decisions, one event after the other; append and read. A purge alone empties their texts.

    The event that opens a review is appended with its decision, in one transaction.
    """

    def append_review(self, event: ReviewEvent, known: Instant | None = None) -> None:
        """The next event of its decision, if the graph did not move past ``known``, at which it was looked at.

        Raises ReviewMoved if it did, or if another event has its number already.
        """
        ...

    def review_events(self, decision_ids: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
        """By decision, as they happened; none of one of which nothing was said."""
        ...

    def reviews(self, *, standing: bool, after: str | None, limit: int, skip: int = 0) -> list[str]:
        """Decisions that have a review, newest first, from the one that came before ``after`` on, less so many.

        ``standing`` leaves out those that only a later decision changes. Raises ReviewNotFound for ``after``.
        """
        ...


class TouchLedger(Protocol):
    """What each decision rests on and what it read, as keys (kg/domain/touched.py) recorded with it."""

    def touching(self, keys: Collection[str], limit: int) -> list[tuple[str, bool]]:
        """Decisions with one of these keys, and whether one of them carried a claim.

        First those whose review releases them, as it was said last; of these those that were carried, then the newest.
        """
        ...


class Ledger(DecisionLedger, ReviewLedger, TouchLedger, Protocol):
    """Decisions, what was said of them, and what they touch."""


class RunLedger(Protocol):
    """Runs, the records they rejected, and OpenLineage events: of these runs, and received ones."""

    def append_run(self, run: Run, rejections: Iterable[Rejection], events: Iterable[LineageEvent] = ()) -> None:
        """Record a run that changed nothing (failed, unchanged); commits record their own."""
        ...

    def runs(self, limit: int) -> list[Run]:
        """Newest first."""
        ...

    def run(self, run_id: str) -> Run | None: ...

    def live(self) -> LiveRun | None:
        """The load at work, as it told last; or one that ended without a word, which is lost. One loads at a time.

        It is there until its run is recorded; a lost one until the next load, retirement or purge records it.
        """
        ...

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        """Fingerprint of the newest complete run of this dataset version, or of all versions of the dataset."""
        ...

    def rejections(self, run_id: str) -> list[Rejection]: ...

    def append_events(self, events: Sequence[LineageEvent], actor: str = "") -> int:
        """Record those received that are not recorded yet, all or none; says how many these are."""
        ...

    def events(self, run: str) -> list[dict[str, Any]]:
        """Events of the run of this OpenLineage id, as they happened."""
        ...

    def known(self, nodes: Collection[LineageNode]) -> frozenset[LineageNode]:
        """Those of them that an event made known."""
        ...

    def linked(
        self, nodes: Collection[LineageNode], toward: Toward, limit_each: int
    ) -> dict[LineageNode, tuple[LineageNode, ...]]:
        """What each leads to (``down``) or comes from (``up``) by one link, in order of their keys."""
        ...

    def changes(self, run_id: str) -> list[FactChange]:
        """Facts that a load gained and lost, ordered by predicate and id; none of a first load, or once purged."""
        ...

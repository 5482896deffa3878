"""Append-only records: decisions, runs, lineage events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from kg.domain.difference import FactChange
from kg.domain.lineage import LiveRun, Rejection, Run
from kg.domain.openlineage import LineageEvent, LineageNode, Toward
from kg.domain.review import ReviewEvent

RunEvents = Callable[[Run], Iterable[LineageEvent]]
"""The events of a run, once it is known what it changed."""


def no_events(_: Run) -> tuple[LineageEvent, ...]:
    """A run that says nothing of itself."""
    return ()


class ReviewLedger(Protocol):
    """What was said of decisions, one event after the other; append and read. A purge alone empties their texts.

    The event that opens a review is appended with its decision, in one transaction.
    """

    def append_review(self, event: ReviewEvent) -> None:
        """The next event of its decision. Raises ReviewMoved if another one has its number already."""
        ...

    def review_events(self, decision_ids: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
        """By decision, as they happened; none of one of which nothing was said."""
        ...

    def reviews(self, *, standing: bool, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Decisions that have a review, newest first, each with its place; those after a place: ``before`` it.

        ``standing`` leaves out those that only a later decision changes.
        """
        ...


class DecisionLedger(Protocol):
    """Decisions as canonical JSON documents; append and read, no update. A purge alone empties them."""

    def append(self, decision_id: str, document: dict[str, Any]) -> None: ...

    def decision(self, decision_id: str) -> dict[str, Any] | None: ...

    def decisions(self, limit: int) -> list[dict[str, Any]]:
        """Newest first."""
        ...


class Ledger(DecisionLedger, ReviewLedger, Protocol):
    """Decisions and what was said of them."""


class RunLedger(Protocol):
    """Runs, the records they rejected, and OpenLineage events: of these runs, and received ones."""

    def append_run(self, run: Run, rejections: Iterable[Rejection], events: Iterable[LineageEvent] = ()) -> None:
        """Record a run that changed nothing (failed, unchanged); commits record their own."""
        ...

    def runs(self, limit: int) -> list[Run]:
        """Newest first."""
        ...

    def live(self) -> LiveRun | None:
        """The load at work, as it told last; or one that ended without a word, which is lost. One loads at a time.

        It is there until its run is recorded; a lost one until the next load, retirement or purge records it.
        """
        ...

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        """Fingerprint of the newest complete run of this dataset version, or of all versions of the dataset."""
        ...

    def rejections(self, run_id: str) -> list[Rejection]: ...

    def append_events(self, events: Collection[LineageEvent]) -> int:
        """Record those that are not recorded yet, all or none; says how many these are."""
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

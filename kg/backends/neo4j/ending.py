"""Ending assertions in batches, at a known time after the head: seen by nobody before the head moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.lock import LoadLock
from kg.backends.neo4j.rows import Change, Support
from kg.backends.neo4j.supports import Copies, Touched, change, refresh
from kg.domain.batches import batches
from kg.domain.fact import FOREVER, FactId, Instant

AT_ONCE = 2_000
Item = TypeVar("Item")
Result = TypeVar("Result")


class Ending:
    """What a run ends, and what of it is still said."""

    def __init__(self, lock: LoadLock, at: Instant, copies: Copies | None = None) -> None:
        self._lock = lock
        self._at = at
        self.copies: Copies = defaultdict(set) if copies is None else copies
        self.retired = 0
        self.said: dict[FactId, bool] = {}
        """Of each fact of an assertion that was ended, whether anything still says it."""
        self.lost: dict[FactId, Touched] = {}
        """Facts that their version no longer says."""

    def end(self, version: str, ids: Iterable[str]) -> None:
        """End these assertions of one version."""
        for batch in batches(ids, AT_ONCE):
            copies, said, lost = fenced(self._lock, lambda tx, batch=batch: self._batch(tx, version, batch))  # type: ignore[misc]
            self.retired += len(batch)
            self.said |= said
            self.lost |= lost
            for predicate, entities in copies.items():
                self.copies[predicate] |= entities

    def _batch(
        self, tx: Transaction, version: str, ids: Sequence[str]
    ) -> tuple[Copies, dict[FactId, bool], dict[FactId, Touched]]:
        [_, objects, _] = self._lock.fence(tx)
        rows = tx.run(texts.RETIRE, ids=list(ids), at=self._at)
        pairs = [[fact, class_] for fact, _, _, class_ in rows]
        live = {tuple(pair) for pair in tx.run(texts.STILL_LIVE, pairs=pairs, version=version, forever=FOREVER)}
        ended: dict[FactId, set[int]] = defaultdict(set)
        touched: dict[FactId, Touched] = {}
        said: dict[FactId, bool] = {}
        lost: dict[FactId, Touched] = {}
        for fact, predicate, subject, class_ in rows:
            if (fact, class_) in live:
                said[fact] = True
            else:
                ended[fact].add(class_)
                touched[fact] = Touched(fact, predicate, subject)

        def ending(fact: FactId) -> Change:
            def apply(held: tuple[Support, ...]) -> tuple[Support, ...]:
                left = tuple(
                    replace(entry, known_to=self._at)
                    if (entry.version, entry.known_to) == (version, FOREVER) and entry.class_ in ended[fact]
                    else entry
                    for entry in held
                )
                still = [entry.version for entry in left if entry.known_to == FOREVER]
                said[fact] = bool(still)
                if version not in still:
                    lost[fact] = touched[fact]
                return left

            return apply

        copies = change(tx, list(touched.values()), objects, {fact: ending(fact) for fact in touched})
        return copies, said, lost

    def refresh(self) -> None:
        """Write the readable copies anew of what has changed."""
        for predicate, entities in self.copies.items():
            for ids in batches(sorted(entities), AT_ONCE):
                fenced(self._lock, lambda tx, predicate=predicate, ids=ids: refresh(tx, predicate, ids, self._at))  # type: ignore[misc]


def fenced(lock: LoadLock, work: Callable[[Transaction], Result]) -> Result:
    """Do the work in one transaction while the lock is held."""

    def held(tx: Transaction) -> Result:
        lock.fence(tx)
        return work(tx)

    return lock.database.write(held)

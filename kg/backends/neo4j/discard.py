"""Removing what a load staged and did not commit, in transactions of bounded size.

It can itself be killed at any point: the note of what is staged goes last, and the next load starts from it.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.lock import LoadLock, Staged
from kg.backends.neo4j.rows import Support
from kg.backends.neo4j.supports import Copies, Touched, change, refresh
from kg.domain.fact import FOREVER

AT_ONCE = 2_000


def discard(lock: LoadLock, staged: Staged) -> None:
    """Leave the graph as it was before the load."""
    database = lock.database
    stale: Copies = defaultdict(set)
    versions = staged.version.split()
    for version, (text, back) in itertools.product(versions, ((texts.RETIRED, _reopened), (texts.STAGED, _without))):
        while (found := database.write(_batch(lock, replace(staged, version=version), text, back))) is not None:
            for predicate, entities in found.items():
                stale[predicate] |= entities
    for predicate, entities in stale.items():
        ids = sorted(entities)
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            database.write(lambda tx, predicate=predicate, some=some: refresh(tx, predicate, some, lock.head))  # type: ignore[misc]
    while database.write(lambda tx: tx.run(texts.DELETE_REJECTIONS, run=staged.run, limit=AT_ONCE))[0][0]:
        pass

    def finish(tx: Transaction) -> None:
        lock.fence(tx)
        tx.run(texts.DELETE_RUN, run=staged.run)
        for version in versions:
            tx.run(texts.DELETE_SOURCES, version=version)
            tx.run(texts.DELETE_VERSION, version=version)
        tx.run(texts.UNSTAGE)

    database.write(finish)


def _batch(
    lock: LoadLock,
    staged: Staged,
    text: str,
    back: Callable[[Staged, tuple[Support, ...]], tuple[Support, ...]],
) -> Callable[[Transaction], Copies | None]:
    def work(tx: Transaction) -> Copies | None:
        _, objects, _ = lock.fence(tx)
        rows = tx.run(text, version=staged.version, at=staged.at, forever=FOREVER, limit=AT_ONCE)
        if not rows:
            return None
        touched = [Touched(*row) for row in rows]
        return change(tx, touched, objects, {item.fact: lambda held: back(staged, held) for item in touched})

    return work


def _reopened(staged: Staged, held: tuple[Support, ...]) -> tuple[Support, ...]:
    return tuple(
        replace(entry, known_to=FOREVER) if (entry.version, entry.known_to) == (staged.version, staged.at) else entry
        for entry in held
    )


def _without(staged: Staged, held: tuple[Support, ...]) -> tuple[Support, ...]:
    return tuple(entry for entry in held if (entry.version, entry.known_from) != (staged.version, staged.at))

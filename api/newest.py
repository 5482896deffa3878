"""Reading a record that is kept newest first, no further back than needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kg.domain.lineage import Run
from kg.ports.ledger import RunLedger

T = TypeVar("T")
GROWTH = 4
RUNS_LOOKED_AT = (1_000, 10_000, 100_000)
"""Newest runs that one run is looked for among, one number after the other."""


def newest(read: Callable[[int], list[T]], shown: Callable[[list[T]], list[T]], limit: int, most: int) -> list[T]:
    """The newest ``limit`` that are shown, reading further back only while too few are, and ``most`` at the most."""
    asked = min(limit, most)
    while True:
        found = read(asked)
        kept = shown(found)
        if len(kept) >= limit or len(found) < asked or asked >= most:
            return kept[:limit]
        asked = min(asked * GROWTH, most)


def run_of(ledger: RunLedger, run_id: str) -> Run | None:
    """The run of this id, if it is among the newest 100,000."""
    for asked in RUNS_LOOKED_AT:
        found = ledger.runs(asked)
        named = next((run for run in found if run.id == run_id), None)
        if named is not None or len(found) < asked:
            return named
    return None

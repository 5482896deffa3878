"""Reading a record that is kept newest first, no further back than needed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from kg.domain.lineage import Run
from kg.errors import RunNotFound
from kg.ports.ledger import RunLedger

T = TypeVar("T")
GROWTH = 4
RUNS_LOOKED_AT = (1_000, 10_000, 100_000)
"""Newest runs that something is looked for among, one number after the other."""


def newest(read: Callable[[int], list[T]], shown: Callable[[list[T]], list[T]], limit: int, most: int) -> list[T]:
    """The newest ``limit`` that are shown, reading further back only while too few are, and ``most`` at the most."""
    asked = min(limit, most)
    while True:
        found = read(asked)
        kept = shown(found)
        if len(kept) >= limit or len(found) < asked or asked >= most:
            return kept[:limit]
        asked = min(asked * GROWTH, most)


@dataclass(frozen=True, slots=True)
class RunPage:
    """Runs, newest first, and the last of them where there are more."""

    runs: list[Run]
    next: str | None


def runs_after(ledger: RunLedger, after: str | None, limit: int, shown: Callable[[list[Run]], list[Run]]) -> RunPage:
    """The next so many after a run that is shown, out of the newest 100,000. Raises RunNotFound."""
    met = after is None

    def rest(found: list[Run]) -> list[Run]:
        nonlocal met
        kept = shown(found)
        place = next((at for at, run in enumerate(kept) if run.id == after), None)
        met = met or place is not None
        return kept if after is None else [] if place is None else kept[place + 1 :]

    some = newest(ledger.runs, rest, limit + 1, RUNS_LOOKED_AT[-1])
    if not met:
        raise RunNotFound(f"no run {after!r} to go on after")
    return RunPage(some[:limit], some[limit - 1].id if len(some) > limit else None)


def newest_loads(ledger: RunLedger, refs: Collection[str]) -> dict[str, Run]:
    """Of each dataset version the newest run that loaded it, or found it as it was, out of the newest 100,000."""
    met: dict[str, Run] = {}
    for asked in RUNS_LOOKED_AT:
        found = ledger.runs(asked)
        for run in found:
            ref = f"{run.dataset}@{run.version}"
            if ref in refs and run.state in ("complete", "unchanged") and run.job == f"load {ref}":
                met.setdefault(ref, run)
        if len(met) == len(set(refs)) or len(found) < asked:
            break
    return met

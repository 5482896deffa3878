"""Ending what a source, a version or a whole dataset says: in batches that nobody sees, then all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.ending import Ending, fenced
from kg.backends.neo4j.facts import facts_of
from kg.backends.neo4j.lock import LoadLock
from kg.domain.difference import FactChange, profile_after
from kg.domain.fact import FOREVER, Instant
from kg.domain.lineage import Changes, Run
from kg.domain.records import dump, load_profile
from kg.domain.ref import Ref, retired_message
from kg.errors import DatasetNotFound, NotFound

Record = Callable[[Transaction, Run], None]
"""What is done in the transaction that makes it visible, beside moving the head."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What is to be retired: versions as a whole, or one source of a version that has others."""

    versions: tuple[str, ...]
    source: str = ""


def extent_of(lock: LoadLock, ref: Ref) -> Extent:
    """Raises DatasetNotFound or NotFound where nothing is live."""
    read = lock.database.read
    if ref.source:
        found = read(texts.LIVE_SOURCE, source=ref.source, forever=FOREVER)
        if not found:
            raise NotFound(f"no source {ref.source!r} is in use; see `whence sources`")
        [[version, others]] = found
        return Extent((version,), ref.source if others else "")
    versions = read(texts.LIVE_VERSIONS, dataset=ref.dataset, version=ref.version, forever=FOREVER)
    if not versions:
        raise DatasetNotFound(f"no dataset {ref.text!r} is in use; see `whence sources`")
    return Extent(tuple(dict.fromkeys(version for (version,) in versions)))


def retire(lock: LoadLock, ref: Ref, run: Run, at: Instant, record: Record) -> Run:
    """Raises DatasetNotFound or NotFound where nothing is live. What is staged has to be discarded if it fails."""
    database, extent = lock.database, extent_of(lock, ref)
    fenced(lock, lambda tx: tx.run(texts.STAGE, run=run.id, version=" ".join(extent.versions), at=at))
    ending = Ending(lock, at)
    for version in extent.versions:
        bounds = {"version": version, "source": extent.source, "forever": FOREVER, "at": at}
        text = texts.LIVE_IDS_OF_SOURCE if extent.source else texts.LIVE_IDS_OF_VERSION
        with database.stream(text, **bounds) as rows:
            ids = [row[0] for row in rows]
        ending.end(version, ids)
    ending.refresh()
    profile = _profile(lock, extent, ending) if extent.source else ""
    current = database.read(texts.CURRENT, dataset=ref.dataset, forever=FOREVER)
    without = not extent.source and any(version in extent.versions for (version,) in current)
    lost = sum(not said for said in ending.said.values())
    message = retired_message(ref, lost, len(ending.said) - lost, without_current=without)
    done = replace(run, changes=Changes(retired=ending.retired, lost=lost), message=message)

    def finish(tx: Transaction) -> None:
        ends = {"at": at, "forever": FOREVER}
        if extent.source:
            tx.run(texts.END_SOURCE_STATE, source=extent.source, **ends)
            tx.run(texts.RENEW_VERSION_STATE, version=extent.versions[0], profile=profile, **ends)
        for version in () if extent.source else extent.versions:
            for text in (texts.END_SOURCE_STATES, texts.END_VERSION_STATE, texts.END_CURRENT):
                tx.run(text, version=version, **ends)
        record(tx, done)
        tx.run(texts.MOVE_HEAD, at=at)
        tx.run(texts.UNSTAGE)

    fenced(lock, finish)
    return done


def _profile(lock: LoadLock, extent: Extent, ending: Ending) -> str:
    """The counts of the version without the source."""
    read = lock.database.read
    held = read(texts.HELD_PROFILE, version=extent.versions[0], forever=FOREVER)
    objects: list[str] = fenced(lock, lambda tx: lock.fence(tx)[1])
    lost = facts_of(read, ending.lost.values(), objects)
    return dump(profile_after(load_profile(held[0][0]), [FactChange(fact, gained=False) for fact in lost]))

"""Erasing for real, in batches of what no view reads any more; what is left to do is noted until it is done."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from kg.backends.neo4j import decision_texts, records, texts
from kg.backends.neo4j.database import Row, Transaction
from kg.backends.neo4j.decisions import put_emptied
from kg.backends.neo4j.ending import AT_ONCE, fenced
from kg.backends.neo4j.facts import facts_of
from kg.backends.neo4j.lock import LoadLock
from kg.backends.neo4j.retire import retire
from kg.backends.neo4j.rows import Change, Support
from kg.backends.neo4j.supports import Touched, change, refresh
from kg.domain.batches import batches
from kg.domain.erasure import Purged, purged_message, quotes, refuse_held, scrubbed
from kg.domain.fact import IDENTITY, Fact, Instant
from kg.domain.lineage import Run
from kg.domain.openlineage import own_source, run_uuid
from kg.domain.records import dump, load_run, load_source
from kg.domain.ref import Ref
from kg.errors import DatasetNotFound, NotFound
from kg.ports.clock import Clock, instant
from kg.ports.kept import emptied, loaded

DECISIONS_AT_ONCE = 100


def purge(lock: LoadLock, ref: Ref, run: Run, at: Instant, clock: Clock) -> Run:
    """Retire it and note that it is to be erased, then erase. Raises DatasetNotFound, NotFound or DecisionHeld."""
    named = _named(ref)
    if ref.source and not lock.database.read(texts.SOURCES_OF, **named):
        raise NotFound(f"no source {ref.source!r}; see `whence sources`")
    if not lock.database.read(texts.VERSIONS_OF, **named) and not lock.database.read(texts.RUNS_OF, **named):
        raise DatasetNotFound(f"no dataset {ref.text!r}; see `whence sources`")

    _refuse_held(lock, ref)

    def note(tx: Transaction, done: Run) -> None:
        held = {"ref": asdict(ref), "at": at, "run": dump(replace(done, message=""))}
        tx.run(texts.NOTE_PURGING, note=json.dumps(held))

    try:
        retire(lock, ref, run, at, note)
    except NotFound:
        # It was retired before; what it said is still held for the past.
        fenced(lock, lambda tx: note(tx, run))
    return _finish(lock, clock)


def finish(lock: LoadLock, clock: Clock) -> None:
    """Go on with a purge that was cut off."""
    if lock.database.read(texts.PURGING)[0][0] is not None:
        _finish(lock, clock)


def _finish(lock: LoadLock, clock: Clock) -> Run:
    noted = json.loads(lock.database.read(texts.PURGING)[0][0])
    ref, run, at = Ref(**noted["ref"]), load_run(noted["run"]), noted["at"]
    purged, sources, unsaid, objects = _purged(lock, ref)
    decisions = _erase_quotes(lock, purged, ref, run, at)
    assertions = sum(_erase_source(lock, version, source, objects) for version, source, _ in sources)
    _erase_records(lock, ref, [source for _, source, _ in sources])
    message = purged_message(assertions, unsaid, decisions)
    done = replace(run, changes=replace(run.changes, lost=unsaid), message=message)

    def end(tx: Transaction) -> None:
        tx.run(texts.NOTE_PURGING, note=None)
        records.put_run(tx, done, instant(clock()))

    fenced(lock, end)
    return done


def _purged(lock: LoadLock, ref: Ref) -> tuple[Purged, list[list[Any]], int, list[str]]:
    """What goes; its sources by version; how many facts nothing else says; predicates between entities."""
    sources: list[list[Any]] = lock.database.read(texts.SOURCES_OF, **_named(ref))
    objects: list[str] = fenced(lock, lambda tx: lock.fence(tx)[1])
    unsaid, identity = _unsaid(lock, [source for _, source, _ in sources], objects)
    documents = [text for _, _, found in sources for text in found]
    return Purged.of([load_source(text) for text in documents], identity), sources, unsaid, objects


def _named(ref: Ref) -> dict[str, str]:
    return {"dataset": ref.dataset, "version": ref.version, "source": ref.source}


def _unsaid(lock: LoadLock, sources: list[str], objects: list[str]) -> tuple[int, list[Fact]]:
    """How many facts nothing but these sources says or said, and those of them about what entities are."""
    read = lock.database.read
    touched: dict[str, Touched] = {}
    for source in sources:
        with lock.database.stream(texts.FACTS_OF_SOURCE, source=source) as rows:
            touched |= {row[0]: Touched(*row) for row in rows}
    identity: list[Fact] = []
    for some in batches(sorted(touched), AT_ONCE):
        for (fact,) in read(texts.SAID_ELSEWHERE, facts=list(some), sources=sources):
            del touched[fact]
        told = (touched[fact] for fact in some if fact in touched and touched[fact].predicate in IDENTITY)
        identity += facts_of(read, told, objects)
    return len(touched), identity


def _refuse_held(lock: LoadLock, ref: Ref) -> None:
    """Raises DecisionHeld where a decision under legal hold quotes what would go."""
    held = [loaded(*row) for row in lock.database.read(decision_texts.HELD_DECISIONS)]
    if held:
        purged = _purged(lock, ref)[0]
        refuse_held(ref, [one.id for one in held if quotes(one.document, purged)])


def _erase_quotes(lock: LoadLock, purged: Purged, ref: Ref, run: Run, at: Instant) -> int:
    """Empty the decisions that quote what is purged; gives how many."""
    last, count, mark = 0, 0, {"ref": ref.text, "run": run.id, "at": at}
    while found := lock.database.read(decision_texts.DECISIONS_AFTER, after=last, limit=DECISIONS_AT_ONCE):
        last = found[-1][0]
        left = [emptied(one, mark) for _, *row in found if quotes((one := loaded(*row)).document, purged)]
        if left:
            fenced(lock, lambda tx, left=left: put_emptied(tx, left))  # type: ignore[misc]
        count += len(left)
    return count


def _erase_source(lock: LoadLock, version: str, source: str, objects: list[str]) -> int:
    """Erase what the source said, and the facts and entities that nothing else speaks of; counts assertions."""
    count = 0
    while True:
        erased_now, copies = fenced(lock, lambda tx: _erase_batch(tx, version, source, objects))
        if not erased_now:
            return count
        count += erased_now
        for predicate, entities in copies.items():
            for ids in batches(sorted(entities), AT_ONCE):
                fenced(lock, lambda tx, predicate=predicate, ids=ids: refresh(tx, predicate, ids, lock.head))  # type: ignore[misc]


def _erase_batch(tx: Transaction, version: str, source: str, objects: list[str]) -> tuple[int, Any]:
    rows = tx.run(texts.ERASE_ASSERTIONS, source=source, limit=AT_ONCE)
    touched = {row[0]: Touched(*row) for row in rows}
    left: dict[str, list[Support]] = {fact: [] for fact in touched}
    for fact, *support in tx.run(texts.LEFT_OF_VERSION, facts=sorted(touched), version=version):
        left[fact].append(Support(*support))

    def without(fact: str) -> Change:
        mine = sorted(left[fact], key=lambda entry: (entry.known_from, entry.class_))
        return lambda held: (*(entry for entry in held if entry.version != version), *mine)

    return len(rows), change(tx, list(touched.values()), objects, {fact: without(fact) for fact in touched})


def _erase_records(lock: LoadLock, ref: Ref, sources: Iterable[str]) -> None:
    named, database = _named(ref), lock.database
    mark = json.dumps({"source": ref.source}, ensure_ascii=False, separators=(",", ":"))[1:-1] if ref.source else ""
    for run_id, document in database.read(texts.RUNS_OF, **named):
        _until_none(lock, texts.ERASE_REJECTIONS, run=run_id, source=mark)
        _do(lock, texts.ERASE_EVENTS, run=run_uuid(run_id))
        _do(lock, texts.SET_RUN, run=run_id, document=dump(scrubbed(load_run(document))))
    _until_none(lock, texts.ERASE_CHANGES, dataset=ref.dataset)
    for source in sources:
        _do(lock, texts.ERASE_LINKS, key=own_source(source).key)
        _do(lock, texts.ERASE_SOURCE, source=source)
    for (version,) in () if ref.source else database.read(texts.VERSIONS_OF, **named):
        _do(lock, texts.ERASE_VERSION, version=version)


def _do(lock: LoadLock, text: str, **values: Any) -> list[Row]:
    return fenced(lock, lambda tx: tx.run(text, **values))


def _until_none(lock: LoadLock, text: str, **values: Any) -> None:
    """Erase so many at a time."""
    while _do(lock, text, limit=AT_ONCE, **values)[0][0]:
        pass

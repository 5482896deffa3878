"""One load, from the dataset file to the visible graph: read, map, validate, expect, commit."""

from __future__ import annotations

import gc
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kg.bootstrap import Services
from kg.domain.fact import TYPE, EntityId, Fact, Instant, Literal
from kg.domain.lineage import GraphProfile, Rejection, Run, Source
from kg.domain.ontology import Ontology
from kg.errors import ExpectationFailed, KgError, OntologyInvalid, SourceUnreadable
from kg.ports.clock import Clock, instant
from kg.ports.ledger import RunLedger
from kg.ports.store import Entry, GraphWriter, LoadTarget
from loaders.dataset import DatasetFile
from loaders.mapping import Choice, RecordMapping
from loaders.paths import Lookups, ValueRejected
from loaders.readers import ENCLOSING, OWN_KEY, Record, read_file, reader_for

CHUNK = 5_000
RUNS_AT_ONCE = 100
MISSING = "is declared by no loaded dataset"
Progress = Callable[[str, int, int | None], None]
"""Told the stage, how many records are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to load: the checked dataset file, its ontology, and where its files lie."""

    spec: DatasetFile
    document: dict[str, Any]
    ontology: Ontology
    ontology_document: str
    folder: Path


@dataclass
class _Tally:
    """What a run has counted so far."""

    records: int = 0
    skipped: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    """Source and locator of the records with rejections: one record may have several."""
    left_over: set[str] = field(default_factory=set)
    entities: dict[EntityId, str] = field(default_factory=dict)
    facts: Counter[str] = field(default_factory=Counter)
    seen: set[int] = field(default_factory=set)

    def reject(self, source: str, record: Record, reason: str, locator: str = "", said: Any = None) -> None:
        """Keep the record, or what of it is not loaded, with its reason."""
        self.rejected.add((source, record.locator))
        own = {key: value for key, value in record.fields.items() if key not in (OWN_KEY, ENCLOSING)}
        self.rejections.append(Rejection(source, locator or record.locator, reason, said or own))


@dataclass(frozen=True)
class _File:
    source: Source
    records: list[Record]


@dataclass(slots=True)
class _Wanted:
    """A record with what the mapping wants of it, or why it is rejected as a whole."""

    source: str
    record: Record
    choice: Choice
    problem: str | None


_Held = tuple[Entry, Record]
"""A fact that is yet to be checked, and the record it comes from."""


def load(job: Job, services: Services, progress: Progress) -> Run:
    """Load one dataset version. The run returned is complete or unchanged; a failed one is recorded and raised."""
    store, ledger, clock = services.store, services.runs, services.clock
    started = instant(clock())
    spec = job.spec
    try:
        contents = [(name, *read_file(_resolve(job.folder, name))) for name in spec.files]
    except SourceUnreadable as exc:
        failed = replace(_started(job, [], started), state="failed", ended_at=instant(clock()), message=str(exc))
        ledger.append_run(failed, [])
        raise
    run = _started(job, [(name, checksum) for name, _, checksum in contents], started)
    known = ledger.last_fingerprint(spec.dataset, spec.version) == run.fingerprint
    if known and not _waits(ledger, spec.dataset, spec.version):
        unchanged = replace(
            run,
            state="unchanged",
            ended_at=instant(clock()),
            message="same files, same mapping: nothing to do",
        )
        ledger.append_run(unchanged, [])
        return unchanged
    tally = _Tally()
    # A load makes hundreds of thousands of objects that stay until its end and no cycles: looking for cycles among
    # them over and over takes a fifth of its time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        files = [_read(job, name, data, checksum) for name, data, checksum in contents]
        del contents
        target = LoadTarget(
            spec.version_value(), job.ontology_document, tuple(file.source for file in files), spec.current
        )
        with store.writer(target, run.id) as writer:
            writer.put(_entries(job, files, writer, tally, progress))
            _expect(spec, tally)
            progress("commit", tally.records, tally.records)
            profile = GraphProfile(
                "", dict(sorted(Counter(tally.entities.values()).items())), dict(sorted(tally.facts.items()))
            )
            return writer.commit(_ended(run, tally, clock), profile, tally.rejections)
    except KgError as exc:
        ledger.append_run(replace(_ended(run, tally, clock), state="failed", message=str(exc)), tally.rejections)
        raise
    finally:
        if collecting:
            gc.enable()


def _waits(ledger: RunLedger, dataset: str, version: str) -> bool:
    """Whether the last complete run rejected what named entities of datasets that may have come since."""
    asked, found, last = 0, 0, None
    while last is None and found == asked:
        asked = asked * 10 or RUNS_AT_ONCE
        runs = ledger.runs(asked)
        found = len(runs)
        of_version = (run for run in runs if (run.dataset, run.version, run.state) == (dataset, version, "complete"))
        last = next(of_version, None)
    return last is not None and any(item.reason.endswith(MISSING) for item in ledger.rejections(last.id))


def _started(job: Job, checksums: list[tuple[str, str]], started: Instant) -> Run:
    spec, fingerprint = job.spec, _fingerprint(job, checksums)
    return Run(
        id=f"run-{hashlib.sha256(f'{fingerprint}{started}'.encode()).hexdigest()[:16]}",
        job=f"load {spec.dataset}@{spec.version}",
        dataset=spec.dataset,
        version=spec.version,
        state="complete",
        started_at=started,
        ended_at=started,
        fingerprint=fingerprint,
    )


def _ended(run: Run, tally: _Tally, clock: Clock) -> Run:
    return replace(
        run,
        ended_at=instant(clock()),
        records=tally.records,
        rejected=len(tally.rejections),
        skipped=tally.skipped,
        left_over=tuple(sorted(tally.left_over)),
    )


def _resolve(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SourceUnreadable(f"file {name!r} lies outside {str(folder)!r}")
    return path


def _fingerprint(job: Job, checksums: list[tuple[str, str]]) -> str:
    content = json.dumps([job.document, json.loads(job.ontology_document), checksums], sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _read(job: Job, name: str, data: bytes, checksum: str) -> _File:
    spec = job.spec
    version = spec.version_value()
    source = Source(
        id=f"{spec.dataset}@{spec.version}/{name}",
        dataset=spec.dataset,
        version=spec.version,
        name=name,
        checksum=checksum,
        classification=version.classification,
        title=spec.title,
        publisher=spec.publisher,
        licence=spec.licence,
        issued=spec.issued,
    )
    try:
        return _File(source, list(reader_for(spec.format)(data, spec.options)))
    except SourceUnreadable as exc:
        raise SourceUnreadable(f"{name}: {exc}") from exc


def _entries(job: Job, files: list[_File], writer: GraphWriter, tally: _Tally, progress: Progress) -> Iterator[Entry]:
    """Two passes: what the files declare, then every fact whose ends are declared here or by a loaded dataset."""
    mapping = RecordMapping(job.spec, job.ontology)
    total = sum(len(file.records) for file in files)
    lookups = mapping.lookups([record for file in files for record in file.records]) if mapping.needs_lookups else {}
    wanted = _declare(files, mapping, lookups, tally)
    _refuse_taken(wanted, mapping, writer, tally)
    held: list[_Held] = []
    for one in wanted:
        source, record, choice = one.source, one.record, one.choice
        tally.records += 1
        if one.problem is not None:
            tally.reject(source, record, one.problem)
            continue
        if choice.skipped:
            tally.skipped += 1
            continue
        tally.left_over |= mapping.left_over(record, choice)
        for locator, fact, reason in mapping.apply(record, choice, lookups):
            if fact is None:
                tally.reject(source, record, reason, locator)
            else:
                held.append((Entry(fact, source, locator), record))
        if len(held) >= CHUNK:
            yield from _valid(held, job.ontology, writer, tally)
            held = []
            progress("load", tally.records, total)
    yield from _valid(held, job.ontology, writer, tally)
    progress("load", tally.records, total)


def _declare(files: list[_File], mapping: RecordMapping, lookups: Lookups, tally: _Tally) -> list[_Wanted]:
    """Collect the types the files declare; gives every record with what the mapping wants of it, or its problem."""
    wanted = []
    for file in files:
        for record in file.records:
            choice, problem = Choice(), record.problem
            if problem is None:
                try:
                    choice = mapping.choose(record, lookups)
                    _add(mapping.declarations(choice), tally.entities)
                except ValueRejected as exc:
                    problem = str(exc)
            wanted.append(_Wanted(file.source.id, record, choice, problem))
    return wanted


def _add(declared: list[tuple[EntityId, str]], entities: dict[EntityId, str]) -> None:
    """Add all that one record declares. Raises ValueRejected, and adds none, when one has another type already."""
    own: dict[EntityId, str] = {}
    for entity, type_name in declared:
        first = entities.get(entity) or own.setdefault(entity, type_name)
        if first != type_name:
            raise ValueRejected(f"{entity!r} is declared twice, as {first} and as {type_name}")
    entities |= own


def _refuse_taken(wanted: list[_Wanted], mapping: RecordMapping, writer: GraphWriter, tally: _Tally) -> None:
    """Reject the records that declare what another dataset has with another type, which stands."""
    taken = {}
    ids = sorted(tally.entities)
    for start in range(0, len(ids), CHUNK):
        for entity, other in writer.declared(ids[start : start + CHUNK]).items():
            if (mine := tally.entities[entity]) != other:
                taken[entity] = f"{entity!r} is already a {other}, here it is a {mine}"
    if not taken:
        return
    tally.entities.clear()
    for one in wanted:
        if one.problem is None:
            declared = mapping.declarations(one.choice)
            one.problem = next((taken[entity] for entity, _ in declared if entity in taken), None)
            if one.problem is None:
                tally.entities.update(declared)


def _valid(held: list[_Held], ontology: Ontology, writer: GraphWriter, tally: _Tally) -> Iterator[Entry]:
    """Drop, with a reason, what the ontology does not allow or what names an entity nobody declares."""
    types = tally.entities
    ends = {end for entry, _ in held for end in (entry.fact.subject, entry.fact.object) if isinstance(end, str)}
    elsewhere = writer.declared(ends - types.keys())
    for entry, record in held:
        fact = entry.fact
        reason = _violation(fact, ontology, types, elsewhere)
        if reason is not None:
            tally.reject(entry.source, record, reason, entry.locator, _as_record(fact))
            continue
        number = int(fact.id[2:18], 16)
        if number not in tally.seen:
            tally.seen.add(number)
            tally.facts[fact.predicate] += 1
        yield entry


def _as_record(fact: Fact) -> dict[str, Any]:
    target = fact.object.value if isinstance(fact.object, Literal) else fact.object
    return {"subject": fact.subject, "predicate": fact.predicate, "object": target}


def _violation(fact: Fact, ontology: Ontology, own: dict[EntityId, str], elsewhere: dict[EntityId, str]) -> str | None:
    if fact.predicate == TYPE:
        return None
    subjects, objects = ontology.ends(fact.predicate)
    reason = None
    actual = own.get(fact.subject) or elsewhere.get(fact.subject)
    if actual is None or (subjects and actual not in subjects):
        reason = _misfit(fact.subject, actual, ontology.predicates[fact.predicate].subjects, "subject")
    elif isinstance(fact.object, str):
        actual = own.get(fact.object) or elsewhere.get(fact.object)
        if actual is None or (objects and actual not in objects):
            reason = _misfit(fact.object, actual, ontology.predicates[fact.predicate].objects, "object")
    return None if reason is None else f"{fact.predicate}: {reason}"


def _misfit(entity: EntityId, actual: str | None, allowed: tuple[str, ...], role: str) -> str:
    if actual is None:
        return f"{role} {entity!r} {MISSING}"
    return f"{role} {entity!r} is a {actual}, not a {' or '.join(allowed)}"


def _expect(spec: DatasetFile, tally: _Tally) -> None:
    """Raise ExpectationFailed naming what was expected and found."""
    share = len(tally.rejected) / tally.records if tally.records else 0.0
    if share > spec.expect.rejected:
        first = tally.rejections[0]
        hint = f"; load first: {', '.join(spec.after)}" if first.reason.endswith(MISSING) and spec.after else ""
        raise ExpectationFailed(
            f"{spec.dataset}@{spec.version}: {len(tally.rejected):,} of {tally.records:,} records rejected "
            f"({share:.1%}, allowed {spec.expect.rejected:.1%}); the first, {first.locator}: {first.reason}{hint}"
        )
    kinds = Counter(tally.entities.values())
    for what, found, bounds in (
        ("entities", kinds, spec.expect.entities),
        ("facts", tally.facts, spec.expect.facts),
    ):
        for name, (least, most) in bounds.items():
            if not least <= found[name] <= most:
                raise ExpectationFailed(
                    f"{spec.dataset}@{spec.version}: {found[name]:,} {what} of {name}, expected {least:,} to {most:,}"
                )


def ontology_text(document: dict[str, Any]) -> str:
    """The ontology document as the store keeps it."""
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError) as exc:
        raise OntologyInvalid(f"ontology file: {exc}") from exc

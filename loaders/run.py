"""One load, from the dataset file to the visible graph: read, map, validate, expect, commit."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg.bootstrap import Services
from kg.domain.fact import Instant
from kg.domain.lineage import GraphProfile, Run, Source
from kg.domain.ontology import Ontology
from kg.errors import KgError, OntologyInvalid, SourceUnreadable
from kg.ports.clock import Clock, instant
from kg.ports.ledger import RunLedger
from kg.ports.store import LoadTarget
from loaders.databases import fetch
from loaders.dataset import DatasetFile
from loaders.expectations import Watch, check
from loaders.formats import PARTED
from loaders.inputs import Input, Opened, find_inputs
from loaders.mapping import RecordMapping
from loaders.readers import Record, reader_for
from loaders.spool import Spool
from loaders.stage import Progress, Sourced, Stage
from loaders.tally import Tally
from loaders.validate import MISSING

RUNS_AT_ONCE = 100
SQL = "sql"


@dataclass(frozen=True, slots=True)
class Job:
    """What to load: the checked dataset file, its ontology, and where its files lie."""

    spec: DatasetFile
    document: dict[str, Any]
    ontology: Ontology
    ontology_document: str
    folder: Path


def load(job: Job, services: Services, progress: Progress) -> Run:
    """Load one dataset version. The run returned is complete or unchanged; a failed one is recorded and raised."""
    spec, ledger, clock = job.spec, services.runs, services.clock
    started = instant(clock())
    with tempfile.TemporaryDirectory(prefix="whence-load-") as scratch:
        try:
            inputs = _inputs(spec, job.folder, Path(scratch))
            catalogs = find_inputs(spec.options.catalogs, job.folder)
        except KgError as exc:
            failed = replace(_started(job, [], started), state="failed", ended_at=instant(clock()), message=str(exc))
            ledger.append_run(failed, [])
            raise
        run = _started(job, [*inputs, *catalogs], started)
        known = ledger.last_fingerprint(spec.dataset, spec.version) == run.fingerprint
        if known and not _waits(ledger, spec.dataset, spec.version):
            message = "same files, same mapping: nothing to do"
            unchanged = replace(run, state="unchanged", ended_at=instant(clock()), message=message)
            ledger.append_run(unchanged, [])
            return unchanged
        options = spec.options.model_copy(update={"catalogs": [str(one.path) for one in catalogs]})
        found = replace(job, spec=spec.model_copy(update={"options": options}))
        return _load(found, inputs, run, services, progress)


def _inputs(spec: DatasetFile, folder: Path, scratch: Path) -> list[Input]:
    if spec.format == SQL:
        return fetch(spec, folder, scratch)
    return find_inputs(spec.files, folder)


def _load(job: Job, inputs: Sequence[Input], run: Run, services: Services, progress: Progress) -> Run:
    spec, clock = job.spec, services.clock
    with _no_cycles_looked_for(), Spool() as spool:
        tally = Tally()
        try:
            reading = _Reading(spec, inputs, progress)
            with services.store.writer(_target(job, inputs), run.id) as writer:
                mapping = RecordMapping(spec, job.ontology)
                watch = Watch(spec, mapping.path, spool)
                stage = Stage(mapping, job.ontology, writer, spool, tally, watch)
                writer.put(stage.entries(reading.records(), reading.told))
                check(spec, tally, spool)
                watch.check(run.started_at)
                progress("commit", tally.records, tally.records)
                kinds = dict(sorted(tally.entities.items()))
                profile = GraphProfile("", kinds, dict(sorted(tally.facts.items())))
                return writer.commit(_ended(run, tally, spool, clock), profile, spool.rejected())
        except KgError as exc:
            failed = replace(_ended(run, tally, spool, clock), state="failed", message=str(exc))
            services.runs.append_run(failed, spool.rejected())
            raise


@contextlib.contextmanager
def _no_cycles_looked_for() -> Iterator[None]:
    """A load makes millions of objects and no cycles: looking for some over and over takes a fifth of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Reading:
    """The records of all inputs in order, and how far it has come."""

    def __init__(self, spec: DatasetFile, inputs: Sequence[Input], progress: Progress) -> None:
        self._spec = spec
        self._inputs = inputs
        self._progress = progress
        self._total = sum(one.size for one in inputs)
        self._before = 0
        self._current: Opened | None = None

    def records(self) -> Iterator[Sourced]:
        read, numbers = reader_for(self._spec.format), itertools.count()
        for one in self._inputs:
            source = f"{self._spec.version_value().ref}/{one.name}"
            try:
                with contextlib.closing(one.open()) as self._current:
                    for record in read(self._current.bytes, self._spec.options):
                        yield Sourced(next(numbers), f"{source}#{record.part}" if record.part else source, record)
            except SourceUnreadable as exc:
                raise SourceUnreadable(f"{one.name}: {exc}") from exc
            self._before += one.size

    def told(self, records: int) -> None:
        """Report so many records of as many as the part of the bytes read lets expect."""
        read = self._before + (self._current.stored.tell() if self._current and not self._current.stored.closed else 0)
        self._progress("load", records, round(records * self._total / read) if read else None)


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


def _started(job: Job, inputs: Sequence[Input], started: Instant) -> Run:
    spec, fingerprint = job.spec, _fingerprint(job, inputs)
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


def _ended(run: Run, tally: Tally, spool: Spool, clock: Clock) -> Run:
    return replace(
        run,
        ended_at=instant(clock()),
        records=tally.records,
        rejected=spool.rejections,
        skipped=tally.skipped,
        left_over=tuple(sorted(tally.left_over)),
    )


def _fingerprint(job: Job, inputs: Sequence[Input]) -> str:
    checksums = [(one.name, one.checksum) for one in inputs]
    content = json.dumps([job.document, json.loads(job.ontology_document), checksums], sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _target(job: Job, inputs: Sequence[Input]) -> LoadTarget:
    sources = tuple(_source(job.spec, one, part) for one in inputs for part in _parts(job.spec, one))
    return LoadTarget(job.spec.version_value(), job.ontology_document, sources, job.spec.current)


def _parts(spec: DatasetFile, one: Input) -> list[str]:
    """The parts of a file that are sources of their own; a format that has none is not read for them."""
    if spec.format not in PARTED:
        return [""]
    return sorted({record.part for record in _records(spec, one)})


def _records(spec: DatasetFile, one: Input) -> Iterator[Record]:
    with contextlib.closing(one.open()) as opened:
        yield from reader_for(spec.format)(opened.bytes, spec.options)


def _source(spec: DatasetFile, read: Input, part: str) -> Source:
    version = spec.version_value()
    name = f"{read.name}#{part}" if part else read.name
    return Source(
        id=f"{version.ref}/{name}",
        dataset=spec.dataset,
        version=spec.version,
        name=name,
        checksum=read.checksum,
        classification=version.classification,
        title=spec.title,
        publisher=spec.publisher,
        licence=spec.licence,
        issued=spec.issued,
    )


def ontology_text(document: dict[str, Any]) -> str:
    """The ontology document as the store keeps it."""
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError) as exc:
        raise OntologyInvalid(f"ontology file: {exc}") from exc

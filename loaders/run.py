"""One load, from the dataset file to the visible graph: read, map, validate, expect, commit."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg.bootstrap import Services
from kg.domain.fact import Instant
from kg.domain.lineage import GraphProfile, Run, Source
from kg.domain.ontology import Ontology
from kg.errors import KgError, OntologyInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import RunLedger
from kg.ports.store import LoadTarget
from loaders.dataset import DatasetFile
from loaders.expectations import Watch, check
from loaders.feeds import check_order
from loaders.inputs import Input
from loaders.mapping import RecordMapping
from loaders.reading import Progress, Reading, no_cycles_looked_for
from loaders.spool import Spool
from loaders.stage import Stage
from loaders.tally import Tally
from loaders.validate import MISSING

RUNS_AT_ONCE = 100


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
            reading = Reading(spec, job.folder, Path(scratch), progress)
        except KgError as exc:
            failed = replace(_started(job, [], started), state="failed", ended_at=instant(clock()), message=str(exc))
            ledger.append_run(failed, [])
            raise
        run = _started(job, reading.checksums, started)
        known = ledger.last_fingerprint(spec.dataset, spec.version) == run.fingerprint
        if known and not _waits(ledger, spec.dataset, spec.version):
            message = "same files, same mapping: nothing to do"
            unchanged = replace(run, state="unchanged", ended_at=instant(clock()), message=message)
            ledger.append_run(unchanged, [])
            return unchanged
        with no_cycles_looked_for(), Spool() as spool:
            return _load(job, reading, run, spool, services, progress)


def _load(job: Job, reading: Reading, run: Run, spool: Spool, services: Services, progress: Progress) -> Run:  # noqa: PLR0913, PLR0917
    spec, clock, tally = job.spec, services.clock, Tally()
    try:
        mapping = RecordMapping(spec, job.ontology)
        watch = Watch(spec, mapping.path, spool)
        with services.store.writer(target_of(job, reading), run.id) as writer:
            # Under the right to load, so that no other load comes between.
            check_order(spec, services.store)
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


def _ended(run: Run, tally: Tally, spool: Spool, clock: Clock) -> Run:
    return replace(
        run,
        ended_at=instant(clock()),
        records=tally.records,
        rejected=spool.rejections,
        skipped=tally.skipped,
        left_over=tuple(sorted(tally.left_over)),
    )


def _fingerprint(job: Job, checksums: list[tuple[str, str]]) -> str:
    content = json.dumps([job.document, json.loads(job.ontology_document), checksums], sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def target_of(job: Job, reading: Reading) -> LoadTarget:
    """What the writer of a load is told."""
    spec = job.spec
    sources = tuple(
        _source(spec, one, part, reading.source_id(one, part)) for one in reading.inputs for part in reading.parts(one)
    )
    delta = spec.feed == "delta"
    return LoadTarget(spec.version_value(), job.ontology_document, sources, spec.current, delta=delta)


def _source(spec: DatasetFile, read: Input, part: str, name: str) -> Source:
    return Source(
        id=name,
        dataset=spec.dataset,
        version=spec.version,
        name=f"{read.name}#{part}" if part else read.name,
        checksum=read.checksum,
        classification=spec.version_value().classification,
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

"""One load, from the dataset file to the visible graph: read, map, validate, expect, commit."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg.bootstrap import Services
from kg.domain.fact import Instant
from kg.domain.lineage import GraphProfile, Rejection, Run, Source
from kg.domain.ontology import Ontology
from kg.errors import KgError, OntologyInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import RunLedger
from kg.ports.store import LoadTarget
from kg.telemetry.conventions import DATASET, RECORDS, REJECTED, RUN, RUN_STATE
from kg.telemetry.spans import span
from loaders import lineage
from loaders.dataset import DatasetFile
from loaders.expectations import Watch, check, outcomes
from loaders.feeds import check_order
from loaders.inputs import Input
from loaders.lineage import Account
from loaders.mapping import RecordMapping
from loaders.reading import Progress, Reading, no_cycles_looked_for
from loaders.sending import Send, nowhere
from loaders.spool import Spool
from loaders.stage import Stage
from loaders.tally import Tally
from loaders.telling import Teller
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
    actor: str = ""


def load(job: Job, services: Services, progress: Progress, send: Send = nowhere) -> Run:
    """Load one dataset version. The run returned is complete or unchanged; a failed one is recorded and raised.

    What happens is told as OpenLineage events, which are recorded with the run.
    """
    with span("load", {DATASET: job.spec.version_value().ref}) as whole:
        run = _loaded(job, services, progress, send)
        whole.set_attributes({RUN: run.id, RUN_STATE: run.state, RECORDS: run.records, REJECTED: run.rejected})
        return run


def _loaded(job: Job, services: Services, progress: Progress, send: Send) -> Run:
    spec, ledger, clock = job.spec, services.runs, services.clock
    started = instant(clock())
    account = Account(spec.version_value(), job.ontology)
    with tempfile.TemporaryDirectory(prefix="whence-load-") as scratch:
        try:
            with span("read"):
                reading = Reading(spec, job.folder, Path(scratch), progress)
        except KgError as exc:
            begun = _started(job, [], started)
            send(lineage.start(begun, account))
            failed = replace(begun, state="failed", ended_at=instant(clock()), message=str(exc))
            _record(failed, [], account, ledger, send)
            raise
        run = _started(job, reading.checksums, started)
        account.tables = reading.tables()
        send(lineage.start(run, account))
        known = ledger.last_fingerprint(spec.dataset, spec.version) == run.fingerprint
        if known and not _waits(ledger, spec.dataset, spec.version):
            message = "same files, same mapping: nothing to do"
            unchanged = replace(run, state="unchanged", ended_at=instant(clock()), message=message)
            _record(unchanged, [], account, ledger, send)
            return unchanged
        tally = Tally()
        with no_cycles_looked_for(), Spool() as spool:
            try:
                done = _load(job, reading, _Work(run, account, spool, tally), services)
            except KgError as exc:
                failed = replace(_ended(run, tally, spool, clock), state="failed", message=str(exc))
                _record(failed, spool.rejected(), account, ledger, send)
                raise
        send(lineage.end(done, account))
        return done


@dataclass(frozen=True, slots=True)
class _Work:
    """One load at work: its run, what it tells of itself, what it remembers and counts."""

    run: Run
    account: Account
    spool: Spool
    tally: Tally


def _load(job: Job, reading: Reading, work: _Work, services: Services) -> Run:
    spec, run, account, spool, tally = job.spec, work.run, work.account, work.spool, work.tally
    mapping = RecordMapping(spec, job.ontology)
    account.columns = mapping.columns()
    watch = Watch(spec, mapping.path, spool)
    target = target_of(job, reading)
    account.tables = reading.tables(target.sources)
    with services.store.writer(target, run.id) as writer:
        # Under the right to load, so that no other load comes between.
        check_order(spec, services.store)
        teller = Teller(writer, run, reading, tally, spool, services.clock)
        teller.tell()
        stage = Stage(mapping, job.ontology, writer, spool, tally, watch)

        def told(records: int) -> None:
            reading.told(records)
            teller.tell()

        with span("stage"):
            writer.put(stage.entries(reading.records(), told))
        account.left_over, account.filled = sorted(tally.left_over), watch.filled
        account.facts = dict(sorted(tally.facts.items()))
        account.outcomes = outcomes(spec, tally, spool, watch, run.started_at)
        check(account.outcomes)
        reading.progress("commit", tally.records, tally.records)
        teller.tell("commit")
        profile = GraphProfile("", dict(sorted(tally.entities.items())), dict(account.facts))
        ended = _ended(run, tally, spool, services.clock)
        with span("commit"):
            return writer.commit(ended, profile, spool.rejected(), lambda done: lineage.events(done, account))


def _record(run: Run, rejections: Iterable[Rejection], account: Account, ledger: RunLedger, send: Send) -> None:
    """Record a run that changed nothing, and tell of it."""
    ledger.append_run(run, rejections, lineage.events(run, account))
    send(lineage.end(run, account))


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
        actor=job.actor,
        classification=spec.version_value().classification.label,
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

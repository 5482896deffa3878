"""What loading a dataset file would do, without doing it."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from kg.bootstrap import Services
from kg.domain.fact import EntityId
from kg.domain.lineage import Rejection
from kg.errors import ExpectationFailed
from kg.ports.clock import instant
from kg.ports.store import Entry, GraphWriter
from loaders.expectations import Watch, check, outcomes
from loaders.feeds import check_order
from loaders.mapping import RecordMapping
from loaders.reading import Progress, Reading, no_cycles_looked_for
from loaders.run import Job, target_of
from loaders.spool import Spool
from loaders.stage import Stage
from loaders.tally import Tally

SAMPLE_EACH = 2
SHOWN_REJECTIONS = 100


@dataclass(frozen=True, slots=True)
class Checked:
    """What a load would do."""

    dataset: str
    version: str
    records: int
    skipped: int
    rejected: int
    entities: dict[str, int]
    """Of each type."""
    facts: dict[str, int]
    """Of each predicate."""
    left_over: tuple[str, ...]
    sample: tuple[Entry, ...]
    """The first facts of each predicate."""
    rejections: tuple[Rejection, ...]
    """The first of them."""
    problem: str = ""
    """The expectation that is not met, if one is not: the load would fail."""


def dry_run(job: Job, services: Services, declared: dict[EntityId, str], progress: Progress) -> Checked:
    """Read, map, validate and expect; ``declared`` is what datasets checked before this one declare, and is added to.

    Holds the right to load meanwhile, so that what it says is what a load at its end would do. Raises LoadError.
    """
    spec, tally = job.spec, Tally()
    with tempfile.TemporaryDirectory(prefix="whence-check-") as scratch, no_cycles_looked_for(), Spool() as spool:
        reading = Reading(spec, job.folder, Path(scratch), progress)
        mapping = RecordMapping(spec, job.ontology)
        watch = Watch(spec, mapping.path, spool)
        now = instant(services.clock())
        with services.store.writer(target_of(job, reading), f"check-{now}") as writer:
            check_order(spec, services.store)
            stage = Stage(mapping, job.ontology, _Beside(writer, declared), spool, tally, watch)
            sample: list[Entry] = []
            seen: Counter[str] = Counter()
            for entry in stage.entries(reading.records(), reading.told):
                seen[entry.fact.predicate] += 1
                if seen[entry.fact.predicate] <= SAMPLE_EACH:
                    sample.append(entry)
        problem = ""
        try:
            check(outcomes(spec, tally, spool, watch, now))
        except ExpectationFailed as exc:
            problem = str(exc)
        declared.update(spool.declared.items())
        return Checked(
            dataset=spec.dataset,
            version=spec.version,
            records=tally.records,
            skipped=tally.skipped,
            rejected=spool.rejections,
            entities=dict(sorted(tally.entities.items())),
            facts=dict(sorted(tally.facts.items())),
            left_over=tuple(sorted(tally.left_over)),
            sample=tuple(sorted(sample, key=lambda entry: entry.fact.predicate)),
            rejections=tuple(itertools.islice(spool.rejected(), SHOWN_REJECTIONS)),
            problem=problem,
        )


class _Beside:
    """What the store has declared, and what the datasets checked before would declare."""

    def __init__(self, writer: GraphWriter, declared: dict[EntityId, str]) -> None:
        self._writer = writer
        self._declared = declared

    def replace(self, records: Collection[str]) -> None:
        """Nothing is put."""

    def declared(self, ids: Collection[EntityId]) -> dict[EntityId, str]:
        return self._writer.declared(ids) | {one: self._declared[one] for one in ids if one in self._declared}

"""A run as OpenLineage events (spec 2-0-2): what was read, what came of it, down to the field, and how good it was.

Pure: built from the run, the dataset file and what the load counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.domain.lineage import DatasetVersion, Run
from kg.domain.ontology import Ontology
from kg.domain.openlineage import (
    WHENCE,
    LineageEvent,
    LineageNode,
    Link,
    event_of,
    own_dataset,
    own_job,
    own_source,
    run_uuid,
)
from kg.ports.ledger import RunLedger
from loaders.expectations import Outcome
from loaders.mapping import Columns
from loaders.readers import ADDED

PRODUCER = "urn:whence"
SCHEMA_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "dataQualityAssertions": "1-1-0/DataQualityAssertionsDatasetFacet",
    "dataQualityMetrics": "1-0-0/DataQualityMetricsDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "documentation": "1-1-0/DocumentationDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "inputQualityMetrics": "1-0-3/DataQualityMetricsInputDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet",
    "lifecycleStateChange": "1-0-1/LifecycleStateChangeDatasetFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "ownership": "1-0-1/OwnershipDatasetFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "tags": "1-0-0/TagsDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
"""Versions of the facets' schemas."""
MOST_INPUTS = 500
"""Inputs that an event describes; receivers refuse events of many megabytes."""
MOST_INPUTS_BY_COLUMN = 10
"""All inputs of a load are read alike, so a few of them say what a column comes from."""
ENDS = ("retire", "purge")
"""Jobs after which a dataset, or a part of it, is no more."""
ENDED = {"failed": "FAIL", "lost": "ABORT"}
"""The event with which a run ends that did not come to its end."""
BY_FIELD = ("filled", "unique", "fresh")
"""Expectations of what is read; the others are of what is written."""


@dataclass(frozen=True, slots=True)
class Table:
    """One file or table that a load reads, by the name that other jobs know it by."""

    namespace: str
    name: str
    uri: str
    checksum: str
    size: int
    sources: tuple[str, ...] = ()
    """Ids of the sources it is to us."""


@dataclass(slots=True)
class Account:
    """What a run tells of itself beside what is recorded of it; that of a load grows as the load goes on."""

    version: DatasetVersion | None = None
    ontology: Ontology | None = None
    tables: Sequence[Table] = ()
    columns: Mapping[str, Columns] = field(default_factory=dict)
    """Of each predicate."""
    left_over: Sequence[str] = ()
    outcomes: Sequence[Outcome] = ()
    filled: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of each field of which it is expected: how many records gave something, and of how many."""
    facts: Mapping[str, int] = field(default_factory=dict)
    """Of each predicate."""


def start(run: Run, account: Account) -> dict[str, Any]:
    """The event that a run has begun: what is known then, so that what is sent then is also what is recorded."""
    return _event(run, account, "START", run.started_at)


def end(run: Run, account: Account) -> dict[str, Any]:
    """The event that it has ended: COMPLETE, also if it changed nothing, FAIL, or ABORT when it was lost."""
    return _event(run, account, ENDED.get(run.state, "COMPLETE"), run.ended_at or run.started_at)


def events(run: Run, account: Account) -> tuple[LineageEvent, ...]:
    """Both, for the ledger; a complete run ties what it read to what it wrote."""
    links = tuple(_links(run, account)) if run.state == "complete" else ()
    return event_of(start(run, account)), event_of(end(run, account), links=links)


def told(run: Run, ledger: RunLedger) -> list[dict[str, Any]]:
    """Its recorded events; what has none (a retirement, a purge, what was purged or lost) those of the run alone."""
    begun = [start(run, Account())]
    if run.ended_at is None:
        return begun
    return ledger.events(run_uuid(run.id)) or [*begun, end(run, Account())]


def _links(run: Run, account: Account) -> Iterator[Link]:
    job, version = own_job(run.job), own_dataset(f"{run.dataset}@{run.version}")
    for table in account.tables:
        for source in table.sources:
            yield LineageNode("dataset", table.namespace, table.name), own_source(source)
            yield own_source(source), job
    yield job, version
    yield version, own_dataset(run.dataset)


def _event(run: Run, account: Account, kind: str, time: str) -> dict[str, Any]:
    over = kind != "START"
    return {
        "eventType": kind,
        "eventTime": time,
        "producer": PRODUCER,
        "schemaURL": SCHEMA_URL,
        "run": {"runId": run_uuid(run.id), "facets": _run_facets(run, account, over=over)},
        "job": {
            "namespace": WHENCE,
            "name": run.job,
            "facets": {
                "jobType": _facet(
                    "jobType", processingType="BATCH", integration="WHENCE", jobType=run.job.partition(" ")[0].upper()
                )
            },
        },
        "inputs": [_input(run, account, table, over=over) for table in account.tables[:MOST_INPUTS]],
        "outputs": [_output(run, account, over=over)],
    }


def _facet(facet: str, /, **members: Any) -> dict[str, Any]:
    version, _, definition = FACETS[facet].partition("/")
    url = f"https://openlineage.io/spec/facets/{version}/{definition}.json#/$defs/{definition}"
    return {"_producer": PRODUCER, "_schemaURL": url, **members}


def _run_facets(run: Run, account: Account, *, over: bool) -> dict[str, Any]:
    own: dict[str, Any] = {"_producer": PRODUCER, "_schemaURL": "urn:whence:facet:run", "id": run.id}
    if len(account.tables) > MOST_INPUTS:
        own["inputsLeftOut"] = len(account.tables) - MOST_INPUTS
    if not over:
        return {"whence_run": own}
    own |= {
        "state": run.state,
        "fingerprint": run.fingerprint,
        "records": run.records,
        "rejected": run.rejected,
        "skipped": run.skipped,
        "leftOver": list(run.left_over),
        "retired": run.changes.retired,
    }
    if run.actor:
        own["actor"] = run.actor
    if run.state not in ENDED:
        return {"whence_run": own}
    return {
        "whence_run": own,
        "errorMessage": _facet("errorMessage", message=run.message, programmingLanguage="python"),
    }


def _input(run: Run, account: Account, table: Table, *, over: bool) -> dict[str, Any]:
    facets = {
        "version": _facet("version", datasetVersion=table.checksum),
        "dataSource": _facet("dataSource", name=table.namespace, uri=table.uri),
    }
    made: dict[str, Any] = {"namespace": table.namespace, "name": table.name, "facets": facets}
    if over:
        fields = {name for columns in account.columns.values() for name in (*columns.values, *columns.tests)}
        if named := sorted(fields.union(account.left_over) - ADDED):
            facets["schema"] = _facet("schema", fields=[{"name": name} for name in named])
        made["inputFacets"] = _input_facets(run, account, table)
    return made


def _input_facets(run: Run, account: Account, table: Table) -> dict[str, Any]:
    # What was counted over several inputs together is said of none of them.
    rows = {"rowCount": run.records} if len(account.tables) == 1 and run.state != "unchanged" else {}
    facets = {"inputStatistics": _facet("inputStatistics", size=table.size, fileCount=1, **rows)}
    if rows:
        counts = {name: {"count": gave, "nullCount": of - gave} for name, (gave, of) in account.filled.items()}
        facets["dataQualityMetrics"] = _facet("inputQualityMetrics", bytes=table.size, columnMetrics=counts, **rows)
    if found := [_assertion(one) for one in account.outcomes if one.what in BY_FIELD]:
        facets["dataQualityAssertions"] = _facet("dataQualityAssertions", assertions=found)
    return facets


def _assertion(one: Outcome) -> dict[str, Any]:
    made: dict[str, Any] = {"assertion": one.what, "success": not one.problem}
    if one.about:
        made["column" if one.what in (*BY_FIELD, "facts") else "name"] = one.about
    return made | {"expected": one.expected, "actual": one.found}


def _output(run: Run, account: Account, *, over: bool) -> dict[str, Any]:
    facets: dict[str, Any] = {"dataSource": _facet("dataSource", name=WHENCE, uri="urn:whence:store")}
    if run.version:
        facets["version"] = _facet("version", datasetVersion=run.version)
    if account.version is not None:
        facets |= _published(account.version)
    what, _, ref = run.job.partition(" ")
    if over and what in ENDS and run.state == "complete":
        # Of a source a part of the dataset goes, of a version or all of them the whole.
        facets["lifecycleStateChange"] = _facet(
            "lifecycleStateChange", lifecycleStateChange="TRUNCATE" if "/" in ref else "DROP"
        )
    if over and account.columns:
        facets["schema"] = _facet("schema", fields=[_column(name, account) for name in account.columns])
        facets["columnLineage"] = _facet("columnLineage", fields=_column_lineage(account))
    made: dict[str, Any] = {"namespace": WHENCE, "name": run.dataset, "facets": facets}
    if over:
        counts = {name: {"count": count} for name, count in sorted(account.facts.items())}
        if account.facts and run.state != "unchanged":
            facets["dataQualityMetrics"] = _facet(
                "dataQualityMetrics", rowCount=sum(account.facts.values()), columnMetrics=counts
            )
        if found := [_assertion(one) for one in account.outcomes if one.what not in BY_FIELD]:
            facets["dataQualityAssertions"] = _facet("dataQualityAssertions", assertions=found)
        made["outputFacets"] = {"outputStatistics": _facet("outputStatistics", rowCount=run.changes.added)}
    return made


def _published(version: DatasetVersion) -> dict[str, Any]:
    """Who published it, as what and under which licence."""
    tags = [
        {"key": "licence", "value": version.licence, "source": "WHENCE"},
        {"key": "classification", "value": version.classification.label, "source": "WHENCE"},
    ]
    return {
        "documentation": _facet("documentation", description=version.title),
        "ownership": _facet("ownership", owners=[{"name": version.publisher, "type": "publisher"}]),
        "tags": _facet("tags", tags=tags),
    }


def _column(predicate: str, account: Account) -> dict[str, Any]:
    spec = account.ontology.predicates.get(predicate) if account.ontology else None
    return {"name": predicate, "type": (spec.value if spec else None) or "entity"}


def _column_lineage(account: Account) -> dict[str, Any]:
    """Source field to predicate: values directly, what is only tested as a condition."""
    made = {}
    for predicate, columns in account.columns.items():
        fields = [(name, "DIRECT", "TRANSFORMATION") for name in sorted(columns.values)]
        fields += [(name, "INDIRECT", "CONDITION") for name in sorted(columns.tests - columns.values)]
        made[predicate] = {
            "inputFields": [
                {
                    "namespace": table.namespace,
                    "name": table.name,
                    "field": name,
                    "transformations": [{"type": kind, "subtype": subtype}],
                }
                for table in account.tables[:MOST_INPUTS_BY_COLUMN]
                for name, kind, subtype in fields
                if name not in ADDED
            ]
        }
    return made

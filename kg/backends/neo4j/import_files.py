"""Files for ``neo4j-admin database import full``: a database in the layout of ADR 0003, made by the server's own tool.

What it cannot make in the Community edition, constraints and indexes, Whence makes when it first opens the database.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from kg.backends.neo4j.names import OWN_PROPERTIES, label, relationship
from kg.backends.neo4j.records import readable_source, readable_version
from kg.backends.neo4j.rows import Support, TypeEntry, found_by, plain, support_properties, type_properties
from kg.backends.neo4j.schema import SCHEMA_VERSION
from kg.domain.fact import FOREVER, NAME, STATUS, TYPE, EntityId, Fact, FactId, Literal
from kg.domain.lineage import DatasetVersion
from kg.domain.lookup import lookup_of
from kg.domain.records import dump
from kg.errors import DatasetNotFound
from kg.export.pages import Page
from kg.ports.ledger import RunLedger
from kg.ports.store import GraphStore, GraphView

ARRAY = "\x1f"
"""Between the members of a list: no text of a source holds control characters."""
ARGUMENTS = "arguments.txt"
ALL_RUNS = 2**31
_SUPPORT = ("versions:string[]", "classes:long[]", "known_from:string[]", "known_to:string[]")
_RELATION = ("fact", "valid_from", "valid_to", *_SUPPORT)
_TYPES = ("type_facts:string[]", "type_names:string[]", *(f"type_{column}" for column in _SUPPORT))

NODES: dict[str, tuple[str, tuple[str, ...]]] = {
    "literals": ("", ("id:ID(Literal)", "value", "datatype", "lookup", "folded", ":LABEL")),
    "assertions": (
        "Assertion",
        (
            ":ID(Assertion)", "fact", "subject", "predicate", "locator", "run", "version", "class:long",
            "known_from", "known_to",
        ),
    ),
    "sources": (
        "Source",
        ("id:ID(Source)", "title", "publisher", "licence", "issued", "name", "checksum", "classification"),
    ),
    "versions": (
        "DatasetVersion",
        (
            "id:ID(DatasetVersion)", "dataset", "name", "title", "publisher", "licence", "issued", "version",
            "classification",
        ),
    ),
    "datasets": ("Dataset", ("id:ID(Dataset)",)),
    "states": ("State", (":ID(State)", "document", "profile", "ontology", "known_from", "known_to")),
    "ontologies": ("Ontology", (":ID(Ontology)", "name", "document", "known_from", "known_to")),
    "runs": (
        "Run",
        ("id:ID(Run)", "job", "dataset", "version", "state", "started_at", "ended_at", "document", "seq:long"),
    ),
    "rejections": ("Rejection", (":ID(Rejection)", "seq:long", "document")),
    "graph": (
        "Graph",
        (
            "id:ID(Graph)", "last:long", "schema:long", "head", "object_predicates:string[]",
            "literal_predicates:string[]", "unindexed:boolean",
        ),
    ),
}  # fmt: skip
"""Label and columns of each file of nodes; those of entities depend on the ontology."""
RELATIONSHIPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "facts": ("", (":START_ID(Entity)", *_RELATION, ":END_ID(Entity)", ":TYPE")),
    "values": ("", (":START_ID(Entity)", *_RELATION, ":END_ID(Literal)", ":TYPE")),
    "from": ("FROM", (":START_ID(Assertion)", ":END_ID(Source)")),
    "part_of": ("PART_OF", (":START_ID(Source)", ":END_ID(DatasetVersion)")),
    "version_of": ("VERSION_OF", (":START_ID(DatasetVersion)", ":END_ID(Dataset)")),
    "version_states": ("STATE", (":START_ID(DatasetVersion)", ":END_ID(State)")),
    "source_states": ("STATE", (":START_ID(Source)", ":END_ID(State)")),
    "current": ("CURRENT", (":START_ID(Dataset)", "known_from", "known_to", ":END_ID(DatasetVersion)")),
    "loaded": ("LOADED", (":START_ID(Run)", ":END_ID(DatasetVersion)")),
    "rejected": ("REJECTED", (":START_ID(Run)", ":END_ID(Rejection)")),
}


class ImportFiles:
    """Writes what a view sees, with the runs that loaded it."""

    def __init__(self, view: GraphView, store: GraphStore, runs: RunLedger) -> None:
        self._view = view
        self._store = store
        self._runs = runs
        self._ontology = view.ontology()
        self._sources = view.sources()
        self._copied = {
            name: _column(name, spec.value, single=spec.functional or name in (NAME, STATUS))
            for name, spec in sorted(self._ontology.predicates.items())
            if spec.value is not None and name != TYPE and name not in OWN_PROPERTIES and not spec.derived
        }
        self._put: dict[str, Any] = {}
        self._counts: dict[str, int] = defaultdict(int)
        self._objects: set[str] = set()
        self._literals: set[str] = {TYPE}
        self._since: dict[str, str] = {}
        """When the first of what each version says became known."""
        self._several_lines = False

    def write(self, folder: Path, pages: Iterable[Page]) -> None:
        """Write the files into a folder."""
        lists = tuple(f"{name}:string[]" for name in self._copied)
        entities = ("id:ID(Entity)", "key", *_TYPES)
        tables = {
            "entities": ("", (*entities, *self._copied.values(), ":LABEL")),
            "entities_lists": ("", (*entities, *lists, ":LABEL")),
        } | NODES
        with ExitStack() as opened:
            for name, (_, columns) in (tables | RELATIONSHIPS).items():
                file = opened.enter_context((folder / f"{name}.csv").open("x", encoding="utf-8", newline=""))
                self._put[name] = csv.writer(file, lineterminator="\n")
                self._put[name].writerow(columns)
            for page in pages:
                self._page(page)
            self._lineage()
            self._graph()
        lines = [f"--nodes={kind}{'=' if kind else ''}{name}.csv" for name, (kind, _) in tables.items()]
        lines += [f"--relationships={kind}{'=' if kind else ''}{name}.csv" for name, (kind, _) in RELATIONSHIPS.items()]
        lines += ["--array-delimiter=U+001F", "--bad-tolerance=0", "--strict=true"]
        lines += ["--multiline-fields=true"] if self._several_lines else []
        (folder / ARGUMENTS).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _row(self, table: str, *cells: Any) -> None:
        self._put[table].writerow([ARRAY.join(map(str, c)) if isinstance(c, list | tuple) else c for c in cells])

    def _new(self, table: str) -> str:
        """An id for a node that has none of its own."""
        self._counts[table] += 1
        return str(self._counts[table])

    # --- the graph ---

    def _page(self, page: Page) -> None:
        said: dict[EntityId, list[Fact]] = defaultdict(list)
        supports = {fact.id: self._supports(fact.id, page) for fact in page.facts}
        for fact in page.facts:
            if isinstance(fact.object, Literal):
                said[fact.subject].append(fact)
            self._assertions(fact, page)
            if fact.predicate != TYPE:
                self._fact(fact, supports[fact.id])
        for entity in page.entities.values():
            self._entity(entity.id, said[entity.id], supports)

    def _supports(self, fact: FactId, page: Page) -> list[Support]:
        """One entry for each version that says it."""
        since: dict[tuple[str, int], str] = {}
        for one in page.assertions.get(fact, ()):
            source = self._sources[one.source]
            place = (f"{source.dataset}@{source.version}", int(source.classification))
            since[place] = min(since.get(place, one.recorded_at), one.recorded_at)
        for (version, _), at in since.items():
            self._since[version] = min(self._since.get(version, at), at)
        return [Support(version, class_, at) for (version, class_), at in sorted(since.items())]

    def _assertions(self, fact: Fact, page: Page) -> None:
        for one in page.assertions.get(fact.id, ()):
            source, own = self._sources[one.source], self._new("assertions")
            version = f"{source.dataset}@{source.version}"
            place = (fact.id, fact.subject, fact.predicate, one.locator, one.run, version, int(source.classification))
            self._row("assertions", own, *place, one.recorded_at, FOREVER)
            self._row("from", own, one.source)

    def _fact(self, fact: Fact, supports: list[Support]) -> None:
        relation = (fact.id, fact.valid.start, fact.valid.end, *support_properties(supports).values())
        kind = relationship(fact.predicate).strip("`")
        if not isinstance(fact.object, Literal):
            self._objects.add(fact.predicate)
            self._row("facts", fact.subject, *relation, fact.object, kind)
            return
        self._literals.add(fact.predicate)
        value, (words, found_as) = fact.object.value, found_by(fact.predicate, fact.object)
        self._several_lines |= "\n" in value or "\r" in value
        labels = ["Literal", found_as] if found_as else ["Literal"]
        self._row(
            "literals", fact.id, value, fact.object.datatype, lookup_of(fact.predicate, fact.object), words, labels
        )
        self._row("values", fact.subject, *relation, fact.id, kind)

    def _entity(self, entity: EntityId, said: list[Fact], supports: dict[FactId, list[Support]]) -> None:
        types: list[TypeEntry] = []
        labels: dict[str, None] = {"Entity": None}
        values: dict[str, list[Literal]] = defaultdict(list)
        for fact in said:
            if not isinstance(fact.object, Literal):
                continue
            if fact.predicate == TYPE:
                types += [TypeEntry(fact.id, fact.object.value, support) for support in supports[fact.id]]
                labels |= dict.fromkeys(label(name).strip("`") for name in self._upwards(fact.object.value))
            elif fact.predicate in self._copied:
                values[fact.predicate].append(fact.object)
        copies = {name: _copies(found) for name, found in values.items()}
        fits = all(self._copied[name].endswith("[]") or _fits(found, values[name]) for name, found in copies.items())
        start = (entity, entity.partition(":")[2], *type_properties(types).values())
        ends = [copies.get(name, []) for name in self._copied]
        self._row("entities" if fits else "entities_lists", *start, *ends, list(labels))

    def _upwards(self, type_name: str) -> Iterator[str]:
        current: str | None = type_name
        while current is not None:
            yield current
            current = self._ontology.types[current].parent if current in self._ontology.types else None

    # --- about the graph ---

    def _lineage(self) -> None:
        versions = self._view.datasets()
        for version in versions:
            since = self._since.get(version.ref, self._view.known_at)
            readable = readable_version(version)
            self._row("versions", version.ref, version.dataset, version.ref, *readable.values())
            self._row("version_of", version.ref, version.dataset)
            alone = self._store.view(replace(self._view.scope, datasets=(version.ref,)))
            # The files do not say what tells records apart, so the next delta is refused until a load in full.
            known = dump(replace(version, record=None))
            self._state("version", version.ref, known, dump(alone.profile()), version.ontology, since)
        for key, source in self._sources.items():
            ref = f"{source.dataset}@{source.version}"
            self._row("sources", key, *readable_source(source).values())
            self._row("part_of", key, ref)
            self._state("source", key, dump(source), None, None, self._since.get(ref, self._view.known_at))
        for dataset in sorted({version.dataset for version in versions}):
            self._row("datasets", dataset)
            if current := self._current(dataset, versions):
                self._row("current", dataset, self._since.get(current, self._view.known_at), FOREVER, current)
        for name in sorted({version.ontology for version in versions}):
            since = min(
                self._since.get(version.ref, self._view.known_at) for version in versions if version.ontology == name
            )
            self._row("ontologies", name, name, self._store.ontology_document(name), since, FOREVER)
        self._ledger({version.ref for version in versions})

    def _state(self, of: str, key: str, *cells: str | None) -> None:
        own = self._new("states")
        self._row("states", own, *cells, FOREVER)
        self._row(f"{of}_states", key, own)

    def _current(self, dataset: str, versions: Iterable[DatasetVersion]) -> str | None:
        """The version that is current in the store, if it is among those written; else the last of those."""
        refs = [version.ref for version in versions if version.dataset == dataset]
        try:
            [current] = self._store.view(replace(self._view.scope, datasets=(dataset,))).datasets()
        except DatasetNotFound:
            # The one that was current is retired.
            return None
        return current.ref if current.ref in refs else max(refs)

    def _ledger(self, refs: set[str]) -> None:
        datasets = {ref.partition("@")[0] for ref in refs}
        # A run without a version is the retirement of a whole dataset.
        held = [
            run
            for run in self._runs.runs(ALL_RUNS)
            if f"{run.dataset}@{run.version}" in refs or (run.dataset in datasets and not run.version)
        ]
        for seq, run in enumerate(reversed(held), 1):
            ref = f"{run.dataset}@{run.version}"
            times = (run.started_at, run.ended_at)
            self._row("runs", run.id, run.job, run.dataset, run.version, run.state, *times, dump(run), seq)
            if run.version:
                self._row("loaded", run.id, ref)
            for number, rejection in enumerate(self._runs.rejections(run.id)):
                own = self._new("rejections")
                self._row("rejections", own, number, dump(rejection))
                self._row("rejected", run.id, own)
        self._counts["runs"] = len(held)

    def _graph(self) -> None:
        predicates = (sorted(self._objects), sorted(self._literals))
        self._row("graph", "graph", 0, SCHEMA_VERSION, self._view.known_at, *predicates, "true")
        for name, last in (("runs", self._counts["runs"]), ("decisions", 0), ("ontologies", 0)):
            self._row("graph", name, last, None, None, [], [], None)


def _column(name: str, datatype: str, *, single: bool) -> str:
    """The header of a readable copy: one value where there is one at a time, else a list."""
    return (
        f"{name}:{ {'number': 'double', 'boolean': 'boolean'}.get(datatype, 'string') }"
        if single
        else f"{name}:string[]"
    )


def _copies(values: list[Literal]) -> list[str]:
    return [str(plain(value, datatype)) for value, datatype in sorted({(one.value, one.datatype) for one in values})]


def _fits(copies: list[str], values: list[Literal]) -> bool:
    """Whether there is one value, of its datatype."""
    return len(copies) == 1 and (
        values[0].datatype != "number" or isinstance(plain(values[0].value, "number"), int | float)
    )

"""The graph store: a View to read through, a Writer to load through.

::

    store.view(scope)   ──▶ GraphView     all reading, fixed to one scope and one known time
    store.writer(...)   ──▶ GraphWriter   one load; nothing is visible until commit

Many ids in, many out. Unknown and hidden ids are left out, never an error. Results are ordered by id.
Multi-hop search, ranking and limits live above this port.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from kg.domain.fact import Assertion, Entity, EntityId, Fact, FactId, Instant
from kg.domain.lineage import DatasetVersion, GraphProfile, LiveRun, Rejection, Run, Source
from kg.domain.ontology import Direction, Ontology
from kg.domain.ref import Ref
from kg.domain.scope import Scope
from kg.ports.ledger import RunEvents, no_events


@dataclass(frozen=True, slots=True)
class Expansion:
    """Facts one step away and the entities they lead to; ``cut`` names the ids that had more than the limit."""

    facts: tuple[Fact, ...]
    cut: tuple[EntityId, ...] = ()
    entities: dict[EntityId, Entity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """Ids in order; ``cut`` says that there are more."""

    ids: tuple[EntityId, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """Passages, as the facts that hold them, and what they are passages of; ``cut`` says that there are more."""

    facts: tuple[Fact, ...]
    cut: bool = False
    entities: dict[EntityId, Entity] = field(default_factory=dict)


class GraphView(Protocol):
    """What may be seen within one scope.

    A fact is seen while an assertion of a visible dataset version supports it and both its ends are declared
    by visible facts. Hidden things are not hinted at: not in counts, not in cut-offs.
    """

    @property
    def scope(self) -> Scope: ...

    @property
    def known_at(self) -> Instant:
        """The newest committed state this view reads."""
        ...

    def ontology(self) -> Ontology:
        """The ontologies of the visible dataset versions, read as one."""
        ...

    def datasets(self) -> tuple[DatasetVersion, ...]:
        """The dataset versions this view reads."""
        ...

    def versions(self) -> tuple[DatasetVersion, ...]:
        """Every version that a scope made from this view's may read: of a dataset named without one, all."""
        ...

    def profile(self) -> GraphProfile: ...

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]: ...

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        """Entities whose folded name or alias is one of these, or whose further key (``scheme:KEY``) is."""
        ...

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        """Entities with a name or alias that has all words of a folded text, the last as a prefix.

        With ``edits`` a word also fits one that differs by so many letters at most (optimal string alignment, so
        that two letters in the wrong order are one edit), with the same first letter; no prefixes then.
        Ordered by the shortest name that fits, then its text, then id.
        """
        ...

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        """Passages that have every word of the text in some form, of these types (none means all) and these ids.

        Ordered by entity and fact id. A text without words finds nothing.
        """
        ...

    def values(self, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Predicates that have one of these folded texts as the whole of a literal, by text."""
        ...

    def scan(self, types: Collection[str], limit: int) -> Listing:
        """Entities of exactly these types."""
        ...

    def walk(self, after: EntityId, limit: int) -> Listing:
        """Entities of every type that come after this id: the next page of all of them, in order of id."""
        ...

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        """Facts along these predicates from each id; no predicates means all but the identity ones.

        Ordered by the id asked for, predicate and fact id; the limit holds for each id and predicate.
        """
        ...

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]: ...

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        """Visible assertions of each fact, ordered by source and locator."""
        ...

    def said_by(self, sources: Collection[str], limit_each: int) -> dict[str, tuple[Assertion, ...]]:
        """Visible assertions of each source, ordered by locator and fact; of a fact this view does not see, too."""
        ...

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        """What the records that say one of these facts say besides, identity facts left out, ordered by id."""
        ...

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        """These sources, or all the view reads."""
        ...


class Entry(NamedTuple):
    """One assertion to be: a fact with its place in a source."""

    fact: Fact
    source: str
    locator: str
    record: str | None = None
    """What tells the record that says it from the others of its dataset version, in all files of a feed."""


class GraphWriter(Protocol):
    """One load of one dataset version. Nothing is visible until ``commit``; leaving without it discards."""

    def declared(self, ids: Collection[EntityId]) -> dict[EntityId, str]:
        """Type of each of these that a live assertion of another dataset declares.

        Other versions of this dataset do not count: no view reads them together with this one. To a delta, what its
        own version declares counts too.
        """
        ...

    def put(self, entries: Iterable[Entry]) -> None: ...

    def replace(self, records: Collection[str]) -> None:
        """These records say what this delta puts of them, and no longer what earlier files said; other loads do all."""
        ...

    def tell(self, live: LiveRun) -> None:
        """Say how far the load has come, to whoever looks on at ``RunLedger.live``; the last word counts."""
        ...

    def commit(
        self, run: Run, profile: GraphProfile, rejections: Iterable[Rejection], events: RunEvents = no_events
    ) -> Run:
        """Make it visible at once; live assertions of this version not put again are retired.

        Of a delta only those of the records it replaces, and the profile is that of the version as it was, with what
        changed. Records which facts the version gained and lost: against itself as it was or, if it said nothing
        before, against the current version. ``events`` are recorded with the run. Returns the run with its changes.
        """
        ...


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """What a writer writes: the dataset version, its ontology as read, its sources."""

    version: DatasetVersion
    ontology: str
    """The ontology document as canonical JSON."""
    sources: tuple[Source, ...]
    current: str | None = None
    """The version the dataset file pins as current; ``None`` makes this one current."""
    delta: bool = False
    """Whether the load changes what its records name only, and leaves the rest."""


class GraphStore(Protocol):
    """A graph and the records about it, in one database."""

    def view(self, scope: Scope) -> GraphView: ...

    def writer(self, target: LoadTarget, run_id: str) -> AbstractContextManager[GraphWriter]:
        """Raises LoadInProgress while another load holds the writer."""
        ...

    def retire(self, ref: Ref, run: Run) -> Run:
        """End at once what the source, the version or all versions say; the past stays as it was.

        A dataset whose current version is retired has none then. Returns the run with its changes, and the message
        that says so. Raises DatasetNotFound or NotFound where nothing is live, LoadInProgress.
        """
        ...

    def purge(self, ref: Ref, run: Run) -> Run:
        """Retire it and erase it from the past too: facts that nothing else says, texts, rejections, quotes.

        The run is recorded when nothing of it is left in the database; one that is cut off is gone on with by the
        next load, retirement or purge. Raises DatasetNotFound or NotFound, LoadInProgress.
        """
        ...

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:
        """Store an ontology document (canonical JSON) as the newest of its name; False if it already is.

        Views made after it read it. Raises LoadInProgress while a load holds the writer.
        """
        ...

    def ontology_document(self, name: str) -> str | None:
        """The newest document of this ontology."""
        ...

    def check(self) -> None:
        """Answer quickly or raise StoreUnavailable."""
        ...

    def close(self) -> None: ...

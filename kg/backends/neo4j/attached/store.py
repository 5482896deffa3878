"""A Neo4j graph that others made, as a graph store that is only read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from kg.backends.neo4j.attached.attachment import Attachment
from kg.backends.neo4j.attached.cypher import Texts
from kg.backends.neo4j.attached.view import MOST_NAMES, AttachedView, Seen
from kg.backends.neo4j.database import Database
from kg.domain.lineage import Run
from kg.domain.ontology import Ontology
from kg.domain.ref import Ref
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, ScopeInvalid, StoreReadOnly
from kg.ports.clock import Clock, instant
from kg.ports.store import GraphView, GraphWriter, LoadTarget


class AttachedStore:
    """The graph of one attachment. Every read is a read transaction with a time limit."""

    def __init__(
        self, database: Database, attachment: Attachment, core: Ontology, clock: Clock, closing: Callable[[], None]
    ) -> None:
        self._database = database
        self._attachment = attachment
        self._core = core
        self._closing = closing
        self._clock = clock
        self._texts = Texts(attachment)
        self._seen = Seen()
        self.most_names = MOST_NAMES
        """Nodes of a label whose names are read as a whole."""
        self._started = instant(clock())

    @property
    def round_trips(self) -> int:
        """Texts sent to the server so far."""
        return self._database.round_trips

    def view(self, scope: Scope) -> GraphView:
        version = self._attachment.version
        hidden = not scope.sees(version, version)
        for ref in scope.datasets:
            if hidden or ref not in (version.dataset, version.ref):
                raise DatasetNotFound(f"no dataset {ref!r}; see `whence sources`")
        moment = self._clock()
        now = instant(moment)
        # A question that reads at other days opens further views as known a moment before.
        if scope.known_as_of is not None and scope.known_as_of < self._started:
            raise ScopeInvalid("an attached database has no past: it is read as it is now")
        return AttachedView(
            self._database,
            self._attachment,
            self._texts,
            self._seen,
            scope,
            min(now, scope.known_as_of or now),
            self._core if hidden else self._attachment.ontology,
            scope.days(moment.date().isoformat()),
            self.most_names,
            hidden,
        )

    def writer(self, target: LoadTarget, run_id: str) -> AbstractContextManager[GraphWriter]:  # noqa: ARG002
        raise self._refusal()

    def retire(self, ref: Ref, run: Run) -> Run:  # noqa: ARG002
        raise self._refusal()

    def purge(self, ref: Ref, run: Run) -> Run:  # noqa: ARG002
        raise self._refusal()

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:  # noqa: ARG002
        if self.ontology_document(name) == document:
            return False
        raise self._refusal()

    def _refusal(self) -> StoreReadOnly:
        return StoreReadOnly(
            f"{self._attachment.address!r} is attached and only read: load into another store (--store or WHENCE_STORE)"
        )

    def ontology_document(self, name: str) -> str | None:
        return self._attachment.document if name == self._attachment.version.ontology else None

    def check(self) -> None:
        self._database.check()

    def close(self) -> None:
        self._database.close()
        self._closing()

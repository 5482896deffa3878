"""Views that read the saved decision tables which were in use then, as if datasets had brought them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kg.answer.over import OverView
from kg.answer.prompts import PRODUCTION
from kg.answer.saved_tables import SavedTable, compiled, with_tables
from kg.domain.fact import Assertion, Entity, EntityId, Fact, FactId, Instant
from kg.errors import RulesNotFound, TableInvalid
from kg.ports.store import Expansion, GraphStore, GraphView, GraphWriter, Listing, LoadTarget, Quoted

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kg.domain.lineage import Run, Source
    from kg.domain.ontology import Direction, Ontology
    from kg.domain.ref import Ref
    from kg.domain.scope import Scope
    from kg.ports.rules import RuleRegistry

MAX_REMEMBERED = 16
"""Known times of which is remembered which tables were in use."""


@dataclass(frozen=True)
class TabledStore:
    """A store whose views read saved decision tables too."""

    graph: GraphStore
    registry: RuleRegistry
    _used: dict[Instant, tuple[SavedTable, ...]] = field(default_factory=dict)

    def view(self, scope: Scope) -> GraphView:
        view = self.graph.view(scope)
        chosen = {one.table.name: one for one in map(self._chosen, scope.tables)}
        used = {one.table.name: one for one in self._in_use(view.known_at)} | chosen
        tables = [one for _, one in sorted(used.items()) if one.classification <= scope.ceiling]
        fitting = tuple(one for one in tables if one.fits(view.ontology()))
        for one in chosen.values():
            if one not in fitting:
                raise TableInvalid(f"{one.version.ref} speaks of what is not there within this scope")
        return TabledView(view, fitting) if fitting else view

    def _chosen(self, ref: str) -> SavedTable:
        name, _, number = ref.rpartition("@")
        found = next((one for one in self.registry.rule_versions("table", name) if str(one.number) == number), None)
        if found is None:
            raise RulesNotFound(f"there is no decision table {ref[:80]!r}; see `whence tables list`")
        return compiled(found)

    def _in_use(self, known_at: Instant) -> tuple[SavedTable, ...]:
        """A label that moves makes a known time of its own, so what was in use at one does not change."""
        if known_at not in self._used:
            for old in list(self._used)[: max(0, len(self._used) - MAX_REMEMBERED + 1)]:
                self._used.pop(old, None)
            self._used[known_at] = tuple(self._read(known_at))
        return self._used[known_at]

    def _read(self, known_at: Instant) -> list[SavedTable]:
        pointed: dict[str, int | None] = {}
        # Newest first.
        for move in self.registry.rule_label_history("table"):
            if move.label == PRODUCTION and move.moved_at <= known_at:
                pointed.setdefault(move.name, move.number)
        versions = {(name, one.number): one for name in pointed for one in self.registry.rule_versions("table", name)}
        return [compiled(versions[name, number]) for name, number in sorted(pointed.items()) if number is not None]

    def writer(self, target: LoadTarget, run_id: str) -> AbstractContextManager[GraphWriter]:
        return self.graph.writer(target, run_id)

    def retire(self, ref: Ref, run: Run) -> Run:
        return self.graph.retire(ref, run)

    def purge(self, ref: Ref, run: Run) -> Run:
        return self.graph.purge(ref, run)

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:
        return self.graph.put_ontology(name, document, actor)

    def ontology_document(self, name: str) -> str | None:
        return self.graph.ontology_document(name)

    def check(self) -> None:
        self.graph.check()

    def close(self) -> None:
        self.graph.close()


@dataclass(frozen=True)
class TabledView(OverView):
    """What another view reads, and the rows of these tables. They are found by their type, and by no name."""

    tables: tuple[SavedTable, ...]

    def ontology(self) -> Ontology:
        return with_tables(self._view.ontology(), self.tables)

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        own = {one: table.entities[one] for table in self.tables for one in ids if one in table.entities}
        rest = [one for one in ids if one not in own]
        return own | (self._view.entities(rest) if rest else {})

    def scan(self, types: Collection[str], limit: int) -> Listing:
        own = {table.type.name: table for table in self.tables}
        if not types or not set(types) <= own.keys():
            return self._view.scan(types, limit)
        ids = [one for name in sorted(set(types)) for one in own[name].entities]
        return Listing(tuple(ids[:limit]), cut=len(ids) > limit)

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        rows = {one for table in self.tables for one in ids if one in table.entities}
        rest = [one for one in ids if one not in rows]
        own = {name for table in self.tables for name in table.predicates}
        wanted = [name for name in predicates if name not in own]
        found = Expansion(())
        if rest and (wanted or not predicates):
            found = self._view.follow(rest, wanted, direction, limit_each)
        said = tuple(
            fact
            for table in self.tables
            for fact in table.facts.values()
            if direction == "out" and fact.subject in rows and (not predicates or fact.predicate in predicates)
        )
        return Expansion((*found.facts, *said), found.cut, found.entities)

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        own = {one: table.facts[one] for table in self.tables for one in ids if one in table.facts}
        rest = [one for one in ids if one not in own]
        return own | (self._view.facts(rest) if rest else {})

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        own = {one: (table.assertions[one],) for table in self.tables for one in facts if one in table.assertions}
        rest = [one for one in facts if one not in own]
        return own | (self._view.assertions(rest) if rest else {})

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        """Without ids the sources that are searched, of which a table is none."""
        if ids is None:
            return self._view.sources()
        own = {table.source.id: table.source for table in self.tables if table.source.id in ids}
        rest = [one for one in ids if one not in own]
        return own | (self._view.sources(rest) if rest else {})

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        return self._view.named(texts, limit_each)

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        return self._view.search(texts, types, limit_each, edits=edits)

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        return self._view.passages(text, types, limit, ids)

    def walk(self, after: EntityId, limit: int) -> Listing:
        return self._view.walk(after, limit)

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        return self._view.recorded_with(facts)

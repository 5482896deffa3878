"""A View that reads each thing once: what was read is answered from memory, the rest from the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kg.answer.over import OverView
from kg.domain.fact import IDENTITY, Assertion, Entity, EntityId, Fact, FactId
from kg.errors import StoreReadOnly
from kg.ports.store import Expansion, GraphStore, GraphView, GraphWriter, Listing, LoadTarget, Quoted

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kg.domain.lineage import DatasetVersion, Run, Source
    from kg.domain.ontology import Direction
    from kg.domain.ref import Ref
    from kg.domain.scope import Scope

ALL = 100_000
"""Identity facts of one entity: all of them."""
MAX_KEPT = 200_000
"""Things that are remembered for many questions: a hundred megabytes or two."""
Along = tuple[tuple[str, ...], str, int]
"""Predicates, direction and limit of a step."""


@dataclass(frozen=True)
class KeptView(OverView):
    """What another view reads, which does not change: a view is of one known time."""

    _entities: dict[EntityId, Entity | None] = field(default_factory=dict)
    _steps: dict[Along, dict[EntityId, tuple[list[Fact], bool]]] = field(default_factory=dict)
    _said: dict[FactId, tuple[Assertion, ...]] = field(default_factory=dict)
    _scans: dict[tuple[tuple[str, ...], int], Listing] = field(default_factory=dict)
    _quoted: dict[tuple[object, ...], Quoted] = field(default_factory=dict)
    _beside: dict[FactId, tuple[Fact, ...]] = field(default_factory=dict)
    _facts: dict[FactId, Fact | None] = field(default_factory=dict)
    _sources: dict[str, Source | None] = field(default_factory=dict)
    _whole: dict[str, Any] = field(default_factory=dict)
    """What is read as a whole: all sources, all versions."""
    _named: dict[tuple[str, int], tuple[EntityId, ...]] = field(default_factory=dict)
    _searched: dict[tuple[str, frozenset[str], int, int], Listing] = field(default_factory=dict)
    _values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        if new := {one for one in ids if one not in self._entities}:
            self._entities.update(dict.fromkeys(new))
            self._entities.update(self._view.entities(new))
        return {one: met for one in sorted(set(ids)) if (met := self._entities[one]) is not None}

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        held = self._steps.setdefault((tuple(sorted(set(predicates))), direction, limit_each), {})
        if new := {one for one in ids if one not in held}:
            held.update({one: ([], False) for one in new})
            read = self._view.follow(new, predicates, direction, limit_each)
            self._entities.update(read.entities)
            for fact in read.facts:
                held[fact.subject if direction == "out" else str(fact.target)][0].append(fact)
            held.update({one: (held[one][0], True) for one in read.cut})
        asked = sorted(set(ids))
        facts = tuple(fact for one in asked for fact in held[one][0])
        far = {end for fact in facts if (end := fact.target if direction == "out" else fact.subject) is not None}
        return Expansion(facts, tuple(one for one in asked if held[one][1]), self.entities(far))

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        if new := {one for one in facts if one not in self._said}:
            self._said.update(dict.fromkeys(new, ()))
            self._said.update(self._view.assertions(new))
        return {one: said for one in sorted(set(facts)) if (said := self._said[one])}

    def scan(self, types: Collection[str], limit: int) -> Listing:
        key = (tuple(sorted(set(types))), limit)
        if key not in self._scans:
            self._scans[key] = self._view.scan(types, limit)
        return self._scans[key]

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        key = (text, frozenset(types), limit, None if ids is None else frozenset(ids))
        if key not in self._quoted:
            self._quoted[key] = self._view.passages(text, types, limit, ids)
            self._entities.update(self._quoted[key].entities)
        return self._quoted[key]

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        if new := {one for one in facts if one not in self._beside}:
            self._beside.update(dict.fromkeys(new, ()))
            self._beside.update(self._view.recorded_with(new))
        return {one: beside for one in sorted(set(facts)) if (beside := self._beside[one])}

    def values_of(self, predicate: str) -> frozenset[str]:
        """The literal values that were read along a predicate."""
        return frozenset(
            fact.object.value
            for (predicates, direction, _), held in self._steps.items()
            if predicates == (predicate,) and direction == "out"
            for facts, _ in held.values()
            for fact in facts
            if not isinstance(fact.object, str)
        )

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        if new := {one for one in ids if one not in self._facts}:
            self._facts.update(dict.fromkeys(new))
            self._facts.update(self._view.facts(new))
        return {one: fact for one in sorted(set(ids)) if (fact := self._facts[one]) is not None}

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        if ids is None:
            if "sources" not in self._whole:
                self._whole["sources"] = self._view.sources()
            return dict(self._whole["sources"])
        if new := {one for one in ids if one not in self._sources}:
            self._sources.update(dict.fromkeys(new))
            self._sources.update(self._view.sources(new))
        return {one: source for one in sorted(set(ids)) if (source := self._sources[one]) is not None}

    def versions(self) -> tuple[DatasetVersion, ...]:
        if "versions" not in self._whole:
            self._whole["versions"] = self._view.versions()
        held: tuple[DatasetVersion, ...] = self._whole["versions"]
        return held

    # --- where a question is understood ---

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        if new := {one for one in texts if (one, limit_each) not in self._named}:
            self._named.update(dict.fromkeys(((one, limit_each) for one in new), ()))
            self._named.update({(one, limit_each): ids for one, ids in self._view.named(new, limit_each).items()})
        return {one: ids for one in sorted(set(texts)) if (ids := self._named[one, limit_each])}

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        held, how = self._searched, (frozenset(types), limit_each, edits)
        if new := {one for one in texts if (one, *how) not in held}:
            found = self._view.search(new, types, limit_each, edits=edits)
            held.update({(one, *how): listing for one, listing in found.items()})
        return {one: held[one, *how] for one in sorted(set(texts))}

    def values(self, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
        if new := {one for one in texts if one not in self._values}:
            self._values.update(dict.fromkeys(new, ()))
            self._values.update(self._view.values(new))
        return {one: names for one in sorted(set(texts)) if (names := self._values[one])}

    def walk(self, after: EntityId, limit: int) -> Listing:
        return self._view.walk(after, limit)

    @property
    def size(self) -> int:
        """How much was read: entities, those that steps were made from, facts by id and who says them."""
        steps = sum(len(near) for near in self._steps.values())
        return len(self._entities) + steps + len(self._said) + len(self._facts)

    def afresh(self) -> KeptView:
        """The same view, of which nothing was read yet."""
        return KeptView(self._view)

    def alone(self) -> frozenset[str]:
        """The sources that alone say a fact which was read, or what an entity is that was met: two reads for all."""
        met = {one for steps in self._steps.values() for one in steps} | self._entities.keys()
        self.follow(met | {one for listing in self._scans.values() for one in listing.ids}, IDENTITY, "out", ALL)
        read = {fact.id for steps in self._steps.values() for facts, _ in steps.values() for fact in facts}
        read |= {fact.id for quoted in self._quoted.values() for fact in quoted.facts}
        read |= {fact.id for beside in self._beside.values() for fact in beside} | self._beside.keys()
        said = ({one.source for one in assertions} for assertions in self.assertions(read).values())
        return frozenset(next(iter(sources)) for sources in said if len(sources) == 1)


@dataclass(frozen=True)
class OnlyRead:
    """A store that is read through another one, and never written."""

    _store: GraphStore

    def writer(self, target: LoadTarget, run_id: str) -> AbstractContextManager[GraphWriter]:
        raise StoreReadOnly(f"{target.version.ref} cannot be loaded by {run_id} into what is only read")

    def retire(self, ref: Ref, run: Run) -> Run:
        raise StoreReadOnly(f"{ref.text} cannot be retired by {run.id} from what is only read")

    def purge(self, ref: Ref, run: Run) -> Run:
        raise StoreReadOnly(f"{ref.text} cannot be purged by {run.id} from what is only read")

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:
        raise StoreReadOnly(f"ontology {name!r} cannot be stored in what is only read ({len(document)}, {actor})")

    def ontology_document(self, name: str) -> str | None:
        return self._store.ontology_document(name)

    def check(self) -> None:
        self._store.check()

    def close(self) -> None:
        """The other store is not ours to close."""


@dataclass(frozen=True)
class KeptStore(OnlyRead):
    """A store in one state of it, for many questions: a scope is opened once, and each thing is read once.

    What was read is forgotten once it is too much; the state stays.
    """

    _views: dict[Scope, KeptView] = field(default_factory=dict)
    _most: int = MAX_KEPT

    def view(self, scope: Scope) -> GraphView:
        if sum(one.size for one in self._views.values()) > self._most:
            self._views.update({scope: one.afresh() for scope, one in self._views.items()})
        if scope not in self._views:
            self._views[scope] = KeptView(self._store.view(scope))
        return self._views[scope]

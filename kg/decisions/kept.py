"""A View that reads each thing once: what was read is answered from memory, the rest from the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kg.answer.over import OverView
from kg.domain.fact import Assertion, Entity, EntityId, Fact, FactId
from kg.ports.store import Expansion, Listing, Quoted

if TYPE_CHECKING:
    from kg.domain.ontology import Direction

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

    # --- what a plan never asks ---

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        return self._view.facts(ids)

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        return self._view.named(texts, limit_each)

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        return self._view.search(texts, types, limit_each, edits=edits)

    def walk(self, after: EntityId, limit: int) -> Listing:
        return self._view.walk(after, limit)

    def alone(self) -> frozenset[str]:
        """The sources that alone say a fact whose assertions were read."""
        said = ({one.source for one in assertions} for assertions in self._said.values())
        return frozenset(next(iter(sources)) for sources in said if len(sources) == 1)

"""A View of what would be: some entities hidden, without touching the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg.answer.over import OverView
from kg.domain.fact import Entity, EntityId, Fact, FactId
from kg.ports.store import Expansion, Listing, Quoted

if TYPE_CHECKING:
    from kg.domain.ontology import Direction


@dataclass(frozen=True)
class SupposedView(OverView):
    """What another view reads, less some entities: named ones, or all of some types but the named ones."""

    _named: frozenset[EntityId]
    _types: frozenset[str] = frozenset()
    """With types, the named ones are those of them that stay."""

    def _gone(self, entity: EntityId, type_name: str | None) -> bool:
        if not self._types:
            return entity in self._named
        return type_name in self._types and entity not in self._named

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        found = self._view.entities(ids)
        return {key: entity for key, entity in found.items() if not self._gone(key, entity.type)}

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        return self._view.named(texts, limit_each)

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        return self._view.search(texts, types, limit_each, edits=edits)

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        found = self._view.passages(text, types, limit, ids)
        kept = {key: entity for key, entity in found.entities.items() if not self._gone(key, entity.type)}
        return replace(found, facts=tuple(fact for fact in found.facts if fact.subject in kept), entities=kept)

    def scan(self, types: Collection[str], limit: int) -> Listing:
        found = self._view.scan(types, limit)
        if not self._types:
            return replace(found, ids=tuple(one for one in found.ids if one not in self._named))
        seen = self._view.entities(found.ids)
        return replace(
            found, ids=tuple(one for one in found.ids if one in seen and not self._gone(one, seen[one].type))
        )

    def walk(self, after: EntityId, limit: int) -> Listing:
        found = self._view.walk(after, limit)
        seen = self.entities(found.ids)
        return replace(found, ids=tuple(one for one in found.ids if one in seen))

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        near = self._view.entities(ids) if self._types else {}
        asked = [one for one in ids if not self._gone(one, near[one].type if one in near else None)]
        found = self._view.follow(asked, predicates, direction, limit_each)
        kept = {key: entity for key, entity in found.entities.items() if not self._gone(key, entity.type)}
        far = (fact.target if direction == "out" else fact.subject for fact in found.facts)
        facts = tuple(fact for fact, end in zip(found.facts, far, strict=True) if end is None or end in kept)
        return replace(found, facts=facts, entities=kept)

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        return self._view.facts(ids)

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        return self._view.recorded_with(facts)

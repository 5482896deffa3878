"""A View of what would be read if some facts, or some sources, were not there, or facts were that are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kg.answer.over import OverView
from kg.decisions.kept import ALL, KeptView
from kg.domain.fact import IDENTITY, TYPE, Assertion, Entity, EntityId, Fact, FactId, Literal, assemble, record_of
from kg.ports.store import Expansion, Listing, Quoted

if TYPE_CHECKING:
    from kg.domain.ontology import Direction


@dataclass(frozen=True, slots=True)
class Change:
    """What is taken from a graph, and what is added to it."""

    facts: frozenset[FactId] = frozenset()
    sources: frozenset[str] = frozenset()
    """With a source goes every fact that no other source says."""
    added: tuple[Fact, ...] = ()
    """Facts between declared entities, or with a literal; none that says what an entity is."""


@dataclass(frozen=True)
class AblatedView(OverView):
    """What a view reads, as it would be read of a graph with the change: nothing of it is written.

    An entity is what the facts that stay say of it; without any that declares it, it is gone, and with it every
    fact that touches it.
    """

    _kept: KeptView
    _change: Change
    _identity: dict[EntityId, Entity | None] = field(default_factory=dict)
    """Entities as the facts that stay have them, where a fact that says what they are may be gone."""
    _losing: frozenset[EntityId] = frozenset()
    """Entities of which a fact that is taken out says what they are."""

    @staticmethod
    def of(kept: KeptView, change: Change, taken: Iterable[Fact] = ()) -> AblatedView:
        """``taken`` are the facts that the change names, as far as they are known."""
        losing = frozenset(fact.subject for fact in taken if fact.predicate in IDENTITY)
        return AblatedView(kept, kept, change, _losing=losing)

    def gone(self, facts: Collection[FactId]) -> set[FactId]:
        """Those of the facts that are not there any more."""
        lost = set(self._change.facts.intersection(facts))
        if self._change.sources:
            said = self._kept.assertions(facts)
            lost |= {one for one in facts if one in said and all(a.source in self._change.sources for a in said[one])}
        return lost

    # --- entities ---

    def _touched(self, ids: Collection[EntityId]) -> list[EntityId]:
        return [one for one in ids if self._change.sources or one in self._losing]

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        found = self._kept.entities(ids)
        if not (touched := self._touched(found)):
            return found
        self._assemble(touched)
        return {one: met for one, was in found.items() if (met := self._identity.get(one, was)) is not None}

    def _there(self, ids: Collection[EntityId]) -> set[EntityId]:
        """Those that are not gone."""
        touched = self._touched(ids)
        return set(ids) - (set(touched) - self.entities(touched).keys() if touched else set())

    def _assemble(self, ids: Collection[EntityId]) -> None:
        if not (new := [one for one in ids if one not in self._identity]):
            return
        said: dict[EntityId, list[Fact]] = {one: [] for one in new}
        read = self._kept.follow(new, IDENTITY, "out", ALL).facts
        lost = self.gone({fact.id for fact in read})
        for fact in read:
            if fact.id not in lost:
                said[fact.subject].append(fact)
        self._identity.update({one: assemble(one, facts) for one, facts in said.items()})

    def _types(self, ids: Collection[EntityId]) -> dict[EntityId, set[str]]:
        """Every type that a fact which stays gives them."""
        read = self._kept.follow(ids, (TYPE,), "out", ALL).facts
        lost = self.gone({fact.id for fact in read})
        types: dict[EntityId, set[str]] = {}
        for fact in read:
            if fact.id not in lost and isinstance(fact.object, Literal):
                types.setdefault(fact.subject, set()).add(fact.object.value)
        return types

    def scan(self, types: Collection[str], limit: int) -> Listing:
        asked = limit
        while True:
            found = self._kept.scan(types, asked)
            touched = self._touched(found.ids)
            held = self._types(touched) if touched else {}
            wanted = set(types)
            out = {one for one in touched if not held.get(one, set()) & wanted}
            ids = tuple(one for one in found.ids if one not in out)
            if not found.cut or len(ids) >= limit:
                return Listing(ids[:limit], cut=found.cut or len(ids) > limit)
            asked += len(out)

    # --- facts ---

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        asked, more = self._there(ids), 0
        while True:
            found = self._kept.follow(asked, predicates, direction, limit_each + more)
            kept, entities = self._staying(found, direction)
            if not found.cut or (lost := len(found.facts) - len(kept)) <= more:
                break
            more = lost
        if more:
            kept = _limited(kept, direction, limit_each)
        added = self._added(asked, predicates, direction)
        if added:
            kept = sorted([*kept, *added], key=lambda fact: (_near(fact, direction), fact.predicate, fact.id))
            entities |= self.entities({end for fact in added if (end := _far(fact, direction)) is not None})
        return Expansion(tuple(kept), found.cut, entities)

    def _staying(self, found: Expansion, direction: Direction) -> tuple[list[Fact], dict[EntityId, Entity]]:
        lost = self.gone({fact.id for fact in found.facts})
        entities = self.entities(found.entities) if self._touched(found.entities) else dict(found.entities)
        if not lost and len(entities) == len(found.entities):
            return list(found.facts), entities
        facts = [
            fact
            for fact in found.facts
            if fact.id not in lost and ((end := _far(fact, direction)) is None or end in entities)
        ]
        ends = {_far(fact, direction) for fact in facts}
        return facts, {one: met for one, met in entities.items() if one in ends}

    def _added(self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction) -> list[Fact]:
        return [
            fact
            for fact in self._change.added
            if (not predicates or fact.predicate in predicates)
            and _near(fact, direction) in ids
            and len(self.entities({end for end in (fact.subject, fact.target) if end is not None}))
            == (1 if fact.target in (None, fact.subject) else 2)
        ]

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        asked = limit
        while True:
            found = self._kept.passages(text, types, asked, ids)
            lost = self.gone({fact.id for fact in found.facts})
            entities = self.entities(found.entities)
            facts = tuple(f for f in found.facts if f.id not in lost and f.subject in entities)
            if not found.cut or len(facts) >= limit:
                facts, cut = facts[:limit], found.cut or len(facts) > limit
                subjects = {fact.subject for fact in facts}
                return Quoted(facts, cut, {one: met for one, met in entities.items() if one in subjects})
            asked += len(found.facts) - len(facts)

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        asked = set(facts) - self.gone(facts)
        found = self._kept.recorded_with(asked)
        near = {fact.id for beside in found.values() for fact in beside}
        lost = self.gone(near)
        ends = {end for beside in found.values() for f in beside for end in (f.subject, f.target) if end is not None}
        entities = self.entities(ends)
        said = self._kept.assertions(near | asked) if self._change.sources else {}
        kept = {
            told: tuple(
                fact
                for fact in beside
                if fact.id not in lost
                and all(end in entities for end in (fact.subject, fact.target) if end is not None)
                and (not said or self._together(said.get(told, ()), said.get(fact.id, ())))
            )
            for told, beside in found.items()
        }
        return {told: beside for told, beside in kept.items() if beside}

    def _together(self, one: Iterable[Assertion], other: Iterable[Assertion]) -> bool:
        """Whether a record of a source that stays says both."""
        places = {(a.source, record_of(a.locator)) for a in one if a.source not in self._change.sources}
        return any(
            source == a.source and (record_of(a.locator) == record or a.locator.startswith(f"{record}/"))
            for a in other
            for source, record in places
        )

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        found = self._kept.facts(ids)
        lost = self.gone(found)
        return {key: fact for key, fact in found.items() if key not in lost}

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        found = self._kept.assertions(set(facts) - self.gone(facts))
        staying = {key: tuple(a for a in said if a.source not in self._change.sources) for key, said in found.items()}
        return {key: said for key, said in staying.items() if said}

    # --- what a plan never asks ---

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        return self._kept.named(texts, limit_each)

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        return self._kept.search(texts, types, limit_each, edits=edits)

    def walk(self, after: EntityId, limit: int) -> Listing:
        return self._kept.walk(after, limit)


def _near(fact: Fact, direction: Direction) -> EntityId:
    return fact.subject if direction == "out" else str(fact.target)


def _far(fact: Fact, direction: Direction) -> EntityId | None:
    return fact.target if direction == "out" else fact.subject


def _limited(facts: list[Fact], direction: Direction, limit: int) -> list[Fact]:
    counts: dict[tuple[EntityId, str], int] = {}
    kept = []
    for fact in facts:
        place = (_near(fact, direction), fact.predicate)
        counts[place] = counts.get(place, 0) + 1
        if counts[place] <= limit:
            kept.append(fact)
    return kept

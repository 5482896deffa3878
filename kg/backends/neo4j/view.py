"""Reading the graph in Neo4j through one scope: one text for each call, whatever the number of ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA

from kg.backends.neo4j import cypher, rows
from kg.backends.neo4j.database import Database, Row
from kg.domain.fact import IDENTITY, PASSAGE, TYPE, Assertion, Entity, EntityId, Fact, FactId, Instant
from kg.domain.lineage import DatasetVersion, GraphProfile, Source
from kg.domain.lookup import lookup_for, lookup_for_value
from kg.domain.ontology import Direction, Ontology
from kg.domain.records import load_source, load_version
from kg.domain.scope import Scope
from kg.ports.store import Expansion, Listing, Quoted
from kg.text.passages import stemmed

MOST_NAMES = 5_000
"""Names looked at for words that are like one word."""


@dataclass(frozen=True)
class Neo4jView:
    """A scope bound to one database and one known time."""

    _database: Database
    scope: Scope
    known_at: Instant
    _datasets: tuple[DatasetVersion, ...]
    _profile: GraphProfile
    _ontology: Ontology
    _days: tuple[str, str]
    """Facts are seen that are true on one of these days at least: the first and the last."""
    _objects: tuple[str, ...]
    """Predicates of this database that lead to entities."""
    _literals: tuple[str, ...]

    def _read(self, text: str, **values: Any) -> list[Row]:
        bounds: dict[str, Any] = {
            "versions": [version.ref for version in self._datasets],
            "ceiling": int(self.scope.ceiling),
            "at": self.known_at,
            "since": self._days[0],
            "until": self._days[1],
        }
        return self._database.read(text, **bounds, **values)

    def ontology(self) -> Ontology:
        return self._ontology

    def datasets(self) -> tuple[DatasetVersion, ...]:
        return self._datasets

    def versions(self) -> tuple[DatasetVersion, ...]:
        allowed = self.scope.datasets
        found = ((load_version(document), load_version(newest)) for document, newest in self._read(cypher.VERSIONS))
        seen = (version for version, newest in found if self.scope.sees(version, newest))
        named = (one for one in seen if not allowed or one.dataset in allowed or one.ref in allowed)
        return tuple(sorted(named, key=lambda version: version.ref))

    def profile(self) -> GraphProfile:
        return self._profile

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        found = (rows.entity(*row) for row in self._read(cypher.ENTITIES, ids=sorted(set(ids))))
        return {entity.id: entity for entity in found if entity is not None}

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        pairs = [[text, lookup_for(text)] for text in sorted(set(texts))]
        found = self._read(cypher.NAMED, texts=pairs, limit=limit_each)
        return {text: tuple(ids) for text, ids in sorted(found) if ids}

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        found: dict[str, Listing] = dict.fromkeys(sorted(set(texts)), Listing(()))
        like = self._like({word for text in found for word in text.split()}, edits) if edits else None
        asked = [[text, rows.match_text(words, like)] for text in found if (words := text.split())]
        if asked:
            read = self._read(cypher.SEARCH, texts=asked, types=sorted(set(types)), limit=limit_each + 1)
            found |= {text: _listing(ids, limit_each) for text, ids in read}
        return found

    def _like(self, words: Collection[str], edits: int) -> dict[str, list[str]]:
        """Words of the index, whoever may see them, that are so few edits away and begin alike."""
        found = self._near({word: rows.fuzzy_text(word, edits) for word in words}, edits)
        # Hidden words must not push out others, of which a fuzzy word has room for so many.
        full = [word for word, near in found.items() if len(near) >= rows.FUZZY]
        if full:
            found |= self._near({word: rows.like_text(word, edits) for word in full}, edits)
        return {word: [other for other in near if other[0] == word[0]] for word, near in found.items()}

    def _near(self, asked: Mapping[str, str], edits: int) -> dict[str, list[str]]:
        """Words so few edits away among the names that each text finds; those that begin alike, or if many all."""
        read = self._read(cypher.LIKE, words=sorted(asked.items()), edits=edits, full=rows.FUZZY, limit=MOST_NAMES)
        return {
            word: sorted(other for other in others if OSA.distance(word, other, score_cutoff=edits) <= edits)
            for word, others in read
        }

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        match = " ".join(f"+{rows.escaped(word)}" for word in stemmed(text).split())
        if not match or (ids is not None and not ids) or PASSAGE not in self._literals:
            return Quoted(())
        only = {"types": sorted(set(types)), "ids": None if ids is None else sorted(set(ids))}
        found = self._read(cypher.PASSAGES, match=match, limit=limit + 1, **only)
        met = {one.id: one for row in found[:limit] if (one := rows.entity(row[2], *row[8:])) is not None}
        return Quoted(tuple(rows.fact(row[:8]) for row in found[:limit]), len(found) > limit, met)

    def values(self, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
        literal = [
            name for name in self._literals if (spec := self._ontology.predicates.get(name)) and spec.value == "text"
        ]
        asked = [[text, name, lookup_for_value(name, text)] for text in sorted(set(texts)) for name in literal]
        found: dict[str, list[str]] = {}
        for text, name in self._read(cypher.VALUES, texts=asked) if asked else ():
            found.setdefault(text, []).append(name)
        return {text: tuple(sorted(names)) for text, names in sorted(found.items())}

    def scan(self, types: Collection[str], limit: int) -> Listing:
        if not types:
            return Listing(())
        found = self._read(cypher.scan(tuple(sorted(set(types)))), limit=limit + 1)
        return _listing(sorted({row[0] for row in found}), limit)

    def walk(self, after: EntityId, limit: int) -> Listing:
        return _listing([row[0] for row in self._read(cypher.WALK, after=after, limit=limit + 1)], limit)

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        held = {*self._objects, *self._literals}
        wanted = held & set(predicates) if predicates else held - set(IDENTITY)
        objects = tuple(name for name in self._objects if name in wanted)
        literals = tuple(name for name in self._literals if name in wanted and direction == "out")
        if not objects and not literals:
            return Expansion(())
        text = cypher.follow(objects, literals, direction)
        facts: list[Fact] = []
        cut: dict[EntityId, None] = {}
        count: dict[tuple[EntityId, str], int] = {}
        [[found, far]] = self._read(text, ids=sorted(set(ids)), limit=limit_each + 1)
        for near, *row in sorted(found, key=lambda row: (row[0], row[1], row[2])):
            place = (near, row[0])
            count[place] = count.get(place, 0) + 1
            if count[place] > limit_each:
                cut[near] = None
            else:
                facts.append(rows.fact(row))
        ends = {fact.target if direction == "out" else fact.subject for fact in facts}
        met = (rows.entity(*row) for row in far)
        entities = {one.id: one for one in met if one is not None and one.id in ends}
        return Expansion(tuple(facts), tuple(cut), dict(sorted(entities.items())))

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        literals = [name for name in self._literals if name != TYPE]
        found = self._read(cypher.facts(self._objects), ids=sorted(set(ids)), literals=literals)
        return {row[1]: rows.fact(row) for row in sorted(found, key=lambda row: str(row[1]))}

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        found: dict[FactId, list[Assertion]] = {}
        for row in sorted(self._read(cypher.ASSERTIONS, ids=sorted(set(facts)))):
            found.setdefault(row[0], []).append(rows.assertion(row))
        return {fact: tuple(items) for fact, items in found.items()}

    def said_by(self, sources: Collection[str], limit_each: int) -> dict[str, tuple[Assertion, ...]]:
        found: dict[str, list[Assertion]] = {}
        for row in self._read(cypher.SAID_BY, ids=sorted(set(sources)), limit=limit_each):
            said = rows.assertion(row)
            found.setdefault(said.source, []).append(said)
        ordered = {one: sorted(items, key=lambda said: (said.locator, said.fact)) for one, items in found.items()}
        return {one: tuple(ordered[one]) for one in sorted(ordered)}

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        beside = dict(self._read(cypher.RECORDED_WITH, ids=sorted(set(facts))))
        known = self.facts({fact for ids in beside.values() for fact in ids})
        found = {
            told: tuple(known[fact] for fact in sorted(ids) if fact in known and known[fact].predicate not in IDENTITY)
            for told, ids in sorted(beside.items())
        }
        return {told: facts for told, facts in found.items() if facts}

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        found = self._read(cypher.SOURCES) if ids is None else self._read(cypher.SOURCES_OF_IDS, ids=sorted(set(ids)))
        read = ((key, load_source(text)) for key, text in sorted(found))
        return {key: source for key, source in read if source.classification <= self.scope.ceiling}


def _listing(ids: list[EntityId], limit: int) -> Listing:
    return Listing(tuple(ids[:limit]), cut=len(ids) > limit)

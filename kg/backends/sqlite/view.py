"""Reading the graph in SQLite through one scope."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from rapidfuzz.distance import OSA

from kg.backends.sqlite import sql
from kg.backends.sqlite.database import Database
from kg.backends.sqlite.rows import fact_of
from kg.domain.fact import (
    FOREVER,
    IDENTITY,
    TYPE,
    Assertion,
    Entity,
    EntityId,
    Fact,
    FactId,
    Instant,
    Literal,
    assemble,
)
from kg.domain.lineage import DatasetVersion, GraphProfile, Source
from kg.domain.lookup import lookup_for, lookup_for_type, lookup_for_value
from kg.domain.ontology import Direction, Ontology
from kg.domain.records import load_source, load_version
from kg.domain.scope import Scope
from kg.ports.store import Expansion, Listing, Quoted
from kg.text.passages import stemmed

FEW = 16
"""Entities up to which each is read by a statement of its own."""
PER_ENTITY = 20
"""Facts an entity has at most on average where many are read at once."""


@dataclass(frozen=True)
class SqliteView:
    """All reading within one scope."""

    _database: Database
    scope: Scope
    known_at: Instant
    _versions: tuple[int, ...]
    _datasets: tuple[DatasetVersion, ...]
    _profile: GraphProfile
    _ontology: Ontology
    _days: tuple[str, str]
    """Facts are seen that are true on one of these days at least: the first and the last."""
    _predicates: dict[str, int]

    @functools.cached_property
    def _bounds(self) -> dict[str, Any]:
        """What every visibility test is bound to."""
        return {
            "versions": json.dumps(self._versions),
            "ceiling": int(self.scope.ceiling),
            "at": self.known_at,
            "since": self._days[0],
            "until": self._days[1],
            "type": self._predicates.get(TYPE, -1),
        }

    def _read(self, text: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._database.use() as connection:
            return list(connection.execute(text, self._bounds | values))

    def ontology(self) -> Ontology:
        return self._ontology

    def datasets(self) -> tuple[DatasetVersion, ...]:
        return self._datasets

    def versions(self) -> tuple[DatasetVersion, ...]:
        allowed = self.scope.datasets
        found = ((load_version(document), load_version(newest)) for document, newest in self._read(sql.VERSIONS))
        return tuple(
            sorted(
                (
                    version
                    for version, newest in found
                    if self.scope.sees(version, newest)
                    and (not allowed or version.dataset in allowed or version.ref in allowed)
                ),
                key=lambda version: version.ref,
            )
        )

    def profile(self) -> GraphProfile:
        return self._profile

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        numbers = json.dumps([self._predicates[name] for name in IDENTITY if name in self._predicates])
        said: dict[EntityId, list[Fact]] = {}
        for entity, predicate, value in self._read(
            sql.IDENTITY_FACTS, ids=json.dumps(sorted(set(ids))), predicates=numbers
        ):
            said.setdefault(entity, []).append(Fact("", entity, predicate, Literal(value)))
        built = ((entity, assemble(entity, facts)) for entity, facts in said.items())
        return {entity: value for entity, value in built if value is not None}

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        wanted = {lookup_for(text): text for text in texts}
        found: dict[str, tuple[EntityId, ...]] = {}
        with self._database.use() as connection:
            held = connection.execute(sql.HELD, {"lookups": json.dumps(sorted(wanted))}).fetchall()
            for (lookup,) in held:
                rows = connection.execute(sql.NAMED, self._bounds | {"lookup": lookup, "limit": limit_each})
                if ids := tuple(row[0] for row in rows):
                    found[wanted[str(lookup)]] = ids
        return dict(sorted(found.items()))

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        return {text: self._search(text.split(), types, limit_each, edits) for text in sorted(set(texts))}

    def _search(self, words: list[str], types: Collection[str], limit: int, edits: int) -> Listing:
        choices = [list(self._like(word, edits)) if edits else [word] for word in words]
        if not words or not all(choices):
            return Listing(())
        match = " AND ".join(f"({' OR '.join(_quoted(one) for one in choice)})" for choice in choices)
        if not edits:
            match = " AND ".join(_quoted(word) for word in words) + "*"
        rows = self._read(sql.SEARCH, match=match, types=json.dumps(sorted(types)), limit=limit + 1)
        return _listing([row[0] for row in rows], limit)

    def _like(self, word: str, edits: int) -> Iterator[str]:
        """Words of the index, whoever may see them, that are so few edits away and begin alike."""
        for (term,) in self._read(sql.WORDS, first=word[0], end=chr(ord(word[0]) + 1)):
            if OSA.distance(word, term, score_cutoff=edits) <= edits:
                yield term

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        match = " ".join(_quoted(word) for word in stemmed(text).split())
        if not match or (ids is not None and not ids):
            return Quoted(())
        only = {"types": json.dumps(sorted(types)), "ids": None if ids is None else json.dumps(sorted(set(ids)))}
        facts = [fact_of(row) for row in self._read(sql.PASSAGES, match=match, limit=limit + 1, **only)]
        kept = tuple(facts[:limit])
        return Quoted(kept, len(facts) > limit, self.entities({fact.subject for fact in kept}))

    def values(self, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
        literal = [name for name, spec in self._ontology.predicates.items() if spec.value == "text"]
        wanted = {
            lookup_for_value(name, text): (text, name)
            for text in sorted(set(texts))
            for name in literal
            if name in self._predicates
        }
        found: dict[str, list[str]] = {}
        with self._database.use() as connection:
            held = connection.execute(sql.HELD, {"lookups": json.dumps(sorted(wanted))}).fetchall()
            for (lookup,) in held:
                if connection.execute(sql.VALUE_HELD, self._bounds | {"lookup": lookup}).get:
                    text, name = wanted[str(lookup)]
                    found.setdefault(text, []).append(name)
        return {text: tuple(sorted(names)) for text, names in sorted(found.items())}

    def scan(self, types: Collection[str], limit: int) -> Listing:
        ids: list[EntityId] = []
        with self._database.use() as connection:
            for name in sorted(set(types)):
                rows = connection.execute(
                    sql.NAMED, self._bounds | {"lookup": lookup_for_type(name), "limit": limit + 1}
                )
                ids += [row[0] for row in rows]
        return _listing(sorted(set(ids)), limit)

    def walk(self, after: EntityId, limit: int) -> Listing:
        return _listing([row[0] for row in self._read(sql.WALK, after=after, limit=limit + 1)], limit)

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        names = sorted(set(predicates) or set(self._predicates) - set(IDENTITY))
        numbers = [self._predicates[name] for name in names if name in self._predicates]
        asked = sorted(set(ids))
        found = self._follow_many(asked, numbers, direction, limit_each) if len(asked) > FEW else None
        facts, cut = found or self._follow_each(asked, numbers, direction, limit_each)
        far = {fact.target if direction == "out" else fact.subject for fact in facts}
        return Expansion(tuple(facts), tuple(cut), self.entities({one for one in far if one is not None}))

    def _follow_each(
        self, ids: list[EntityId], numbers: list[int], direction: Direction, limit_each: int
    ) -> tuple[list[Fact], list[EntityId]]:
        """One statement an entity and predicate: none reads more than it gives."""
        text = sql.FOLLOW_OUT if direction == "out" else sql.FOLLOW_IN
        facts: list[Fact] = []
        cut: dict[EntityId, None] = {}
        with self._database.use() as connection:
            nears = connection.execute(sql.DECLARED_NUMBERS, self._bounds | {"ids": json.dumps(ids)}).fetchall()
            for near, entity in nears:
                for number in numbers:
                    rows = connection.execute(
                        text, self._bounds | {"n": near, "predicate": number, "limit": limit_each + 1}
                    ).fetchall()
                    if len(rows) > limit_each:
                        cut[str(entity)] = None
                    facts += [fact_of(row) for row in rows[:limit_each]]
        return facts, list(cut)

    def _follow_many(
        self, ids: list[EntityId], numbers: list[int], direction: Direction, limit_each: int
    ) -> tuple[list[Fact], list[EntityId]] | None:
        """All in one statement; ``None`` where an entity has more facts than asked for, or all have too many."""
        text = sql.FOLLOW_MANY_OUT if direction == "out" else sql.FOLLOW_MANY_IN
        limit = limit_each + PER_ENTITY * len(ids)
        rows = self._read(text, ids=json.dumps(ids), predicates=json.dumps(numbers), limit=limit + 1)
        facts = [fact_of(row) for row in rows]
        near = attrgetter("subject" if direction == "out" else "target")
        counts = Counter((near(fact), fact.predicate) for fact in facts)
        if len(rows) > limit or any(count > limit_each for count in counts.values()):
            return None
        return sorted(facts, key=lambda fact: (near(fact), fact.predicate, fact.id)), []

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        return {row[0]: fact_of(row) for row in self._read(sql.FACTS, ids=json.dumps(sorted(set(ids))))}

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        found: dict[FactId, list[Assertion]] = {}
        for row in self._read(sql.ASSERTIONS, ids=json.dumps(sorted(set(facts)))):
            found.setdefault(row[0], []).append(_assertion(row))
        return {fact: tuple(items) for fact, items in found.items()}

    def said_by(self, sources: Collection[str], limit_each: int) -> dict[str, tuple[Assertion, ...]]:
        read = {one: self._read(sql.SAID_BY, source=one, limit=limit_each) for one in sorted(set(sources))}
        return {one: tuple(map(_assertion, rows)) for one, rows in read.items() if rows}

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        found: dict[FactId, list[Fact]] = {}
        for told, *row in self._read(sql.RECORDED_WITH, ids=json.dumps(sorted(set(facts)))):
            if row[2] not in IDENTITY:
                found.setdefault(told, []).append(fact_of(tuple(row)))
        return {fact: tuple(items) for fact, items in found.items()}

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        found = {source: load_source(text) for source, text in self._read(sql.SOURCES)}
        return {
            key: source
            for key, source in found.items()
            if source.classification <= self.scope.ceiling and (ids is None or key in ids)
        }


def _assertion(row: tuple[Any, ...]) -> Assertion:
    fact, source, locator, run, start, end = row
    return Assertion(fact, source, locator, run, start, None if end == FOREVER else end)


def _listing(ids: list[EntityId], limit: int) -> Listing:
    return Listing(tuple(ids[:limit]), cut=len(ids) > limit)


def _quoted(word: str) -> str:
    return f'"{word}"'

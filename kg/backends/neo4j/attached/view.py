"""Reading an attached graph through one scope. The database is the source, its elements are the places."""

from __future__ import annotations

import functools
import re
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kg.backends.neo4j.attached import nodes
from kg.backends.neo4j.attached.attachment import Attachment
from kg.backends.neo4j.attached.cypher import FULLTEXT, Texts
from kg.backends.neo4j.attached.names import Names
from kg.backends.neo4j.attached.nodes import Node, Read
from kg.backends.neo4j.database import Database
from kg.backends.neo4j.rows import escaped
from kg.domain.fact import IDENTITY, Assertion, Entity, EntityId, Fact, FactId, Instant
from kg.domain.lineage import DatasetVersion, GraphProfile, Source
from kg.domain.lookup import LONGEST_VALUE
from kg.domain.ontology import Direction, Ontology
from kg.domain.scope import Scope
from kg.domain.words import fold
from kg.ports.store import Expansion, Listing, Quoted

ENGINE = "attached"
MOST_NAMES = 50_000
"""Nodes of a label whose names are read where no full-text index finds them: about a second."""
MOST_FOUND = 1_000
"""Nodes that a full-text query gives."""
MOST_READ = 10_000
"""Relationships of one node and type that are read to put them in order."""
MOST_VALUES = 2_000
MOST_WORDS = 40
ALL = 2**31
RUN = "attached"
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")


class Seen:
    """Where the facts that views gave were read, since a fact's id does not lead back to its place."""

    def __init__(self, most: int = 500_000) -> None:
        self._most = most
        self._places: dict[FactId, tuple[Fact, frozenset[str]]] = {}
        self._guard = threading.Lock()

    def note(self, read: Iterable[Read]) -> None:
        with self._guard:
            for one in read:
                fact, places = self._places.pop(one.fact.id, (one.fact, frozenset[str]()))
                self._places[fact.id] = (fact, places | {one.locator})
            while len(self._places) > self._most:
                del self._places[next(iter(self._places))]

    def get(self, fact: FactId) -> tuple[Fact, frozenset[str]] | None:
        return self._places.get(fact)


@dataclass(frozen=True)
class AttachedView:
    """What an attached graph holds now, as far as the scope shows it."""

    _database: Database
    _attachment: Attachment
    _texts: Texts
    _seen: Seen
    scope: Scope
    known_at: Instant
    _ontology: Ontology
    _days: tuple[str, str]
    _most_names: int = MOST_NAMES
    hidden: bool = False
    """Whether the scope does not reach up to the classification of the database."""

    def ontology(self) -> Ontology:
        return self._ontology

    def datasets(self) -> tuple[DatasetVersion, ...]:
        return () if self.hidden else (self._attachment.version,)

    def versions(self) -> tuple[DatasetVersion, ...]:
        return self.datasets()

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        source = self._attachment.source
        return {source.id: source} if not self.hidden and (ids is None or source.id in ids) else {}

    @functools.cached_property
    def _counts(self) -> dict[str, dict[int, int]]:
        """Nodes of each type, with those of the types below it, and relationships of each relation."""
        found: dict[str, dict[int, int]] = {"type": {}, "relation": {}}
        for kind, number, held in () if self.hidden else self._database.read(self._texts.counts):
            found[kind][number] = held
        return found

    @functools.cached_property
    def _profile(self) -> GraphProfile:
        entities: dict[str, int] = {}
        facts: dict[str, int] = {}
        held = {self._attachment.types[number].name: count for number, count in self._counts["type"].items()}
        for name, count in held.items():
            below = sum(held[one] for one in held if self._ontology.types[one].parent == name)
            entities[name] = max(count - below, 0)
        for number, count in self._counts["relation"].items():
            facts[self._attachment.relations[number].name] = count
        for one in self._attachment.properties if held else ():
            labels = tuple(node.label for node in self._attachment.types if node.name in one.types)
            if labels:
                [[facts[one.name]]] = self._database.read(self._texts.filled(labels, one.property), limit=MOST_READ)
        return GraphProfile(ENGINE, dict(sorted(entities.items())), dict(sorted(facts.items())))

    def profile(self) -> GraphProfile:
        return self._profile

    # --- nodes ---

    def _nodes(self, rows: Iterable[list[Any]]) -> Iterator[Node]:
        for element, labels, properties in rows:
            found = nodes.node(self._attachment, element, labels, properties)
            if found is not None:
                yield found

    def _located(self, ids: Collection[EntityId]) -> list[Node]:
        """The nodes that are these entities, in order of id and element."""
        keys: dict[int, set[str | int]] = defaultdict(set)
        for one in () if self.hidden else ids:
            scheme, _, key = one.partition(":")
            for number, kind in enumerate(self._attachment.types):
                if kind.scheme == scheme and key:
                    keys[number].add(key)
                    if kind.key is not None and _WHOLE.fullmatch(key):
                        keys[number].add(int(key))
        if not keys:
            return []
        numbers = tuple(sorted(keys))
        asked = [sorted(keys[number], key=str) for number in numbers]
        wanted = set(ids)
        rows = self._database.read(self._texts.located(numbers), keys=asked)
        found = {one.element: one for one in self._nodes(rows) if one.id in wanted}
        return sorted(found.values(), key=lambda one: (one.id, one.element))

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        return nodes.entities(self._located(ids))

    def scan(self, types: Collection[str], limit: int) -> Listing:
        numbers = tuple(number for number, one in enumerate(self._attachment.types) if one.name in set(types))
        return self._listed(numbers, "", limit)

    def walk(self, after: EntityId, limit: int) -> Listing:
        return self._listed(tuple(range(len(self._attachment.types))), after, limit)

    def _listed(self, types: tuple[int, ...], after: EntityId, limit: int) -> Listing:
        if not types or self.hidden:
            return Listing(())
        read = self._database.read(self._texts.scan(types), after=after, limit=limit + 1)
        ids = sorted({one.id for one in self._nodes(read)})
        return Listing(tuple(ids[:limit]), cut=len(ids) > limit)

    # --- names and values ---

    @functools.cached_property
    def _large(self) -> frozenset[str]:
        """Labels with more nodes than are read for their names."""
        held = self._counts["type"].items()
        return frozenset(self._attachment.types[number].label for number, count in held if count > self._most_names)

    @functools.cached_property
    def _indexes(self) -> dict[str, frozenset[str]]:
        """Full-text indexes that have names of large labels, and of which of these they have all."""
        named: dict[str, set[str]] = defaultdict(set)
        for one in self._attachment.types:
            if one.label in self._large:
                named[one.label].update(filter(None, (one.named, *one.aliases)))
        found: dict[str, frozenset[str]] = {}
        for index, labels, properties in self._database.read(FULLTEXT) if named else ():
            some = {label for label in named.keys() & set(labels) if not named[label].isdisjoint(properties)}
            if some:
                found[index] = frozenset(label for label in some if named[label] <= set(properties))
        return found

    @functools.cached_property
    def _read_names(self) -> Names:
        """Those of labels of which no index has all; ``cut`` where some are beyond the limit."""
        if self.hidden:
            return Names((), cut=False)
        found = frozenset().union(*self._indexes.values())
        labels = tuple(dict.fromkeys(one.label for one in self._attachment.types if one.label not in found))
        read = self._database.read(self._texts.names(labels), limit=self._most_names) if labels else ()
        return Names(self._nodes(read), cut=not self._large <= found)

    def _names(self, texts: Collection[str], edits: int) -> list[Names]:
        """What is looked at for these texts: the names that were read, and what the indexes find besides."""
        found = [self._read_names]
        queries = [query for text in texts if (query := _query(text.split(), edits))]
        for index in self._indexes if queries and not self.hidden else ():
            read = self._database.read(self._texts.found, index=index, queries=queries, limit=MOST_FOUND)
            found.append(Names(self._nodes(read), cut=len(read) >= MOST_FOUND))
        return found

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        asked = sorted({text for text in texts if text and ":" not in text})
        names = self._names(asked, 0)
        found = {text: sorted({one for each in names for one in each.named(text)})[:limit_each] for text in asked}
        return {text: tuple(ids) for text, ids in found.items() if ids}

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        asked = sorted(set(texts))
        names = self._names(asked, edits)
        found = {}
        for text in asked:
            listings = [each.search(text, types, limit_each, edits) for each in names]
            ids = tuple(dict.fromkeys(one for listing in listings for one in listing.ids))
            found[text] = Listing(ids[:limit_each], any(one.cut for one in listings) or len(ids) > limit_each)
        return found

    @functools.cached_property
    def _values(self) -> dict[str, set[str]]:
        """The predicates that have a text as the whole of a value, by its folded form."""
        found: dict[str, set[str]] = defaultdict(set)
        for one in self._attachment.properties:
            for node in self._attachment.types if one.datatype == "text" and not self.hidden else ():
                if node.name in one.types:
                    text = self._texts.values(node.label, one.property)
                    read = self._database.read(text, limit=MOST_NAMES, most=MOST_VALUES, longest=LONGEST_VALUE)
                    for (value,) in read:
                        for said in nodes.texts(value):
                            found[fold(said)].add(one.name)
        return found

    def passages(
        self,
        text: str,  # noqa: ARG002
        types: Collection[str],  # noqa: ARG002
        limit: int,  # noqa: ARG002
        ids: Collection[EntityId] | None = None,  # noqa: ARG002
    ) -> Quoted:
        """Nothing: a property says no span of a document."""
        return Quoted(())

    def values(self, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
        return {text: tuple(sorted(self._values[text])) for text in sorted(set(texts)) if text and text in self._values}

    # --- facts ---

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        near = self._located(ids)
        wanted = frozenset(predicates) or self._attachment.predicates
        read: dict[tuple[EntityId, str], dict[FactId, Fact]] = defaultdict(dict)
        far: list[Node] = []
        cut: set[EntityId] = set()
        if direction == "out":
            for one in near:
                self._take(one.id, one.identity(), wanted, read)
                self._take(one.id, one.literals(self._attachment, wanted), wanted, read)
        for own, step, other, more in self._related(near, wanted, direction, limit_each):
            self._take(own, [step], wanted, read)
            far.append(other)
            if more:
                cut.add(own)
        facts = []
        for (own, _), held in sorted(read.items()):
            ordered = sorted(held.values(), key=lambda fact: fact.id)
            facts += ordered[:limit_each]
            if len(ordered) > limit_each:
                cut.add(own)
        ends = {fact.target if direction == "out" else fact.subject for fact in facts}
        met = nodes.entities([one for one in far if one.id in ends])
        return Expansion(tuple(facts), tuple(sorted(cut)), met)

    def _take(
        self,
        own: EntityId,
        said: Iterable[Read],
        wanted: frozenset[str],
        read: dict[tuple[EntityId, str], dict[FactId, Fact]],
    ) -> None:
        first, last = self._days
        for one in said:
            valid = one.fact.valid
            if one.fact.predicate in wanted and (valid.start or "") <= last and (valid.end or last) >= first:
                self._seen.note([one])
                read[own, one.fact.predicate][one.fact.id] = one.fact

    def _related(
        self, near: list[Node], wanted: frozenset[str], direction: Direction, limit_each: int
    ) -> Iterator[tuple[EntityId, Read, Node, bool]]:
        """Relationships of these nodes; the last says that a node has more of the type than were read."""
        numbers = tuple(number for number, one in enumerate(self._attachment.relations) if one.name in wanted)
        if not near or not numbers:
            return
        ids = {one.element: one.id for one in near}
        limit = max(limit_each, MOST_READ) + 1
        counts: dict[tuple[str, int], int] = defaultdict(int)
        text = self._texts.follow(numbers, direction)
        for element, number, relationship, days, *end in self._database.read(text, nodes=sorted(ids), limit=limit):
            counts[element, number] += 1
            for other in self._nodes([end]):
                own = ids[element]
                ends = (own, other.id) if direction == "out" else (other.id, own)
                step = nodes.relation(self._attachment.relations[number], relationship, days, ends)
                yield own, step, other, counts[element, number] >= limit

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        """Those that this store gave before and the graph still says."""
        known = [held[0] for one in ids if (held := self._seen.get(one))]
        asked = {one.predicate for one in known}
        read = self.follow({one.subject for one in known}, asked, "out", ALL).facts if known else ()
        wanted = set(ids)
        return {fact.id: fact for fact in sorted(read, key=lambda fact: fact.id) if fact.id in wanted}

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        found = {}
        for fact in sorted(set(facts)) if not self.hidden else ():
            held = self._seen.get(fact)
            if held is not None:
                source = self._attachment.source.id
                found[fact] = tuple(Assertion(fact, source, place, RUN, self.known_at) for place in sorted(held[1]))
        return found

    def said_by(self, sources: Collection[str], limit_each: int) -> dict[str, tuple[Assertion, ...]]:  # noqa: ARG002
        """Nothing: what a whole database says is not listed."""
        return {}

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        known = self.facts(facts)
        beside: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.follow({one.subject for one in known.values()}, (), "out", ALL).facts if known else ():
            for record in self._records(fact.id) if fact.predicate not in IDENTITY else ():
                beside[record].append(fact)
        found = {
            told: {one.id: one for record in self._records(told) for one in beside[record] if one.id != told}
            for told in known
        }
        return {told: tuple(said[one] for one in sorted(said)) for told, said in found.items() if said}

    def _records(self, fact: FactId) -> set[str]:
        held = self._seen.get(fact)
        return {place.partition("#")[0] for place in held[1]} if held else set()


def _query(words: list[str], edits: int) -> str:
    """A full-text query that finds at least the names with all these words, whatever the index does to accents."""
    # In small letters, since OR and the like are no words to the index; more words than a name has say no more.
    said = [escaped(word.lower()) for word in words[:MOST_WORDS]]
    loose = [f"({word} {word}~{max(1, edits)})" for word in said]
    return " ".join(f"+{one}" for one in loose[:-1]) + f" +({loose[-1]} {said[-1]}*)" if said else ""

"""Steps along predicates for many entities at once: one step, several in a row, or as often as they go on."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from kg.domain.fact import REPLACED_BY, STATUS, Entity, EntityId, Fact, FactId
from kg.domain.ontology import Direction, Ontology
from kg.domain.plan import Plan, Point, SetPlan, Suppose
from kg.domain.result import HERE, Absence, AnswerType, Result, Row
from kg.domain.words import natural
from kg.ports.store import GraphView

MAX_SET = 50_000
"""Entities in one set of a plan; more is cut and said."""
MAX_EACH = 5_000
"""Facts of one predicate followed from one entity; more is cut and said."""
MAX_READ = 200_000
"""Facts read for one plan: a few seconds. A question that needs more is asked too widely to be answered at once."""
MAX_REPEAT = 50
"""Steps of one kind taken one after the other; chains in real lineage have under twenty."""

Reached = dict[EntityId, list[tuple[EntityId, tuple[FactId, ...]]]]
"""For each entity, what a step leads to and by which facts."""


class TooMuchRead(Exception):
    """The plan would read more than MAX_READ facts."""


@dataclass
class Book:
    """What one execution has read so far, through whichever view."""

    facts: dict[FactId, Fact] = field(default_factory=dict)
    entities: dict[EntityId, Entity] = field(default_factory=dict)
    absences: list[Absence] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    points: dict[Point, set[FactId]] = field(default_factory=dict)
    beside: dict[tuple[EntityId, Point], tuple[FactId, ...]] = field(default_factory=dict)
    """What became of the withdrawn entities that were asked about."""
    read: int = 0

    def result(self, kind: AnswerType, rows: tuple[Row, ...], used: frozenset[FactId] = frozenset()) -> Result:
        """The rows with the facts they stand on, those ``used`` beside them, and what was noted on the way."""
        told = used | {fact for row in rows for fact in row.witness}
        told |= {fact for facts in self.beside.values() for fact in facts}
        return Result(
            type=kind,
            rows=rows,
            facts={fact: self.facts[fact] for fact in sorted(told)},
            entities=self.entities,
            absences=_together(self.absences),
            cut=tuple(dict.fromkeys(self.cut)),
            points={point: frozenset(facts) & told for point, facts in self.points.items()},
            notes=tuple(dict.fromkeys(self.notes)),
            beside=tuple(
                dict.fromkeys(facts for _, facts in sorted(self.beside.items(), key=lambda pair: order(pair[0][0])))
            ),
        )

    def absent(self, entities: Iterable[EntityId], sought: Plan, point: Point = HERE, *, among: bool = False) -> None:
        """Note a search that found nothing, for these entities where it was made for each."""
        self.absences.append(Absence(tuple(entities), sought, self.read, point, among))

    def count(self, facts: int) -> None:
        """Note what was read. Raises TooMuchRead."""
        self.read += facts
        if self.read > MAX_READ:
            raise TooMuchRead(f"it would read more than {MAX_READ:,} facts: ask for something narrower")


@dataclass
class Reader:
    """Reads through one view at one point; every entity is read once."""

    view: GraphView
    ontology: Ontology
    book: Book
    point: Point = HERE
    entities: dict[EntityId, Entity] = field(default_factory=dict)
    unknown: set[EntityId] = field(default_factory=set)
    supposed: tuple[Suppose, ...] = ()
    """What is supposed of the world it reads, innermost last."""

    def meet(self, ids: Collection[EntityId]) -> None:
        """Read the entities not met yet."""
        new = set(ids) - set(self.entities) - self.unknown
        if new:
            self.take(self.view.entities(new))
            self.unknown |= new - set(self.entities)

    def take(self, found: dict[EntityId, Entity]) -> None:
        """Remember entities that a read brought along."""
        self.entities |= found
        self.book.entities = found | self.book.entities

    def active(self, entity: EntityId, type_name: str | None) -> bool:
        """Whether the entity is visible, not withdrawn and of the type."""
        met = self.entities.get(entity)
        return (
            met is not None
            and met.status is None
            and (type_name is None or met.type in self.ontology.family(type_name))
        )

    def _is_of(self, entity: EntityId, types: Collection[str]) -> bool:
        met = self.entities.get(entity)
        return met is not None and met.type in types

    def keep(self, facts: Iterable[Fact]) -> None:
        """Note the facts as used, and where they were read."""
        if held := {fact.id: fact for fact in facts}:
            self.book.facts.update(held)
            self.book.points.setdefault(self.point, set()).update(held)

    def facts(self, ids: Collection[EntityId], predicate: str, direction: Direction) -> tuple[Fact, ...]:
        """Facts along a recorded predicate."""
        if not ids:
            return ()
        expansion = self.view.follow(ids, (predicate,), direction, MAX_EACH)
        self.book.count(len(expansion.facts))
        self.take(expansion.entities)
        self.note_cut(expansion.cut, predicate)
        return expansion.facts

    def absent(self, entities: Iterable[EntityId], sought: SetPlan, *, among: bool = False) -> None:
        """Note a search that found nothing here, in the world that is supposed."""
        for one in reversed(self.supposed):
            sought = replace(one, source=sought)
        self.book.absent(entities, sought, self.point, among=among)

    def tell_withdrawn(self, ids: Iterable[EntityId]) -> None:
        """Note, of those of these that are withdrawn, what the sources call them and what replaced them."""
        gone = [one for one in ids if one in self.entities and self.entities[one].status is not None]
        said = [*self.facts(gone, STATUS, "out"), *self.facts(gone, REPLACED_BY, "out")]
        self.keep(said)
        for one in gone:
            self.book.beside[one, self.point] = tuple(fact.id for fact in said if fact.subject == one)

    def note_cut(self, cut: tuple[EntityId, ...], what: str) -> None:
        for entity in cut:
            self.book.cut.append(f"{entity} has more than {MAX_EACH:,} {what}: the rest was not looked at")

    def scan(self, type_name: str) -> tuple[EntityId, ...]:
        """Every entity of a type, withdrawn ones too."""
        listing = self.view.scan(self.ontology.family(type_name), MAX_SET)
        if listing.cut:
            self.book.cut.append(f"more than {MAX_SET:,} entities of {type_name}: the rest was not looked at")
        self.meet(listing.ids)
        return listing.ids

    def passages(self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None) -> list[Fact]:
        """Passages of active entities that have all words of the text."""
        found = self.view.passages(text, types, limit, ids)
        self.book.count(len(found.facts))
        self.take(found.entities)
        if found.cut:
            self.book.cut.append(f"more than {limit:,} passages have these words: the rest was not looked at")
        return [fact for fact in found.facts if self.active(fact.subject, None)]

    # --- steps ---

    def reach(self, ids: Collection[EntityId], predicate: str, direction: Direction, *, repeat: bool) -> Reached:
        """What one step along a predicate (recorded or derived) leads to from each, over active entities."""
        if repeat or self.ontology.predicates[predicate].repeat:
            return self._closure(ids, predicate, direction)
        return self._one(ids, predicate, direction)

    def _one(self, ids: Collection[EntityId], predicate: str, direction: Direction) -> Reached:
        first, *rest = self.ontology.steps(predicate, direction)
        found = self._simple(ids, *first)
        for name, way in rest:
            far = self._simple({end for ends in found.values() for end, _ in ends}, name, way)
            found = {
                near: [(end, (*facts, *more)) for middle, facts in ends for end, more in far.get(middle, ())]
                for near, ends in found.items()
            }
        if self.ontology.predicates[predicate].derived:
            # Recorded steps may lead elsewhere, too.
            nears, fars = self.ontology.ends(predicate, direction)
            found = {
                near: [(far, facts) for far, facts in ends if self._is_of(far, fars)]
                for near, ends in found.items()
                if self._is_of(near, nears)
            }
        return {near: ends for near, ends in found.items() if ends}

    def _simple(self, ids: Collection[EntityId], predicate: str, direction: Direction) -> Reached:
        found: Reached = {}
        ways: tuple[Direction, ...] = ("out", "in") if self.ontology.predicates[predicate].symmetric else (direction,)
        kept: list[Fact] = []
        for way in ways:
            for fact in self.facts(ids, predicate, way):
                near, far = (fact.subject, fact.target) if way == "out" else (fact.target, fact.subject)
                if near is not None and far is not None and self.active(far, None):
                    kept.append(fact)
                    found.setdefault(near, []).append((far, (fact.id,)))
        self.keep(kept)
        return found

    def _closure(self, ids: Collection[EntityId], predicate: str, direction: Direction) -> Reached:
        """Everything that steps lead to from each; the facts are a shortest chain first, then the other ways in."""
        edges: Reached = {}
        frontier = set(ids)
        for _ in range(MAX_REPEAT):
            step = self._one(frontier, predicate, direction)
            edges |= step
            frontier = {end for ends in step.values() for end, _ in ends} - edges.keys()
            if not frontier:
                break
            if len(edges) > MAX_SET:
                self.book.cut.append(f"more than {MAX_SET:,} entities within reach: farther ones were not looked at")
                break
        else:
            self.book.cut.append(f"chains of more than {MAX_REPEAT} steps: what lies farther was not looked at")
        return {start: self._reached_from(start, edges) for start in ids if start in edges}

    @staticmethod
    def _reached_from(start: EntityId, edges: Reached) -> list[tuple[EntityId, tuple[FactId, ...]]]:
        chains: dict[EntityId, tuple[FactId, ...]] = {start: ()}
        ways_in: dict[EntityId, list[FactId]] = {}
        waiting = deque([start])
        while waiting:
            near = waiting.popleft()
            for far, facts in edges.get(near, ()):
                ways_in.setdefault(far, []).extend(facts)
                if far not in chains:
                    chains[far] = (*chains[near], *facts)
                    waiting.append(far)
        return [(far, tuple(dict.fromkeys((*chain, *ways_in[far])))) for far, chain in chains.items() if far != start]


def _together(absences: Iterable[Absence]) -> tuple[Absence, ...]:
    """Searches for the same as one: what it was made for, and what had been read at the end of the last."""
    found: dict[object, Absence] = {}
    for one in absences:
        key = (one.sought, one.point, one.among, bool(one.entities))
        before = found.get(key)
        if before is not None:
            entities = tuple(dict.fromkeys((*before.entities, *one.entities)))
            one = replace(one, entities=entities, looked_at=max(before.looked_at, one.looked_at))  # noqa: PLW2901 (both as one)
        found[key] = one
    return tuple(found.values())


@functools.lru_cache(maxsize=50_000)
def order(entity: EntityId) -> tuple[tuple[tuple[int, int, str], ...], EntityId]:
    """How entities stand in an answer."""
    return natural(entity.partition(":")[2]), entity


def join(*witnesses: Iterable[FactId]) -> tuple[FactId, ...]:
    """Facts of several witnesses, each once."""
    return tuple(dict.fromkeys(fact for witness in witnesses for fact in witness))

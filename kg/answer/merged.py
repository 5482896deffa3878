"""A View in which entities that were matched are one: merging is a way of reading, and nothing is written over.

::

    supplier:12 ──same_as──▶ supplier:7 ──supplies──▶ milk        as recorded
                             supplier:7 ──supplies──▶ milk        as read, and supplier:12 is another name of it

A tie is a fact like any other: it has its source, is seen within a scope, and ends when it is taken back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kg.answer.over import OverView
from kg.domain.fact import DIFFERENT_FROM, SAME_AS, Entity, EntityId, Fact, FactId, Instant
from kg.domain.result import Result
from kg.ports.store import Expansion, GraphStore, GraphView, GraphWriter, Listing, LoadTarget, Quoted

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kg.answer.views import Views
    from kg.domain.lineage import Run
    from kg.domain.ontology import Direction
    from kg.domain.ref import Ref
    from kg.domain.scope import Scope
    from kg.ports.clock import Clock

MAX_TIES = 10_000
"""Ties of one entity that are followed."""
TIES = (SAME_AS, DIFFERENT_FROM)
MAX_MET = 200_000
"""Entities of whom is remembered who stands for them: some 30 MB."""
MAX_REMEMBERED = 4


@dataclass(frozen=True)
class Identities:
    """Who is whom, as far as it has been looked up, in one state of the graph."""

    standing: dict[EntityId, EntityId] = field(default_factory=dict)
    """For each entity met, the one that stands for it."""
    together: dict[EntityId, tuple[EntityId, ...]] = field(default_factory=dict)
    """For each that stands for several, all of them in order."""
    ties: dict[EntityId, dict[FactId, Fact]] = field(default_factory=dict)


@dataclass(frozen=True)
class MergedStore:
    """A store whose views read matched entities as one."""

    recorded: GraphStore
    _clock: Clock
    _known: dict[tuple[Scope, Instant, str], Identities] = field(default_factory=dict)

    def view(self, scope: Scope) -> GraphView:
        view = self.recorded.view(scope)
        return MergedView(view, self._identities(view)) if view.profile().facts.get(SAME_AS) else view

    def _identities(self, view: GraphView) -> Identities:
        """Those of the same scope in the same state: what was known then, on this day, does not change."""
        key = (view.scope, view.known_at, self._clock().date().isoformat())
        held = self._known.get(key)
        if held is None or len(held.standing) > MAX_MET:
            held = Identities()
            for old in list(self._known)[: max(0, len(self._known) - MAX_REMEMBERED + 1)]:
                self._known.pop(old, None)
            self._known[key] = held
        return held

    def writer(self, target: LoadTarget, run_id: str) -> AbstractContextManager[GraphWriter]:
        return self.recorded.writer(target, run_id)

    def retire(self, ref: Ref, run: Run) -> Run:
        return self.recorded.retire(ref, run)

    def purge(self, ref: Ref, run: Run) -> Run:
        return self.recorded.purge(ref, run)

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:
        return self.recorded.put_ontology(name, document, actor)

    def ontology_document(self, name: str) -> str | None:
        return self.recorded.ontology_document(name)

    def check(self) -> None:
        self.recorded.check()

    def close(self) -> None:
        self.recorded.close()


@dataclass(frozen=True)
class MergedView(OverView):
    """What another view reads, with the entities that a visible tie joins as one of them.

    Which one stands for all: of those that no tie calls the same as another, the first by id. Facts keep their ids;
    their ends are the entities that stand for the recorded ones.
    """

    _known: Identities = field(default_factory=Identities)
    _moved: dict[FactId, Fact] = field(default_factory=dict)
    """Facts as they were recorded, of those that are read with another end."""

    # --- entities ---

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        """Also the entity that stands for one of these, under its own id and under the one asked for."""
        self._resolve(ids)
        standing = {self._known.standing[one] for one in ids}
        read = self._view.entities(standing | {one for id_ in standing for one in self._known.together.get(id_, ())})
        merged = {id_: self._merged(id_, read) for id_ in standing if id_ in read}
        return merged | {one: merged[self._known.standing[one]] for one in ids if self._known.standing[one] in merged}

    def _merged(self, entity: EntityId, read: dict[EntityId, Entity]) -> Entity:
        own = read[entity]
        others = [read[one] for one in self._known.together.get(entity, ()) if one != entity and one in read]
        if not others:
            return own
        names = {name for one in (own, *others) for name in (one.name, *one.aliases)}
        return replace(
            own,
            aliases=tuple(sorted(names - {own.name})),
            keys=tuple(dict.fromkeys((*own.keys, *(key for one in others for key in one.keys)))),
            status=None if any(one.status is None for one in others) else own.status,
        )

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        found = self._view.named(texts, limit_each)
        self._resolve({one for ids in found.values() for one in ids})
        return {text: self._stand(ids) for text, ids in found.items()}

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        found = self._view.search(texts, types, limit_each, edits=edits)
        self._resolve({one for listing in found.values() for one in listing.ids})
        return {text: replace(listing, ids=self._stand(listing.ids)) for text, listing in found.items()}

    def scan(self, types: Collection[str], limit: int) -> Listing:
        return self._own(self._view.scan(types, limit))

    def walk(self, after: EntityId, limit: int) -> Listing:
        return self._own(self._view.walk(after, limit))

    def _own(self, listing: Listing) -> Listing:
        """Those that stand for themselves; the others are read with theirs."""
        self._resolve(listing.ids)
        return replace(listing, ids=tuple(one for one in listing.ids if self._known.standing[one] == one))

    def _stand(self, ids: Iterable[EntityId]) -> tuple[EntityId, ...]:
        return tuple(dict.fromkeys(self._known.standing[one] for one in ids))

    # --- facts ---

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        self._resolve(ids)
        asked = {one for id_ in self._stand(ids) for one in self._known.together.get(id_, (id_,))}
        found = self._view.follow(asked, predicates, direction, limit_each)
        self._resolve({end for fact in found.facts for end in (fact.subject, fact.target) if end is not None})
        facts = sorted(filter(None, map(self._read, found.facts)), key=lambda fact: self._place(fact, direction))
        kept: list[Fact] = []
        counted: dict[tuple[EntityId, str], int] = {}
        cut = {self._known.standing[one] for one in found.cut}
        for fact in facts:
            near = self._place(fact, direction)[:2]
            counted[near] = counted.get(near, 0) + 1
            if counted[near] > limit_each:
                cut.add(near[0])
            else:
                kept.append(fact)
        far: dict[bool, set[EntityId]] = {True: set(), False: set()}
        for fact in kept:
            end = fact.target if direction == "out" else fact.subject
            if end is not None:
                far[fact.predicate in TIES].add(end)
        return Expansion(tuple(kept), tuple(sorted(cut)), self.as_recorded(far[True]) | self.entities(far[False]))

    def _place(self, fact: Fact, direction: Direction) -> tuple[EntityId, str, FactId]:
        near = fact.subject if direction == "out" else str(fact.target)
        return self._known.standing[near], fact.predicate, fact.id

    def _read(self, fact: Fact) -> Fact | None:
        """The fact between the entities that stand for its ends; none where it tied two that are one now."""
        if fact.predicate in TIES:
            return fact
        subject = self._known.standing[fact.subject]
        obj = fact.object if fact.target is None else self._known.standing[fact.target]
        if (subject, obj) == (fact.subject, fact.object):
            return fact
        if subject == obj and fact.subject != fact.target:
            return None
        self._moved[fact.id] = fact
        return replace(fact, subject=subject, object=obj)

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        found = self._view.facts(ids)
        self._resolve({end for fact in found.values() for end in (fact.subject, fact.target) if end is not None})
        return {key: self._read(fact) or fact for key, fact in found.items()}

    def passages(
        self, text: str, types: Collection[str], limit: int, ids: Collection[EntityId] | None = None
    ) -> Quoted:
        asked = ids
        if ids is not None:
            self._resolve(ids)
            asked = {one for id_ in self._stand(ids) for one in self._known.together.get(id_, (id_,))}
        found = self._view.passages(text, types, limit, asked)
        self._resolve({fact.subject for fact in found.facts})
        facts = sorted((self._read(fact) or fact for fact in found.facts), key=lambda fact: (fact.subject, fact.id))
        return replace(found, facts=tuple(facts), entities=self.entities({fact.subject for fact in facts}))

    def recorded_with(self, facts: Collection[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        found = self._view.recorded_with(facts)
        ends = {end for more in found.values() for fact in more for end in (fact.subject, fact.target)}
        self._resolve({end for end in ends if end is not None})
        return {key: tuple(self._read(fact) or fact for fact in more) for key, more in found.items()}

    # --- who is whom ---

    def _resolve(self, ids: Collection[EntityId]) -> None:
        """Find, for entities not met yet, all that ties lead to from them."""
        seen: set[EntityId] = set()
        frontier = {one for one in ids if one not in self._known.standing}
        ties: dict[FactId, Fact] = {}
        while frontier:
            seen |= frontier
            for direction in ("out", "in"):
                ties |= {fact.id: fact for fact in self._view.follow(frontier, TIES, direction, MAX_TIES).facts}
            frontier = {end for fact in ties.values() for end in (fact.subject, str(fact.object))} - seen
        apart = {frozenset(_ends(fact)) for fact in ties.values() if fact.predicate == DIFFERENT_FROM}
        for _, fact in sorted(ties.items()):
            if fact.predicate == SAME_AS and frozenset(_ends(fact)) not in apart:
                for end in _ends(fact):
                    self._known.ties.setdefault(end, {})[fact.id] = fact
        for one in seen:
            if one not in self._known.standing:
                self._stand_for(self._reached(one))

    def _reached(self, start: EntityId) -> list[EntityId]:
        """All that ties join to it."""
        reached, waiting = {start}, deque([start])
        while waiting:
            for fact in self._known.ties.get(waiting.popleft(), {}).values():
                new = set(_ends(fact)) - reached
                reached |= new
                waiting.extend(sorted(new))
        return sorted(reached)

    def _stand_for(self, together: list[EntityId]) -> None:
        merged = {fact.subject for one in together for fact in self._known.ties.get(one, {}).values()}
        first = min(together, key=lambda one: (one in merged, one))
        for one in together:
            self._known.standing[one] = first
        if len(together) > 1:
            self._known.together[first] = tuple(together)

    # --- what an answer has to tell of it ---

    def ties_behind(self, facts: Iterable[FactId]) -> dict[FactId, tuple[Fact, ...]]:
        """For each of these facts that is read with another end: the ties from the recorded end to the read one."""
        recorded = ((one, self._moved[one]) for one in facts if one in self._moved)
        return {
            one: tuple(dict.fromkeys(tie for end in _ends(fact) for tie in self._way(end))) for one, fact in recorded
        }

    def _way(self, end: EntityId) -> tuple[Fact, ...]:
        """The fewest ties from an entity to the one that stands for it."""
        goal = self._known.standing.get(end, end)
        ways: dict[EntityId, tuple[Fact, ...]] = {end: ()}
        waiting = deque([end])
        while waiting and goal not in ways:
            near = waiting.popleft()
            for tie in self._known.ties.get(near, {}).values():
                for far in _ends(tie):
                    if far not in ways:
                        ways[far] = (*ways[near], tie)
                        waiting.append(far)
        return ways[goal]

    def as_recorded(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        """The entities by themselves."""
        return self._view.entities(ids) if ids else {}


def _ends(fact: Fact) -> tuple[EntityId, ...]:
    return (fact.subject,) if fact.target is None else (fact.subject, fact.target)


def with_ties(result: Result, views: Views) -> Result:
    """The result with the ties that its facts were read through among its witnesses: a merge is evidence too."""
    behind: dict[FactId, tuple[Fact, ...]] = {}
    points = dict(result.points)
    met: dict[EntityId, Entity] = {}
    for point, read in result.points.items():
        view = views.at(point)
        if isinstance(view, MergedView) and (found := view.ties_behind(read & result.facts.keys())):
            behind |= found
            ties = {tie for several in found.values() for tie in several}
            points[point] = read | {tie.id for tie in ties}
            met |= view.as_recorded({end for tie in ties for end in _ends(tie)})
    if not behind:
        return result
    rows = tuple(
        replace(row, witness=tuple(dict.fromkeys((*row.witness, *_behind(row.witness, behind))))) for row in result.rows
    )
    told = tuple(_behind((fact for chain in result.paths for fact in chain.facts), behind))
    return replace(
        result,
        rows=rows,
        facts=result.facts | {tie.id: tie for several in behind.values() for tie in several},
        entities=result.entities | met,
        points=points,
        beside=(*result.beside, told) if told else result.beside,
    )


def _behind(facts: Iterable[FactId], behind: dict[FactId, tuple[Fact, ...]]) -> list[FactId]:
    return list(dict.fromkeys(tie.id for fact in facts for tie in behind.get(fact, ())))

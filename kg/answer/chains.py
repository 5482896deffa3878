"""Chains of facts between two sets: the shortest ones, those a predicate is made of, or those that explain a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kg.answer.graph import shortest_paths
from kg.answer.sets import Sets
from kg.answer.steps import MAX_EACH, MAX_REPEAT, MAX_SET, Reader, order
from kg.domain.fact import EntityId, Fact, FactId
from kg.domain.ontology import Direction, Step
from kg.domain.plan import (
    Entities,
    Follow,
    Paths,
)
from kg.domain.result import Chain, Result


def chains(plan: Paths, sets: Sets) -> Result:
    """The shortest chains; with ``along``, of the steps of that predicate or of what its records say."""
    starts, ends = set(sets.ids(plan.start)), set(sets.ids(plan.end))
    reader, book = sets.reader, sets.book
    steps: tuple[Step, ...] = ()
    hops_at_most = plan.max_hops
    if plan.along is not None:
        if reader.ontology.predicates[plan.along].explained:
            return _explained(plan.along, starts, ends, sets)
        steps = reader.ontology.steps(plan.along, "out")
        hops_at_most = MAX_REPEAT * len(steps)
    facts: dict[FactId, Fact] = {}
    found: tuple[Chain, ...] = ()
    more = False
    reached, frontier = set(starts), set(starts)
    for hops in range(1, hops_at_most + 1):
        touching = _touching(frontier, starts | ends, reader, steps)
        facts |= touching
        # Every chain of so many steps is among these facts by now, so the first found are the shortest.
        found, more = shortest_paths(facts.values(), starts, ends, hops, steps)
        frontier = {one for one in _ends(touching.values()) - reached if reader.active(one, None)}
        reached |= frontier
        if len(reached) > MAX_SET:
            book.cut.append(f"more than {MAX_SET:,} entities within reach: farther ones were not looked at")
        if found or not frontier or len(reached) > MAX_SET:
            break
    else:
        if steps:
            book.cut.append(f"chains of more than {hops_at_most} facts: what lies farther was not looked at")
    if more:
        book.cut.append(f"there are more chains as short as these {len(found)}")
    if not found and plan.along is not None and not book.cut:
        return _refuted(plan.along, starts, ends, sets)
    if not found:
        book.absent((), plan)
    used = frozenset(fact for chain in found for fact in chain.facts)
    reader.keep(facts[fact] for fact in used)
    return replace(book.result("path", (), used), paths=found, value=len(found[0].facts) if found else None)


def _touching(near: set[EntityId], named: set[EntityId], reader: Reader, steps: tuple[Step, ...]) -> dict[FactId, Fact]:
    """Facts between these and anything that is active or ``named``, along the steps; else in either direction."""
    facts: dict[FactId, Fact] = {}
    ways: tuple[Direction, ...] = ("out", "in")
    for direction in ways:
        along = {name for name, way in steps if way == direction}
        if steps and not along:
            continue
        expansion = reader.view.follow(near, along, direction, MAX_EACH)
        reader.book.count(len(expansion.facts))
        reader.take(expansion.entities)
        reader.note_cut(expansion.cut, "facts")
        for fact in expansion.facts:
            if all(end in named or reader.active(end, None) for end in (fact.subject, fact.target or "")):
                facts[fact.id] = fact
    return facts


def _ends(facts: Iterable[Fact]) -> set[EntityId]:
    return {end for fact in facts for end in (fact.subject, fact.target) if end is not None}


def _refuted(predicate: str, starts: set[EntityId], ends: set[EntityId], sets: Sets) -> Result:
    """No start has the predicate to an end."""
    sought = Follow(Entities(ids=tuple(sorted(starts, key=order))), predicate, "out")
    sets.book.absent(sorted(ends, key=order), sought, among=True)
    return replace(sets.book.result("path", ()), refuted=True)


def _explained(predicate: str, starts: set[EntityId], ends: set[EntityId], sets: Sets) -> Result:
    """The chains of the records that say the predicate of a start and an end; it is refuted where none does."""
    reader = sets.reader
    said = [fact for fact in reader.facts(starts, predicate, "out") if fact.target in ends]
    if not said:
        return _refuted(predicate, starts, ends, sets)
    beside = reader.view.recorded_with([fact.id for fact in said])
    facts = {fact.id: fact for found in beside.values() for fact in found if fact.target is not None}
    facts = {key: fact for key, fact in facts.items() if fact.predicate != predicate}
    reader.meet({end for fact in facts.values() for end in (fact.subject, fact.target or "")})
    found, _ = shortest_paths(facts.values(), starts, ends, len(facts))
    reader.keep(facts.values() if found else said)
    used = frozenset(facts) if found else frozenset()
    if not found:
        found = tuple(Chain((fact.subject, fact.target or ""), (fact.id,)) for fact in said)
    used |= {fact for chain in found for fact in chain.facts}
    return replace(sets.book.result("path", (), used), paths=found, value=len(found[0].facts))
